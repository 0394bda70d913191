"""The shops' stand-ins on a port of this machine.

    python -m local.standins.shop_http --port 9002

`/{platform}/{shop}/...` is the platform's API. `POST /_orders {"platform", "shop", "order"}` places
an order there and answers with the webhook that the platform would send; `/_cancel {...,
"external_id"}` likewise. `POST /_misbehave {..., "next": ["lose_reply"]}` spoils the next writes,
`POST /_down {..., "down": true}` closes the shop, `GET /_books` shows what was told.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.standins.kept_books import kept
from local.standins.platform import Answered, Asked, Message, Misbehaviour, ReplyLost
from local.standins.shop_street import ShopStreet

HOST = "127.0.0.1"
_LARGEST_BODY = 4 * 1024 * 1024


class ShopServer(ThreadingHTTPServer):
    """Port 0 takes any free one; `base_url(...)` is what an account's settings want."""

    daemon_threads = True

    def __init__(self, street: ShopStreet, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.street = street

    def base_url(self, platform: str, shop: str) -> str:
        return f"http://{HOST}:{self.server_address[1]}/{platform}/{shop}"


class _Handler(BaseHTTPRequestHandler):
    server: ShopServer

    def do_GET(self) -> None:
        try:
            self._reply(self._answer(self._body()))
        except ReplyLost:
            self.close_connection = True

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _body(self) -> bytes:
        return self.rfile.read(min(int(self.headers["Content-Length"] or 0), _LARGEST_BODY))

    def _answer(self, body: bytes) -> Answered:
        if self.path.startswith("/_"):
            return self._controlled(body)
        asked = Asked.of(self.command, self.path, dict(self.headers.items()), body)
        return self.server.street.handle(asked)

    def _controlled(self, body: bytes) -> Answered:
        try:
            given = json.loads(body or b"{}")
            with self.server.street.lock:
                return Answered(200, self._control(self.path[2:], given))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return Answered(400, {"error": "Bad Request"})

    def _control(self, order: str, given: Any) -> Any:
        street = self.server.street
        if order == "books":
            return street.books()
        shop = street.shop(given["platform"], given["shop"])
        match order:
            case "orders":
                external_id = shop.platform.take_order(given["order"])
                return _sent(external_id, shop.platform.message(external_id))
            case "cancel":
                external_id = given["external_id"]
                shop.platform.cancel(external_id)
                return _sent(external_id, shop.platform.message(external_id, "cancelled"))
            case "misbehave":
                shop.misbehave(*map(Misbehaviour, given["next"]))
            case "down":
                shop.is_down = given["down"]
            case _:
                raise LookupError(order)
        return {}

    def _reply(self, answered: Answered) -> None:
        body = answered.body
        raw = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        self.send_response(answered.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened stands in the books."""


def _json(body: Any) -> bytes:
    return json.dumps(body, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Not `asdict`, which cannot copy a Counter."""
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return str(value)


def _sent(external_id: str, message: Message | None) -> Any:
    if message is None:
        return {"external_id": external_id}
    text = message.body.decode()
    return {"external_id": external_id, "headers": dict(message.headers), "body": text}


def main() -> None:
    arguments = argparse.ArgumentParser(description="Stand-ins for the sales platforms")
    arguments.add_argument("--port", type=int, default=9002)
    arguments.add_argument("--books", type=Path, help="a file to keep the books in")
    asked, street = arguments.parse_args(), ShopStreet()
    with (
        suppress(KeyboardInterrupt),
        kept(street, asked.books),
        ShopServer(street, asked.port) as server,
    ):
        server.serve_forever()


if __name__ == "__main__":
    main()
