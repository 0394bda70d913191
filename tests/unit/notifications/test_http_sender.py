"""One request to a subscriber: at the address that was checked, and never for long."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.standins.webhook_receiver import Mood, WebhookReceiver
from oms.channels.standard_webhooks import decoded_key, sign, signed_headers
from oms.notifications.http_sender import HttpSender, _seconds
from oms.notifications.safe_address import Reach

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
LOCAL = Reach(this_machine=True)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as server:
        server.secrets.append(SECRET)
        yield server


def headers(name: str = "msg_1") -> dict[str, str]:
    return signed_headers(name, datetime.now(UTC), BODY, [decoded_key(SECRET)])


def test_signatures_are_those_of_the_published_example() -> None:
    """From the specification's own libraries (standard-webhooks, MIT)."""
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, BODY, decoded_key(SECRET))
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_request_is_taken(receiver: WebhookReceiver) -> None:
    answer = HttpSender(LOCAL)(receiver.url, headers(), BODY)
    assert answer.is_accepted and answer.told == ""
    assert [each.webhook_id for each in receiver.books.received] == ["msg_1"]


def test_the_receiver_refuses_what_another_secret_signed(receiver: WebhookReceiver) -> None:
    receiver.secrets[:] = ["whsec_b3RoZXI="]
    assert HttpSender(LOCAL)(receiver.url, headers(), BODY).status == 401
    assert receiver.books.refused == ["no good signature"]


def test_a_redirect_is_an_answer_and_not_a_way(receiver: WebhookReceiver) -> None:
    receiver.mood = Mood.REDIRECT
    answer = HttpSender(LOCAL)(receiver.url, headers(), BODY)
    assert answer.status == 302 and answer.told == "answered 302"
    assert dict(receiver.books.paths) == {"/hooks": 1}


def test_a_time_to_wait_is_understood(receiver: WebhookReceiver) -> None:
    receiver.mood = Mood.BUSY
    assert HttpSender(LOCAL)(receiver.url, headers(), BODY).retry_after == 600


@pytest.mark.parametrize("mood", [Mood.SLOW, Mood.DRIP])
def test_no_answer_is_waited_for_longer_than_the_time_for_all_of_it(
    receiver: WebhookReceiver, mood: Mood
) -> None:
    receiver.mood, began = mood, time.monotonic()
    answer = HttpSender(LOCAL, timeout_seconds=0.2)(receiver.url, headers(), BODY)
    assert answer.status == 0 and "in time" in answer.told
    assert time.monotonic() - began < 0.9


def test_an_answer_of_too_many_headers_is_cut_off(receiver: WebhookReceiver) -> None:
    receiver.mood = Mood.BABBLE
    answer = HttpSender(LOCAL)(receiver.url, headers(), BODY)
    assert answer.status == 0 and answer.told == "no sound answer"


def test_a_long_body_is_not_read(receiver: WebhookReceiver) -> None:
    receiver.mood = Mood.CHATTY
    assert HttpSender(LOCAL)(receiver.url, headers(), BODY).is_accepted


def test_a_lost_reply_is_no_success(receiver: WebhookReceiver) -> None:
    receiver.mood = Mood.LOSE_REPLY
    assert HttpSender(LOCAL)(receiver.url, headers(), BODY).told == "no sound answer"
    assert len(receiver.books.events) == 1


def test_nobody_listening_is_a_failure_and_no_error() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        assert HttpSender(LOCAL)(url, headers(), BODY).told == "no connection"


def test_the_name_is_looked_up_once_and_its_address_connected_to(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers differently the second time (DNS rebinding) is not asked."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    def by_name(*_: object, **__: object) -> None:
        raise AssertionError("the name was resolved again")

    connect = socket.create_connection
    to: list[tuple[str, int]] = []

    def connecting(address: tuple[str, int], timeout: float) -> socket.socket:
        to.append(address)
        return connect(address, timeout)

    monkeypatch.setattr(socket, "gethostbyname", by_name)
    monkeypatch.setattr(socket, "create_connection", connecting)
    port = receiver.server_address[1]
    answer = HttpSender(LOCAL, resolve=resolve)(f"http://hooks.test:{port}/", headers(), BODY)
    assert answer.is_accepted
    assert asked == ["hooks.test"] and to == [("127.0.0.1", port)]


def test_a_name_that_moved_inside_since_it_was_registered_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def connecting(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", connecting)
    for inside in ("169.254.169.254", "10.0.0.1", "::1", "::ffff:10.0.0.1"):
        send = HttpSender(Reach(), resolve=lambda host, port, inside=inside: [inside])
        answer = send("https://hooks.example.com/", headers(), BODY)
        assert answer.status == 0 and answer.told.startswith("not sent")


def test_the_next_address_is_tried_when_one_takes_nobody(receiver: WebhookReceiver) -> None:
    url = f"http://hooks.test:{receiver.server_address[1]}/"
    send = HttpSender(LOCAL, resolve=lambda host, port: ["127.0.0.99", "127.0.0.1"])
    assert send(url, headers(), BODY).is_accepted


def test_what_answers_without_http_is_no_success() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            line, _ = server.accept()
            with line:
                line.recv(10_000)
                line.sendall(b"220 mail.example.com ESMTP\r\n")

        threading.Thread(target=talk, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert HttpSender(LOCAL)(url, headers(), BODY).told == "no sound answer"


@pytest.mark.parametrize("text", ["", "soon", "-1", "1" * 400, "\u0661", "Thu, 99 Foo 2026"])
def test_an_odd_time_to_wait_breaks_nothing(text: str) -> None:
    assert _seconds(text) >= 0


# --- TLS ---------------------------------------------------------------------------------


def certificate(name: str, folder: Path) -> Path:
    """A certificate for `name`, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, plain)
    file = folder / f"{name}.pem"
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def secured(tmp_path: Path, receiver: WebhookReceiver) -> tuple[WebhookReceiver, HttpSender]:
    """A receiver by https as hooks.example.com, and a sender that trusts it."""
    file = certificate("hooks.example.com", tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    receiver.socket = serving.wrap_socket(receiver.socket, server_side=True)
    context = ssl.create_default_context(cafile=str(file))
    return receiver, HttpSender(LOCAL, resolve=lambda host, port: ["127.0.0.1"], context=context)


def test_the_certificate_is_of_the_name_and_the_connection_to_the_address(
    secured: tuple[WebhookReceiver, HttpSender],
) -> None:
    receiver, send = secured
    port = receiver.server_address[1]
    assert send(f"https://hooks.example.com:{port}/hooks", headers(), BODY).is_accepted


def test_a_certificate_of_another_name_is_refused(
    secured: tuple[WebhookReceiver, HttpSender],
) -> None:
    receiver, send = secured
    answer = send(f"https://other.example.com:{receiver.server_address[1]}/", headers(), BODY)
    assert "certificate" in answer.told and not receiver.books.received


def test_a_certificate_that_nobody_vouches_for_is_refused(
    secured: tuple[WebhookReceiver, HttpSender],
) -> None:
    receiver, _ = secured
    send = HttpSender(LOCAL, resolve=lambda host, port: ["127.0.0.1"])
    answer = send(f"https://hooks.example.com:{receiver.server_address[1]}/", headers(), BODY)
    assert "certificate" in answer.told and not receiver.books.received
