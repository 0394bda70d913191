"""The stand-in on a port of this machine.

    python -m local.standins.stripe_http --port 8420 \
        --webhook-url http://127.0.0.1:8000/webhooks/stripe --webhook-secret whsec_...

Beside Stripe's API: `GET /_books` shows the books, `POST /_misbehave` with
`next=lose_reply&next=rate_limit` spoils the next POSTs.
"""

from __future__ import annotations

import argparse
import json
import queue
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from local.standins.kept_books import kept
from local.standins.stripe_books import Misbehaviour, Reply, ReplyLost, StripeBooks
from local.standins.stripe_webhooks import Deliver

_JSON = {"Content-Type": "application/json"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, books: StripeBooks, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.books = books


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # one packet per reply: two wait 40 ms for each other (Nagle, delayed ACK)

    def do_GET(self) -> None:
        if self.path == "/_books":
            self._send((200, _JSON, json.dumps(self.server.books.books()).encode()))
        else:
            self._pass_on(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_misbehave":
            self._send(_spoil(self.server.books, body))
        else:
            self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        headers = dict(self.headers.items())
        try:
            self._send(self.server.books.handle(self.command, self.path, headers, body))
        except ReplyLost:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, reply: Reply) -> None:
        status, headers, body = reply
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the books tell what happened."""


def _spoil(books: StripeBooks, body: bytes) -> Reply:
    try:
        wanted = [Misbehaviour(each) for each in parse_qs(body.decode()).get("next", [])]
    except ValueError as error:
        return 400, _JSON, json.dumps({"error": str(error)}).encode()
    books.misbehave(*wanted)
    return 200, _JSON, json.dumps({"next": wanted}).encode()


@contextmanager
def serving(books: StripeBooks, port: int = 0) -> Iterator[str]:
    """Serve `books` on 127.0.0.1 while the block runs; gives the base address."""
    server = _Server(books, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def posting_to(url: str, attempts: int = 5, pause: float = 1.0) -> Deliver:
    """A `deliver` that posts in the background, so that the API's reply never waits for it.

    A delivery turned away is tried again, after `pause` seconds and then twice as long.
    """
    waiting: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()

    def carry() -> None:
        while True:
            _post(url, *waiting.get(), attempts, pause)

    threading.Thread(target=carry, daemon=True).start()
    return lambda body, headers: waiting.put((body, headers))


def _post(url: str, body: bytes, headers: dict[str, str], attempts: int, pause: float) -> None:
    for attempt in range(attempts):
        try:
            request = urllib.request.Request(url, body, headers, method="POST")
            urllib.request.urlopen(request, timeout=10).close()
            return
        except OSError as error:  # URLError and HTTPError are OSErrors too
            print(f"webhook not taken: {error}", file=sys.stderr)
            time.sleep(pause * 2**attempt)


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Stripe on 127.0.0.1")
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="whsec_standin")
    parser.add_argument("--books", type=Path, help="a file to keep the books in")
    asked = parser.parse_args()
    books = StripeBooks(
        deliver=posting_to(asked.webhook_url) if asked.webhook_url else None,
        webhook_secret=asked.webhook_secret,
        # A restart must not hand out ids that the order system already knows.
        id_prefix=f"standin{int(time.time()):x}",
    )
    with kept(books, asked.books), serving(books, asked.port) as address:
        print(f"Stripe stand-in at {address}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
