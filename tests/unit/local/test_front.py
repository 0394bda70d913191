"""The one address: what goes in comes out, byte for byte, and links lead through it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.front.links import Backend, file_path, is_this_machine, origin_form
from local.front.server import LARGEST_BODY, Front

EVERY_BYTE = bytes(range(256)) * 64


class _Echo(BaseHTTPRequestHandler):
    """Stands for the emulator: keeps what it was asked, answers what it is told."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, list[tuple[str, str]], bytes]]
    reply: tuple[int, list[tuple[str, str]], bytes]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.command, self.path, self.headers.items(), body))
        status, headers, content = self.reply
        self.send_response_only(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_POST = do_HEAD = do_GET


@contextmanager
def _emulator(reply: tuple[int, list[tuple[str, str]], bytes]) -> Iterator[type[_Echo]]:
    handler = type("Echo", (_Echo,), {"asked": [], "reply": reply})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    handler.port = server.server_port
    try:
        yield handler
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _front(port: int | None, ready: bool = True, console: Path = Path()) -> Iterator[Front]:
    front = Front(0, console)
    front.backend = Backend(port, "api1") if port else None
    front.ready = ready
    front.serve()
    try:
        yield front
    finally:
        front.stop()


def _ask(
    front: Front, method: str, target: str, body: bytes | None = None, **headers: str
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.server_port, timeout=5)
    try:
        connection.request(method, target, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.getheaders(), reply.read()
    finally:
        connection.close()


def test_a_body_passes_both_ways_without_a_byte_changed() -> None:
    answer = (200, [("Content-Type", "application/octet-stream")], EVERY_BYTE[::-1])
    with _emulator(answer) as emulator, _front(emulator.port) as front:
        _, _, received = _ask(front, "POST", "/webhooks/shopify/demo", EVERY_BYTE)
    assert emulator.asked[0][3] == EVERY_BYTE
    assert received == EVERY_BYTE[::-1]


def test_path_and_query_pass_as_they_were_written() -> None:
    target = "/orders/%2Fa%20b?q=%C3%A9&q=&x=a+b&y=%2F"
    with _emulator((200, [], b"")) as emulator, _front(emulator.port) as front:
        _ask(front, "GET", target)
    assert emulator.asked[0][1] == f"/_aws/execute-api/api1/$default{target}"


def test_headers_pass_with_the_host_that_was_asked() -> None:
    signed = {"X-Shopify-Hmac-Sha256": "abc=", "Authorization": "Bearer t", "Content-Type": "a/b"}
    with _emulator((200, [], b"")) as emulator, _front(emulator.port) as front:
        _ask(front, "POST", "/orders", b"x", **signed)
        host = f"127.0.0.1:{front.server_port}"
    received = dict(emulator.asked[0][2])
    assert received | signed | {"Host": host, "Content-Length": "1"} == received


def test_repeated_headers_of_an_answer_stay_apart() -> None:
    reply = (200, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], b"")
    with _emulator(reply) as emulator, _front(emulator.port) as front:
        _, headers, _ = _ask(front, "GET", "/orders")
    assert [value for name, value in headers if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_a_body_in_chunks_arrives_whole() -> None:
    with _emulator((200, [], b"")) as emulator, _front(emulator.port) as front:
        connection = http.client.HTTPConnection("127.0.0.1", front.server_port, timeout=5)
        connection.request(
            "POST",
            "/orders",
            iter([b"one", b"two"]),
            encode_chunked=True,
            headers={"Transfer-Encoding": "chunked"},
        )
        connection.getresponse().read()
        connection.close()
    assert emulator.asked[0][3] == b"onetwo"


def test_more_than_api_gateway_takes_is_refused_unread() -> None:
    size = LARGEST_BODY + 1
    head = f"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    with (
        _emulator((200, [], b"")) as emulator,
        _front(emulator.port) as front,
        socket.create_connection(("127.0.0.1", front.server_port), timeout=5) as wire,
    ):
        wire.sendall(head.encode())
        assert wire.recv(64).startswith(b"HTTP/1.1 413 ")
    assert not emulator.asked


@pytest.mark.parametrize("length", ["-1", "ten", "1e3"])
def test_a_length_that_is_no_length_is_a_bad_request(length: str) -> None:
    with _emulator((200, [], b"")) as emulator, _front(emulator.port) as front:
        status, _, _ = _ask(front, "POST", "/orders", **{"Content-Length": length})
    assert status == 400


def test_another_host_name_is_refused() -> None:
    """A page elsewhere whose name was pointed at 127.0.0.1 would hold the ops token."""
    with _emulator((200, [], b"")) as emulator, _front(emulator.port) as front:
        status, _, _ = _ask(front, "GET", "/orders", Host="evil.example")
    assert status == 421
    assert not emulator.asked


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:8080", True),
        ("localhost:8080", True),
        ("[::1]:8080", True),
        (None, True),
        ("127.0.0.1.evil.example", False),
        ("evil.example:8080", False),
    ],
)
def test_which_hosts_are_this_machine(host: str | None, ours: bool) -> None:
    assert is_this_machine(host) is ours


