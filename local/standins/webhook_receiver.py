"""A subscriber of webhooks with books: it checks each signature by itself, and can misbehave.

    python -m local.standins.webhook_receiver --port 9003 --secret whsec_...

`GET /_books` shows what came. The verification is written from the specification
(github.com/standard-webhooks/standard-webhooks) and shares no code with the sender.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import hashlib
import hmac
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
_LARGEST_BODY = 1024 * 1024
_TOLERANCE_SECONDS = 300


class Mood(StrEnum):
    FAIL = "fail"  # 500, the event is not taken
    GONE = "gone"  # 410
    BUSY = "busy"  # 503 with Retry-After: 600
    REDIRECT = "redirect"  # to /elsewhere, which nobody should ask for
    LOSE_REPLY = "lose_reply"  # the event is taken, the connection breaks
    SLOW = "slow"  # the event is taken, the answer comes after `slow_seconds`
    DRIP = "drip"  # an answer that never ends, a header a moment
    BABBLE = "babble"  # 200 with half a megabyte of headers
    CHATTY = "chatty"  # 200 with a body of a megabyte


@dataclass(frozen=True, slots=True)
class Received:
    """One request whose signature is good."""

    webhook_id: str
    timestamp: int
    signatures: int
    body: dict[str, Any]


@dataclass(slots=True)
class ReceiverBooks:
    """`events` are by `webhook-id`: what a receiver that drops repeats has taken in."""

    received: list[Received] = field(default_factory=list)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)


class WebhookReceiver(ThreadingHTTPServer):
    """Port 0 takes any free one. `secrets` are those it knows; without one it takes nothing."""

    daemon_threads = True

    def __init__(
        self,
        port: int = 0,
        now: Callable[[], float] = time.time,
        slow_seconds: float = 1.0,
    ) -> None:
        super().__init__((HOST, port), _Handler)
        self.secrets: list[str] = []
        self.books = ReceiverBooks()
        self.mood: Mood | None = None  # for all requests to come
        self.next_moods: deque[Mood] = deque()
        self.slow_seconds, self.now = slow_seconds, now
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/hooks"

    def take(self, headers: dict[str, str], raw: bytes) -> int:
        """The status of the answer: 204 when the signature is good, 401 otherwise."""
        with self.lock:
            if problem := _problem(headers, raw, self.secrets, self.now()):
                self.books.refused.append(problem)
                return 401
            body = json.loads(raw)
            name = headers["webhook-id"]
            signatures = len(headers["webhook-signature"].split(" "))
            at = int(headers["webhook-timestamp"])
            self.books.received.append(Received(name, at, signatures, body))
            self.books.events.setdefault(name, body)
            return 204

    def __enter__(self) -> WebhookReceiver:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.shutdown()
        self.server_close()


def _problem(headers: dict[str, str], raw: bytes, secrets: list[str], now: float) -> str:
    """What is wrong with a request; empty when it is what a known secret signed just now."""
    try:
        name, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
        given = headers["webhook-signature"].split(" ")
    except KeyError as missing:
        return f"no {missing.args[0]}"
    if abs(now - int(sent_at)) > _TOLERANCE_SECONDS:
        return "too old or too new"
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        made = hmac.new(key, f"{name}.{sent_at}.".encode() + raw, hashlib.sha256).digest()
        if f"v1,{base64.b64encode(made).decode()}" in given:
            return ""
    return "no good signature"


class _Handler(BaseHTTPRequestHandler):
    server: WebhookReceiver

    def do_GET(self) -> None:
        if self.path == "/_books":
            books = dataclasses.asdict(self.server.books)
            self._reply(200, json.dumps(books).encode(), {"Content-Type": "application/json"})
        else:
            self._reply(404)

    def do_POST(self) -> None:
        raw = self.rfile.read(min(int(self.headers["Content-Length"] or 0), _LARGEST_BODY))
        headers = {name.lower(): value for name, value in self.headers.items()}
        server = self.server
        server.books.paths[self.path] += 1
        mood = server.next_moods.popleft() if server.next_moods else server.mood
        match mood:
            case Mood.FAIL:
                self._reply(500)
            case Mood.GONE:
                self._reply(410)
            case Mood.BUSY:
                self._reply(503, headers={"Retry-After": "600"})
            case Mood.REDIRECT:
                self._reply(302, headers={"Location": "/elsewhere"})
            case Mood.LOSE_REPLY:
                server.take(headers, raw)
                self.close_connection = True
            case Mood.SLOW:
                status = server.take(headers, raw)
                time.sleep(server.slow_seconds)
                self._reply(status)
            case Mood.DRIP:
                self._drip()
            case Mood.BABBLE:
                self._reply(200, headers={f"X-{number}": "." * 10_000 for number in range(50)})
            case Mood.CHATTY:
                server.take(headers, raw)
                self._reply(200, b"." * _LARGEST_BODY)
            case None:
                self._reply(server.take(headers, raw))

    def _drip(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                self.wfile.write(f"X-{number}: .\r\n".encode())
                time.sleep(0.05)

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened stands in the books."""


def main() -> None:
    arguments = argparse.ArgumentParser(description="A subscriber of webhooks")
    arguments.add_argument("--port", type=int, default=9003)
    arguments.add_argument("--secret", action="append", default=[], help="whsec_...")
    asked = arguments.parse_args()
    server = WebhookReceiver(asked.port)
    server.secrets += asked.secret
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
