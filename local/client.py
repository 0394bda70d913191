"""A client of the public HTTP API, for the drivers, the demo and tests: standard library only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from local.settings import (
    API_KEY,
    CARRIER_SECRET,
    CHANNEL_ACCOUNT,
    OPS_TOKEN,
    SHOPIFY_DOMAIN,
    SIGNING_SECRET,
    WOOCOMMERCE_SOURCE,
)

Json = dict[str, Any]
_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Refused(Exception):
    """The API answered something else than success."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(
            f"{what} answered {answer.status}: {answer.body[:500].decode('utf-8', 'replace')}"
        )
        self.answer = answer


class ApiClient:
    """`token` goes along as Bearer; one connection for each call, so threads may share it."""

    def __init__(self, url: str, token: str = OPS_TOKEN) -> None:
        self.url, self._token = url, token
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        signed_in: bool = True,
    ) -> Answer:
        """Whatever the API answers. Raises OSError when it cannot be reached."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE_SECONDS)
        token = {"Authorization": f"Bearer {self._token}"} if signed_in else {}
        try:
            connection.request(method, path, body or None, token | (headers or {}))
            reply = connection.getresponse()
            return Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()

    def get(self, path: str, **query: str) -> Any:
        """The document. Raises Refused."""
        target = f"{path}?{urlencode(query)}" if query else path
        return _document(f"GET {path}", self.ask("GET", target))

    def post(self, path: str, body: Json | None = None, key: str = "") -> Any:
        """The document. Raises Refused."""
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        answer = self.ask("POST", path, json.dumps(body or {}).encode(), headers)
        return _document(f"POST {path}", answer)

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """A signed message from outside."""
        return self.ask("POST", path, body, headers, signed_in=False)


def _document(what: str, answer: Answer) -> Any:
    if answer.status >= 300:
        raise Refused(what, answer)
    return answer.json


def shop_client(url: str) -> ApiClient:
    """The own shop, with its API key."""
    return ApiClient(url, API_KEY)


# --- signatures, as each sender makes them ------------------------------------------


def shopify_message(body: bytes, topic: str = "orders/create") -> tuple[str, dict[str, str]]:
    """Path and headers of a Shopify webhook."""
    return f"/webhooks/shopify/{CHANNEL_ACCOUNT}", {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOPIFY_DOMAIN,
        "X-Shopify-Webhook-Id": hashlib.sha256(body).hexdigest()[:32],
        "X-Shopify-Hmac-Sha256": _base64_hmac(body),
    }


def woocommerce_message(body: bytes, topic: str = "order.created") -> tuple[str, dict[str, str]]:
    """Path and headers of a WooCommerce webhook."""
    return f"/webhooks/woocommerce/{CHANNEL_ACCOUNT}", {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": topic.partition(".")[0],
        "X-WC-Webhook-Event": topic.partition(".")[2],
        "X-WC-Webhook-Source": WOOCOMMERCE_SOURCE,
        "X-WC-Webhook-ID": "1",
        "X-WC-Webhook-Delivery-ID": hashlib.sha256(body).hexdigest()[:32],
        "X-WC-Webhook-Signature": _base64_hmac(body),
    }


def carrier_message(body: bytes, now: float | None = None) -> tuple[str, dict[str, str]]:
    """Path and headers of the offline carrier's webhook."""
    sent = str(int(time.time() if now is None else now))
    mac = hmac.new(CARRIER_SECRET.encode(), sent.encode() + b"." + body, hashlib.sha256)
    return "/webhooks/carriers/offline", {
        "Content-Type": "application/json",
        "X-Carrier-Signature": f"t={sent},v1={mac.hexdigest()}",
    }


def _base64_hmac(body: bytes) -> str:
    mac = hmac.new(SIGNING_SECRET.encode(), body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()
