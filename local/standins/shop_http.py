"""The shops' stand-in on a port of this machine.

    python -m local.standins.shop_http --port 9002

`POST /_orders {"platform", "shop", "order"}` makes an order known, `POST /_misbehave
{"next": ["lose_reply"]}` spoils the next writes, `GET /_books` shows what was told.
"""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.standins.kept_books import kept
from local.standins.shop_books import Misbehaviour, Reply, ReplyLost, ShopBooks

HOST = "127.0.0.1"
_LARGEST_BODY = 2 * 1024 * 1024


class ShopServer(ThreadingHTTPServer):
    """Port 0 takes any free one; `base_url(...)` is what an account's settings want."""

    daemon_threads = True

    def __init__(self, books: ShopBooks, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.books = books

    def base_url(self, platform: str, shop: str) -> str:
        return f"http://{HOST}:{self.server_address[1]}/{platform}/{shop}"


class _Handler(BaseHTTPRequestHandler):
    server: ShopServer

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(min(int(self.headers["Content-Length"] or 0), _LARGEST_BODY)))

    do_PUT = do_POST

    def _serve(self, body: bytes) -> None:
        try:
            self._reply(*self._answer(body))
        except ReplyLost:
            self.close_connection = True
        except (KeyError, ValueError, TypeError):
            self._reply(400, {"errors": "Bad Request"})

    def _answer(self, body: bytes) -> Reply:
        books = self.server.books
        match self.command, self.path:
            case "GET", "/_books":
                return 200, books.books()
            case "POST", "/_orders":
                books.take_order(**json.loads(body))
                return 200, {}
            case "POST", "/_misbehave":
                books.misbehave(*map(Misbehaviour, json.loads(body)["next"]))
                return 200, {}
        return books.handle(self.command, self.path, body)

    def _reply(self, status: int, content: Any) -> None:
        raw = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened stands in the books."""


def main() -> None:
    arguments = argparse.ArgumentParser(description="Stand-ins for Shopify and WooCommerce")
    arguments.add_argument("--port", type=int, default=9002)
    arguments.add_argument("--books", type=Path, help="a file to keep the books in")
    asked, books = arguments.parse_args(), ShopBooks()
    with (
        suppress(KeyboardInterrupt),
        kept(books, asked.books),
        ShopServer(books, asked.port) as server,
    ):
        server.serve_forever()


if __name__ == "__main__":
    main()