def test_a_label_link_leads_through_the_front_and_back() -> None:
    with _emulator((200, [], b"%PDF")) as emulator, _front(emulator.port) as front:
        inner = f"http://127.0.0.1:{emulator.port}/labels/a%20b.pdf?X-Amz-Signature=1&X-Amz-Date=2"
        emulator.reply = (303, [("Location", inner)], b"")
        _, headers, _ = _ask(front, "GET", "/shipments/S-1/label")
        link = dict(headers)["Location"]
        emulator.reply = (200, [], b"%PDF")
        status, _, body = _ask(front, "GET", link, Authorization="Bearer local-ops-token")
    assert link == "/_files/labels/a%20b.pdf?X-Amz-Signature=1&X-Amz-Date=2"
    assert (status, body) == (200, b"%PDF")
    _, asked, file_headers, _ = emulator.asked[1]
    assert asked == "/labels/a%20b.pdf?X-Amz-Signature=1&X-Amz-Date=2"
    assert "Authorization" not in dict(file_headers), "S3 refuses two kinds of permission"


def test_a_redirect_to_elsewhere_is_left_alone() -> None:
    backend = Backend(4566, "api1")
    assert backend.outward("https://carrier.example/track") == "https://carrier.example/track"
    assert backend.outward("/console/") == "/console/"
    assert backend.outward("http://127.0.0.1:45667/b/k") == "http://127.0.0.1:45667/b/k"


def test_files_open_with_a_signature_only() -> None:
    assert file_path("/_files/bucket/key") is None
    assert file_path("/_files/bucket/key?versionId=1") is None
    assert file_path("/_files/b/k?AWSAccessKeyId=1&Signature=2&Expires=3") is not None
    assert file_path("/orders?Signature=1") is None


def test_a_whole_address_as_target_is_read_as_its_path() -> None:
    assert origin_form("http://127.0.0.1:8080/orders?q=1") == "/orders?q=1"
    assert origin_form("http://127.0.0.1:8080") == "/"


def test_health_waits_for_the_demo_data() -> None:
    with _emulator((200, [], b"{}")) as emulator, _front(emulator.port, ready=False) as front:
        before, _, _ = _ask(front, "GET", "/health")
        others, _, _ = _ask(front, "GET", "/orders")
        front.ready = True
        after, _, _ = _ask(front, "GET", "/health")
    assert (before, others, after) == (503, 200, 200)


def test_everything_waits_for_the_deployment() -> None:
    with _front(None) as front:
        status, headers, body = _ask(front, "GET", "/orders")
    assert status == 503
    assert dict(headers)["Content-Type"] == "application/problem+json"
    assert json.loads(body)["type"] == "/problems/starting"


def test_an_emulator_that_is_gone_is_a_bad_gateway() -> None:
    with _emulator((200, [], b"")) as emulator:
        gone = emulator.port
    with _front(gone) as front:
        status, _, _ = _ask(front, "GET", "/orders")
    assert status == 502


def test_the_console_is_served_with_what_it_must_know(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>console</p>")
    (tmp_path / "app.js").write_text("1")
    with _front(None, console=tmp_path) as front:
        _, home, page = _ask(front, "GET", "/console/")
        _, script, _ = _ask(front, "GET", "/console/app.js")
        _, _, config = _ask(front, "GET", "/console/config.json")
        _, root, _ = _ask(front, "GET", "/")
    assert (dict(home)["Content-Type"], page) == ("text/html; charset=utf-8", b"<p>console</p>")
    assert dict(script)["Content-Type"] == "text/javascript; charset=utf-8"
    assert json.loads(config) == {
        "api_base": "/",
        "cognito": None,
        "local_token_hint": "local-ops-token",
    }
    assert dict(root)["Location"] == "/console/"


@pytest.mark.parametrize("name", ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt"])
def test_nothing_outside_the_console_is_served(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("no")
    console = tmp_path / "console"
    console.mkdir()
    with _front(None, console=console) as front:
        status, _, body = _ask(front, "GET", f"/console/{name}")
    assert status == 404
    assert body == b"no such file\n"
