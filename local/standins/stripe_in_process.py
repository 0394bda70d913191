"""The stand-in behind the real stripe SDK, without a socket: for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import stripe
from requests.structures import CaseInsensitiveDict

from local.standins.stripe_books import ReplyLost, StripeBooks


class InProcessClient(stripe.HTTPClient):
    """Pass to `stripe_client(..., http_client=InProcessClient(books))`."""

    name = "in-process"

    def __init__(self, books: StripeBooks) -> None:
        super().__init__()
        self._books = books

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        path = urlunsplit(("", "", *urlsplit(url)[2:4], ""))
        sent = (post_data or "").encode()
        try:
            status, told, body = self._books.handle(method.upper(), path, dict(headers or {}), sent)
        except ReplyLost as lost:
            raise stripe.APIConnectionError("read timed out") from lost  # type: ignore[no-untyped-call]
        return body.decode(), status, CaseInsensitiveDict(told)

    def close(self) -> None:
        """Nothing is open."""
