"""The scheme that BigCommerce, and our own webhooks to subscribers, are signed by."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.channels.standard_webhooks import (
    decoded_key,
    is_signed,
    sign,
    signed_headers,
    text_key,
)
from tests.recorded import PAYLOADS

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
KEY, OTHER = b"local-secret", b"another-secret"
BODY = b'{"scope":"store/order/created"}'


def sent(*keys: bytes, at: datetime = NOW) -> dict[str, str]:
    return signed_headers("msg-1", at, BODY, keys or (KEY,))


def test_the_vector_of_the_specification_is_signed_and_believed() -> None:
    published = json.loads((PAYLOADS / "signatures" / "vectors.json").read_text())
    (vector,) = published["standard_webhooks_bigcommerce"]
    raw, key = vector["body"].encode(), decoded_key(vector["secret"])
    at = datetime.fromtimestamp(vector["webhook_timestamp"], UTC)
    assert sign(vector["webhook_id"], at, raw, key) == vector["expected"]
    headers = signed_headers(vector["webhook_id"], at, raw, [key])
    assert is_signed(raw, headers, [key], at)
    assert not is_signed(raw + b" ", headers, [key], at)


def test_the_two_ways_to_read_a_secret() -> None:
    secret = "whsec_" + base64.b64encode(KEY).decode()
    assert decoded_key(secret) == decoded_key(secret.removeprefix("whsec_")) == KEY
    assert text_key("local-secret") == KEY
    assert text_key("  ") == text_key("") == b""


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_QQ", "é"])
def test_a_secret_that_is_no_base64_is_an_error(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        decoded_key(secret)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_both_ways_are_recent(seconds: int) -> None:
    assert is_signed(BODY, sent(at=NOW + timedelta(seconds=seconds)), [KEY], NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_beyond_five_minutes_it_is_a_replay(seconds: int) -> None:
    assert not is_signed(BODY, sent(at=NOW + timedelta(seconds=seconds)), [KEY], NOW)


def test_either_key_is_good_while_one_is_rotated() -> None:
    assert is_signed(BODY, sent(OTHER, KEY), [KEY], NOW)
    assert is_signed(BODY, sent(KEY), [OTHER, KEY], NOW)
    assert not is_signed(BODY, sent(OTHER), [KEY], NOW)


def test_a_signature_of_another_version_may_stand_beside() -> None:
    headers = sent()
    both = f"v1a,{'A' * 86}== {headers['webhook-signature']}"
    assert is_signed(BODY, {**headers, "webhook-signature": both}, [KEY], NOW)
    for spoilt in (f"{both} ", f" {both}", both.replace(" ", "  "), both.replace("v1,", "v2,")):
        assert not is_signed(BODY, {**headers, "webhook-signature": spoilt}, [KEY], NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed(name: str) -> None:
    headers = sent()
    assert not is_signed(BODY, {**headers, name: headers[name][:-1] + "9"}, [KEY], NOW)


@pytest.mark.parametrize("keys", [(), (b"",), (b"", b"")])
def test_without_a_key_nobody_is_believed(keys: tuple[bytes, ...]) -> None:
    for headers in (sent(), {**sent(), "webhook-signature": sign("msg-1", NOW, BODY, b"")}):
        assert not is_signed(BODY, headers, keys, NOW)


STRANGE: list[Any] = [
    "", " ", "x", "v1,", "v1", "v2,abc", "\ud800", "é" * 40, "A" * 100_000, "-1", "1e9", "\x00", 7,
    "١٢٣", "9" * 12, "9" * 400,
]  # fmt: skip


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", STRANGE)
def test_a_strange_header_is_no_and_no_crash(name: str, value: Any) -> None:
    assert not is_signed(BODY, {**sent(), name: value}, [KEY], NOW)


def test_names_of_headers_come_in_any_case() -> None:
    assert is_signed(BODY, {name.title(): value for name, value in sent().items()}, [KEY], NOW)
