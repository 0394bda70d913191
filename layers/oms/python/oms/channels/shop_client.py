"""JSON over HTTP to a shop's own API, with an end to every wait."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.channels.push import PushRefused
from oms.kernel.errors import Malformed, TooLarge, Unavailable
from oms.platform import gate

TIMEOUT_SECONDS = 5.0
_LARGEST_ANSWER = 2 * 1024 * 1024
_TRY_AGAIN = frozenset({408, 425, 429})


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect would carry our credentials to wherever it points."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_StayHere)


@dataclass(frozen=True, slots=True)
class ShopClient:
    """`base_url` has no slash at its end; `headers` authenticate."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Raises Unavailable (429, 5xx, no sound answer) or PushRefused."""
        request = urllib.request.Request(
            self.base_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self.headers, "Content-Type": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=self.timeout_seconds) as answer:
                raw = answer.read(_LARGEST_ANSWER + 1)
            return gate.parse(raw, _LARGEST_ANSWER)
        except urllib.error.HTTPError as error:
            error.close()
            raise _answered(error.code) from None
        except (OSError, http.client.HTTPException, Malformed, TooLarge):
            raise Unavailable("the shop gave no sound answer") from None


def _answered(status: int) -> Unavailable | PushRefused:
    if status >= 500 or status in _TRY_AGAIN:
        return Unavailable(f"the shop answered {status}")
    code = {401: "shop-credentials", 403: "shop-credentials", 404: "not-in-shop"}.get(status, "")
    return PushRefused(f"the shop answered {status}", code)
