"""Shops of the stand-in street, called without a network."""

from __future__ import annotations

import io
import json
import urllib.request
from email.message import Message as HttpHeaders
from typing import Any
from urllib.error import HTTPError

from local.standins.platform import Answered, Asked, ReplyLost
from local.standins.shop_street import ShopStreet


class _Reply(io.BytesIO):
    """What `urllib` gives for an answer."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(_bytes(answered.body))
        self.status, self.headers = answered.status, _headers(answered)


class StreetOpener:
    """In the place of `shop_client._OPENER`."""

    def __init__(self, street: ShopStreet) -> None:
        self._street = street

    def open(self, request: urllib.request.Request, timeout: float) -> _Reply:
        headers = dict(request.header_items())
        body = request.data if isinstance(request.data, bytes) else b""
        asked = Asked.of(request.get_method(), request.full_url, headers, body)
        try:
            answered = self._street.handle(asked)
        except ReplyLost:
            raise ConnectionResetError("the reply was lost") from None
        if answered.status >= 400:
            sent = io.BytesIO(_bytes(answered.body))
            raise HTTPError(request.full_url, answered.status, "no", _headers(answered), sent)
        return _Reply(answered)


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body, default=str).encode()


def _headers(answered: Answered) -> HttpHeaders:
    headers = HttpHeaders()
    for name, value in answered.headers.items():
        headers[name] = value
    return headers
