"""Whatever a stranger sends, the gate gives data or says Malformed or TooLarge."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.errors import Malformed, TooLarge
from oms.platform import gate

DEEP = 100_000
HOSTILE: dict[str, bytes] = {
    # not JSON at all
    "nothing": b"",
    "blanks": b" \n\t ",
    "xml": b"<order><id>1</id></order>",
    "a form": b"webhook_id=7&x=1",
    "two documents": b"{}{}",
    "text after it": b'{"a": 1} SECRET',
    "a comment": b'{"a": 1} // SECRET',
    "single quotes": b"{'a': 'SECRET'}",
    "a bare key": b"{a: 1}",
    "a trailing comma": b'{"a": 1,}',
    "a trailing comma in a list": b"[1, 2,]",
    "an open object": b'{"a": 1',
    "an open list": b"[1, 2",
    "an open string": b'{"a": "SECRET',
    "a backslash at the end": b'{"a": "\\',
    "a lone quote": b'"',
    "a lone bracket": b"]",
    "Python's None": b'{"a": None}',
    "Python's True": b'{"a": True}',
    "an unknown escape": b'{"a": "\\x41"}',
    "a cut escape": b'{"a": "\\u12"}',
    "a raw line break in a string": b'{"a": "x\ny"}',
    "a raw NUL in a string": b'{"a": "x\x00y"}',
    "a raw tab in a string": b'{"a": "x\ty"}',
    "many escaped quotes, never closed": b'"' + b'\\"' * 60_000,
    "many backslashes, never closed": b'"' + b"\\" * 120_001,
    "many quotes": b'"' * 100_001,
    # not UTF-8
    "latin-1": '{"a": "Münster"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a cut character": b'{"a": "\xe2\x82"}',
    "an overlong slash": b'{"a": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    # half characters
    "a lone high surrogate": b'{"a": "\\ud800"}',
    "a lone low surrogate": b'{"a": "\\udfff"}',
    "surrogates in the wrong order": b'{"a": "\\udc00\\ud800"}',
    "a surrogate in a key": b'{"\\uD83D": 1}',
    "a surrogate deep inside": b'[{"a": [["x", "\\uDBFF!"]]}]',
    # numbers
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "39 digits": b'{"a": ' + b"9" * 39 + b"}",
    "5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "200,000 digits": b"9" * 200_000,
    "5,000 digits below zero": b"-" + b"1" * 5000,
    "1e200": b'{"a": 1e200}',
    "1e-200": b'{"a": 1e-200}',
    "1e999999999": b"1e999999999",
    "0e999999999": b"0e999999999",
    "an exponent of 30 digits": b"1e" + b"9" * 30,
    "60 decimals": b"0." + b"1" * 60,
    "a leading zero": b'{"a": 012}',
    "a plus": b'{"a": +1}',
    "hexadecimal": b'{"a": 0x1F}',
    "an underscore": b'{"a": 1_000}',
    "a dot at the end": b'{"a": 1.}',
    "wide digits": '{"a": １２}'.encode(),
    # shape
    "a key twice": b'{"quantity": 1, "quantity": 100}',
    "a key twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "a key twice inside": b'{"a": [{"b": 1, "b": 1}]}',
    "21 lists": b"[" * 21 + b"]" * 21,
    "21 objects": b'{"a":' * 21 + b"1" + b"}" * 21,
    "lists without end": b"[" * DEEP,
    "objects without end": b'{"a":' * 40_000,
    "lists of 2,000": b"[" * 2000 + b"]" * 2000,
    "depth after a string with brackets": b'["]]]]]]", ' + b"[" * 21 + b"]" * 22,
    # size
    "too large": b'"' + b"x" * gate.LIMIT + b'"',
    "too large, of blanks": b" " * (gate.LIMIT + 1),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_are_refused_without_an_echo(raw: bytes) -> None:
    with pytest.raises((Malformed, TooLarge)) as refused:
        gate.parse(raw)
    assert len(str(refused.value)) < 60
    assert "SECRET" not in str(refused.value)


def test_the_corpus_is_large() -> None:
    assert len(HOSTILE) >= 50


def test_size_comes_before_everything_else() -> None:
    with pytest.raises(TooLarge):
        gate.parse(b"\xff" * 11, limit=10)


@pytest.mark.parametrize(
    "body, data",
    [
        (b'{"a": [1, "x", true, null]}', {"a": [1, "x", True, None]}),
        (b'{"a": 12.30}', {"a": Decimal("12.30")}),
        (b'{"a": 3.3333333333333335}', {"a": Decimal("3.3333333333333335")}),
        (b'{"id": 820982911946154508}', {"id": 820982911946154508}),
        (b'"[[[[[[[[[[[[[[[[[[[[[[[["', "[" * 24),
        (b'{"a": "\\"[[[[[[[[[[[[[[[[[[[[[[[[\\\\"}', {"a": '"' + "[" * 24 + "\\"}),
        (b"[" * 20 + b"]" * 20, json.loads("[" * 20 + "]" * 20)),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"a note\\u0000 with\\u202e marks"', "a note\x00 with\u202e marks"),
        (b"-0", 0),
    ],
)
def test_honest_bodies_pass(body: bytes, data: object) -> None:
    assert gate.parse(body) == data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_what_json_says_is_what_comes_out(value: object) -> None:
    assert gate.parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:\\u0dD8eE+-.19 tfn\n', max_size=80))
def test_noise_is_data_or_refused_and_nothing_else(noise: bytes | str) -> None:
    raw = noise if isinstance(noise, bytes) else noise.encode()
    with suppress(Malformed, TooLarge):
        gate.parse(raw)


@given(json_values, st.data())
def test_a_damaged_document_is_data_or_refused(value: object, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(value).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Malformed, TooLarge):
        gate.parse(bytes(raw))


# --- events --------------------------------------------------------------------------


def test_a_body_comes_as_the_bytes_that_were_sent() -> None:
    raw = '{"name": "Zoë"}'.encode()
    encoded = base64.b64encode(raw).decode()
    assert gate.body_bytes({"body": raw.decode(), "isBase64Encoded": False}) == raw
    assert gate.body_bytes({"body": encoded, "isBase64Encoded": True}) == raw
    assert gate.body_bytes({"body": raw.decode()}) == raw


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": "", "isBase64Encoded": True}])
def test_no_body_is_no_bytes(event: dict[str, object]) -> None:
    assert gate.body_bytes(event) == b""


@pytest.mark.parametrize("body", ["not base64!", "abc", "YWJj\n", "ünïcode", "=", "YQ==YQ=="])
def test_broken_base64_is_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        gate.body_bytes({"body": body, "isBase64Encoded": True})


def test_half_a_character_in_the_event_is_malformed() -> None:
    with pytest.raises(Malformed):
        gate.body_bytes({"body": "\ud800"})


def test_a_body_that_is_no_text_is_malformed() -> None:
    with pytest.raises(Malformed):
        gate.body_bytes({"body": {"a": 1}})


def test_a_body_over_the_limit_is_too_large_in_either_form() -> None:
    big = "x" * 11
    for event in ({"body": big}, {"body": base64.b64encode(big.encode()).decode()}):
        with pytest.raises(TooLarge):
            gate.body_bytes({**event, "isBase64Encoded": len(event["body"]) > 11}, limit=10)


# --- text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["a\x00b", "\x1b[31m", "a\u202eb", "\u2066", "\ud800", "\x85", "\n"]
)
def test_unsafe_characters_are_seen(text: str) -> None:
    assert gate.is_unsafe(text)


def test_notes_may_have_lines_but_no_controls() -> None:
    assert not gate.is_unsafe("two\nlines\tand a tab", lines=True)
    assert gate.is_unsafe("two\nlines\x00", lines=True)
    assert not gate.is_unsafe("Léon 山田 \N{GRINNING FACE}")


def test_one_line_cleans_what_channels_pass_on() -> None:
    assert gate.one_line("  Zoe\u0308 \x00\u202e\n Lind\t", 50) == "Zoë Lind"
    assert gate.one_line("abc def", 4) == "abc"


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242",
        "4242 4242 4242 4242",
        "my card is 4242-4242-4242-4242, exp 12/29",
        "378282246310005",
        "5555 5555 5555 4444",
        "2223003122003222",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "6200000000000005",
        "４２４２４２４２４２４２４２４２",
        "flat 12 4242 4242 4242 4242",
        "4222222222222",
    ],
)
def test_card_numbers_are_seen(text: str) -> None:
    assert gate.holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",  # fails Luhn
        "4006381333931",  # an EAN of a German pencil
        "1Z1234512345123456",
        "+49 1512 3456789",
        "PO-2026-11-21-000017",
        "820982911946154508",
        "42424242424242424242424242",
        "12 apples, 3 pears and 1 plum",
    ],
)
def test_other_numbers_are_not_cards(text: str) -> None:
    assert not gate.holds_card_number(text)


@pytest.mark.parametrize("text", ["a@b.co", "jane.o'neil+tag@mail.example.com", "用户@例子.公司"])
def test_addresses_of_mail(text: str) -> None:
    assert gate.is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "a@b",
        "a b@c.de",
        "a@-b.de",
        "a@b..de",
        ".a@b.de",
        "a..b@c.de",
        "a@1.2.3.4",
        "a@b.de>",
    ],
)
def test_no_addresses_of_mail(text: str) -> None:
    assert not gate.is_email(text)


@pytest.mark.parametrize(
    "text", ["+1(502)-459-2181", "(555) 555-5555", "030 1234567 x12", "112 33"]
)
def test_phone_numbers(text: str) -> None:
    assert gate.is_phone(text)


@pytest.mark.parametrize("text", ["", "1234", "call me", "+" + "1" * 16, "()()()()", "٠١٢٣٤٥٦٧"])
def test_no_phone_numbers(text: str) -> None:
    assert not gate.is_phone(text)
