"""The input gate: what comes from outside is plain data behind it, or was refused.

Three ways of refusing for three kinds of sender. `body_bytes` and `parse` refuse what no
program of ours could store (broken UTF-8, lone surrogates, numbers without end, nesting that
eats the stack); anybody may send that, so they raise `Malformed` and `TooLarge` and nothing
else. Control characters and bidirectional overrides are legal JSON: contracts of our own
API refuse them (`is_unsafe`), while the channels' notes and names hold them in good faith, so
their mappers clean them (`one_line`). No message ever echoes what came in.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from oms.kernel.errors import Malformed, TooLarge

LIMIT = 256 * 1024
DEEPEST = 20
_LONGEST_INTEGER = 20  # characters; 64 bits fit
_LONGEST_FRACTION = 40
_WIDEST_EXPONENT = 20

# Always matches from a quote to its partner or to the end, so it never backtracks.
_STRING = re.compile(r'"[^"\\]*(?:\\.?[^"\\]*)*(?:"|\Z)', re.DOTALL)
_NOT_BRACKET = re.compile(r"[^\[\]{}]+")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def body_bytes(event: Mapping[str, Any], limit: int = LIMIT) -> bytes:
    """The body of an API Gateway event (payload format 2.0) as the sender's own bytes.

    `b""` when there is none. Raises Malformed, or TooLarge over `limit` bytes.
    """
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise Malformed("the body is not text")
    try:
        encoded = event.get("isBase64Encoded")
        raw = base64.b64decode(body, validate=True) if encoded else body.encode()
    except ValueError:
        raise Malformed("the body is not what its encoding says") from None
    if len(raw) > limit:
        raise TooLarge(f"the body is over {limit} bytes")
    return raw


def parse(raw: bytes, limit: int = LIMIT) -> Any:
    """`raw` as JSON: dict, list, str, bool, None, int of up to 20 digits, Decimal.

    Raises TooLarge over `limit` bytes, Malformed for anything that is not strict JSON in
    UTF-8, has a key twice in an object, or is nested deeper than 20.
    """
    if len(raw) > limit:
        raise TooLarge(f"the body is over {limit} bytes")
    try:
        text = raw.decode("utf-8")
        _refuse_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except (ValueError, ArithmeticError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if _SURROGATE_ESCAPE.search(text):
        _refuse_surrogates(value)
    return value


def _refuse_depth(text: str) -> None:
    """Before the parser, whose recursion would be the one to find out."""
    depth = 0
    for bracket in _NOT_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise Malformed(f"the body is nested deeper than {DEEPEST}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two equal keys one reader sees the first and another the last.
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("a key stands twice in one object")
    return fields


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise Malformed("a number has too many digits")
    return int(text)


def _fraction(text: str) -> Decimal:
    if len(text) > _LONGEST_FRACTION:
        raise Malformed("a number has too many digits")
    value = Decimal(text)
    if abs(value.adjusted()) > _WIDEST_EXPONENT:
        raise Malformed("a number is out of range")
    return value


def _constant(_: str) -> NoReturn:
    raise Malformed("NaN and Infinity are not JSON")


def _refuse_surrogates(value: Any) -> None:
    for text in _strings(value):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Malformed("half a character in a string") from None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


# --- text ----------------------------------------------------------------------------

# Control characters, and the marks that make text read in another order than it is stored.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = re.compile("[\t\n\r\u2028\u2029]")


def is_unsafe(text: str, lines: bool = False) -> bool:
    """Whether `text` holds characters that no honest client sends.

    `lines` allows tabs and line breaks, for notes.
    """
    return bool(_UNSAFE.search(text) or (not lines and _BREAKS.search(text)))


def one_line(text: str, longest: int) -> str:
    """`text` without unsafe characters, in NFC, blanks folded, cut to `longest` characters."""
    safe = _UNSAFE.sub("", text[: longest * 4])  # folding a note of 200 KB would be for nothing
    return " ".join(unicodedata.normalize("NFC", safe).split())[:longest].rstrip()


_LOCAL_PART = re.compile(r"[^\s@,;:<>()\[\]\\\"]{1,64}")
_DOMAIN_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_PHONE = re.compile(
    r"(\+?[0-9 ().\-/]{5,30})(?:\s?(?:x|ext\.?)\s?[0-9]{1,6})?", re.IGNORECASE | re.ASCII
)


def is_email(text: str) -> bool:
    """Whether `text` has the form of an address; letters of every script are allowed."""
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    return bool(
        len(text) <= 254
        and _LOCAL_PART.fullmatch(local)
        and all(local.split("."))  # no dot at an end, no two in a row
        and len(labels) > 1
        and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def is_phone(text: str) -> bool:
    """5 to 15 digits, as E.164 allows, grouped in any usual way; an extension may follow."""
    found = _PHONE.fullmatch(text)
    return bool(found and 5 <= sum(map(str.isdigit, found[1])) <= 15)


# --- card numbers --------------------------------------------------------------------

_DIGIT_GROUPS = re.compile(r"\d+(?:[ .\-\u2010-\u2015]{1,2}\d+)*")
_DIGITS = re.compile(r"\d+")
# Prefixes and lengths of the issuers (ISO/IEC 7812, as the brands publish them).
_ISSUERS = tuple(
    (re.compile(prefix), frozenset(lengths))
    for prefix, lengths in (
        (r"4", (13, 16, 19)),  # Visa
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        (r"3[47]", (15,)),  # American Express
        (r"6011|64[4-9]|65", (16, 19)),  # Discover
        (r"62", (16, 17, 18, 19)),  # UnionPay
        (r"35(?:2[89]|[3-8])", (16,)),  # JCB
        (r"30[0-5]|3[689]", (14,)),  # Diners Club
        (r"5018|5020|5038|6304|6759|676[1-3]", (16,)),  # Maestro
    )
)


def holds_card_number(text: str) -> bool:
    """Whether a payment card's number stands in `text`, also in groups or wide digits.

    It takes an issuer's prefix, that issuer's length and the check digit (Luhn), and is no
    barcode: one EAN in ten passes Luhn, and German ones begin as Visa does.
    """
    folded = unicodedata.normalize("NFKC", text)
    return any(
        _is_card(digits)
        for run in _DIGIT_GROUPS.finditer(folded)
        for digits in _joined(_DIGITS.findall(run[0]))
    )


def _joined(groups: list[str]) -> Iterator[str]:
    """Every run of neighbouring groups that is as long as a card's number."""
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) > 19:
                break
            if len(digits) >= 13:
                yield digits


def _is_card(digits: str) -> bool:
    return _has_issuer(digits) and _passes_luhn(digits) and not _is_barcode(digits)


def _has_issuer(digits: str) -> bool:
    return any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in _ISSUERS)


def _passes_luhn(digits: str) -> bool:
    return _weighted(digits, lambda digit: digit * 2 - 9 * (digit > 4)) % 10 == 0


def _is_barcode(digits: str) -> bool:
    return len(digits) in (13, 14) and _weighted(digits, lambda digit: digit * 3) % 10 == 0


def _weighted(digits: str, weight: Callable[[int], int]) -> int:
    """The sum of the digits, every second one from the right weighted."""
    values = [int(digit) for digit in reversed(digits)]
    return sum(values[::2]) + sum(weight(value) for value in values[1::2])
