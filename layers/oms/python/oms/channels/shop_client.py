"""JSON over HTTP to a shop's own API, with an end to every wait."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from oms.channels.push import PushRefused, RateLimited
from oms.kernel.errors import Malformed, TooLarge, Unavailable
from oms.platform import gate

TIMEOUT_SECONDS = 5.0
_LARGEST_ANSWER = 4 * 1024 * 1024
_TRY_AGAIN = frozenset({408, 425})
_LONGEST_WAIT = 900.0
_CODES = {401: "shop-credentials", 403: "shop-credentials", 404: "not-in-shop", 409: "conflict"}


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect would carry our credentials to wherever it points."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_StayHere)


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None for an empty one; the names of `headers` are in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShopClient:
    """`base_url` has no slash at its end; `headers` authenticate."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON. Raises RateLimited (429), Unavailable (5xx, no sound answer) or
        PushRefused, whose `detail` is what the shop said."""
        return self.ask(method, path, body, headers).body

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As `call`, with the answer's headers. A `bytes` body is sent as it is."""
        given = {"Content-Type": "application/json", **self.headers, **(headers or {})}
        request = urllib.request.Request(
            self.base_url + path, method=method, data=_encoded(body), headers=given
        )
        try:
            with _OPENER.open(request, timeout=self.timeout_seconds) as answer:
                raw = answer.read(_LARGEST_ANSWER + 1)
                sent = {name.lower(): value for name, value in answer.headers.items()}
                parsed = gate.parse(raw, _LARGEST_ANSWER) if raw else None
                return Answer(answer.status, parsed, sent)
        except urllib.error.HTTPError as error:
            with error:
                raise _answered(error) from None
        except (OSError, http.client.HTTPException, Malformed, TooLarge):
            raise Unavailable("the shop gave no sound answer") from None


def _encoded(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body).encode()


def query(**given: Any) -> str:
    """A query string with its question mark, of what is given and not None."""
    return "?" + urllib.parse.urlencode({k: v for k, v in given.items() if v is not None})


def _answered(error: urllib.error.HTTPError) -> Unavailable | PushRefused:
    if error.code == 429:
        return RateLimited("the shop answered 429", _wait_of(error.headers))
    if error.code >= 500 or error.code in _TRY_AGAIN:
        return Unavailable(f"the shop answered {error.code}")
    return PushRefused(
        f"the shop answered {error.code}",
        _CODES.get(error.code, ""),
        status=error.code,
        detail=_detail(error),
    )


def _detail(error: urllib.error.HTTPError) -> Any:
    """What the shop gave as its reason, or None."""
    try:
        return gate.parse(error.read(_LARGEST_ANSWER), _LARGEST_ANSWER)
    except (OSError, http.client.HTTPException, Malformed, TooLarge):
        return None


_NOT_THERE = frozenset({400, 403, 404, 410})


def text_at(url: str, longest: int) -> str:
    """What a public address holds, as ASCII; empty when there is nothing. Raises Unavailable, also
    for a redirect: it may lead to a stranger."""
    try:
        with _OPENER.open(urllib.request.Request(url), timeout=TIMEOUT_SECONDS) as answer:
            raw: bytes = answer.read(longest)
            return raw.decode("ascii", errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            if error.code in _NOT_THERE:
                return ""
            raise Unavailable(f"{error.code} instead of a text") from None
    except (OSError, http.client.HTTPException):
        raise Unavailable("the text could not be had") from None


# Where platforms say how long to wait, and how to read it as seconds.
_WAITS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("Retry-After", lambda seconds: seconds),
    ("X-Rate-Limit-Time-Reset-Ms", lambda milliseconds: milliseconds / 1000),  # BigCommerce
    ("x-amzn-RateLimit-Limit", lambda rate: 1 / max(rate, 1 / _LONGEST_WAIT)),  # a second
    ("X-Next-Replenishment-Time", lambda at: at / 1000 - time.time()),  # Walmart, epoch ms
)


def _wait_of(headers: Any) -> float:
    for name, seconds in _WAITS:
        try:
            return min(max(0.0, seconds(float(headers.get(name, "")))), _LONGEST_WAIT)
        except ValueError:
            continue
    return 5.0


_Item = TypeVar("_Item")


def batches(items: Sequence[_Item], largest: int) -> Iterator[Sequence[_Item]]:
    """`items` in their order, at most `largest` at a time."""
    for start in range(0, len(items), largest):
        yield items[start : start + largest]


_EARLY_SECONDS = 60.0


class AccessTokens:
    """Tokens that live for minutes, by account, kept as long as the process and they live.

    `ask` gives a token and its seconds of life.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}

    def get(self, account: tuple[str, str], ask: Callable[[], tuple[str, float]]) -> str:
        kept = self._kept.get(account)
        if kept and kept[0] > self._now():
            return kept[1]
        token, seconds = ask()
        self._kept[account] = (self._now() + seconds - _EARLY_SECONDS, token)
        return token

    def forget(self, account: tuple[str, str]) -> None:
        """After the shop refused a token that should have lived."""
        self._kept.pop(account, None)
