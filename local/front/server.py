"""The one address of the local stack: console, API and label links, on 127.0.0.1.

Bodies and headers pass through byte for byte: channels sign what they send.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from local.client import Refused
from local.front import console, shops
from local.front.links import Backend, file_path, is_this_machine, origin_form
from local.settings import CONSOLE, HOST

# Told of every webhook that was taken in: its path and its body.
Captured = Callable[[str, bytes], None]
Json = dict[str, Any]


class Shops(Protocol):
    """The demo shops: places an order in one, and shows what one believes it can sell."""

    def sell(self, platform: str, document: Json) -> Json: ...

    def stock(self, platform: str) -> Json: ...


LARGEST_BODY = 10 * 1024 * 1024  # as API Gateway, which answers 413 itself
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
}
_PATIENCE_SECONDS = 60


class Front(ThreadingHTTPServer):
    """Serves from the start; answers 503 until `backend` is set, and on /health until `ready`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, console_folder: Path = CONSOLE) -> None:
        self.backend: Backend | None = None
        self.captured: Captured = lambda path, body: None
        self.shops: Shops | None = None
        self.ready = False
        self.console_folder = console_folder
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def serve(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True, name="front").start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _TooLarge(Exception):
    pass


class _Handler(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"
    timeout = 120
    disable_nagle_algorithm = True
    wbufsize = -1
    _upstream: http.client.HTTPConnection | None = None

    def handle_any(self) -> None:
        if not is_this_machine(self.headers.get("Host")):
            self._problem(421, "misdirected", "this stack answers on 127.0.0.1 only")
            return
        try:
            body = self._body()
        except _TooLarge:
            self.close_connection = True
            self._problem(413, "too-large", "API Gateway takes 10 MB at most")
        except ValueError:
            self.close_connection = True
            self._problem(400, "bad-request", "the length of the body is not readable")
        else:
            self._answer(origin_form(self.path), body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def _answer(self, target: str, body: bytes) -> None:
        path, backend = target.partition("?")[0], self.server.backend
        if path in ("/", "/console"):
            self._send(302, [("Location", console.PREFIX)], b"")
        elif path.startswith(console.PREFIX):
            self._console(target)
        elif backend is None or (path == "/health" and not self.server.ready):
            self._problem(503, "starting", "the local stack is still starting")
        elif path.startswith(shops.PREFIX) and self.server.shops:
            self._shop(self.server.shops, path.removeprefix(shops.PREFIX), body)
        elif (file := file_path(target)) and self.command in ("GET", "HEAD"):
            # A signed link is its own permission; S3 refuses a second one beside it.
            del self.headers["Authorization"]
            self._pass_on(backend, file, body, host=f"{HOST}:{backend.port}")
        else:
            self._pass_on(backend, backend.api_path(target), body, self.headers.get("Host"))

    def _console(self, target: str) -> None:
        found = console.page(self.server.console_folder, target)
        headers = [
            ("Content-Type", found.content_type),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self._send(found.status, headers, found.body)

    def _shop(self, street: Shops, platform: str, body: bytes) -> None:
        try:
            sells = self.command == "POST"
            told = street.sell(platform, json.loads(body)) if sells else street.stock(platform)
        except (Refused, OSError, ValueError, TypeError) as error:
            self._problem(400, "not-sold", f"the demo shop did not take it: {error}")
        else:
            self._send(200, [("Content-Type", "application/json")], json.dumps(told).encode())

    # --- passing on

    def _pass_on(self, backend: Backend, target: str, body: bytes, host: str | None) -> None:
        headers = [
            (name, value)
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP and name.lower() != "host"
        ]
        headers.append(("Host", host or f"{HOST}:{backend.port}"))
        if body or self.command in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(body))))
        try:
            reply = self._ask(backend.port, target, headers, body)
            content = reply.read()
        except (OSError, http.client.HTTPException) as error:
            self._problem(502, "unreachable", f"the emulator does not answer: {error}")
        else:
            if reply.status == 202:
                self.server.captured(self.path, body)
            self._send(reply.status, _outward(backend, reply), content)

    def _ask(
        self, port: int, target: str, headers: list[tuple[str, str]], body: bytes
    ) -> http.client.HTTPResponse:
        """One connection inward for each connection outward, opened anew for each request:
        repeating a POST on a stale connection could do it twice."""
        upstream = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE_SECONDS)
        self._upstream = upstream
        upstream.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            upstream.putheader(name, value)
        upstream.endheaders(body or None)
        return upstream.getresponse()

    def _body(self) -> bytes:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError(length)
        if length > LARGEST_BODY:
            raise _TooLarge
        return self.rfile.read(length)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(1024).split(b";")[0], 16):
            if size < 0 or len(body) + size > LARGEST_BODY:
                raise _TooLarge
            body += self.rfile.read(size)
            self.rfile.readline(1024)
        while self.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
            pass  # trailers
        return body

    # --- answering

    def _problem(self, status: int, code: str, detail: str) -> None:
        problem = {"type": f"/problems/{code}", "status": status, "title": code, "detail": detail}
        headers = [("Content-Type", "application/problem+json")]
        self._send(status, headers, json.dumps(problem).encode())

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if status >= 200 and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
        if self._upstream:
            self._upstream.close()

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the functions log, and hold no personal data when they do."""


def _outward(backend: Backend, reply: http.client.HTTPResponse) -> list[tuple[str, str]]:
    return [
        (name, backend.outward(value) if name.lower() == "location" else value)
        for name, value in reply.getheaders()
        if name.lower() not in _HOP_BY_HOP
    ]
