"""Attribute values in DynamoDB's JSON form: checked and copied, weighed, compared.

A value that was taken in is in one form only (numbers without idle zeroes, sets sorted), so
two of them are equal exactly when their dicts are. Stored values are never changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from tests.simulation.dynamo.errors import invalid, wrong_type, wrong_value

Attribute = dict[str, Any]
Item = dict[str, Attribute]

_EXACT = Context(prec=38, traps=[Inexact, InvalidOperation])
_SET_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}
_HAS_PARTS = frozenset({"L", "M", *_SET_MEMBERS})


def take_in(attribute: Attribute) -> tuple[Attribute, int]:
    """A private copy in the one form, and its size in bytes."""
    if len(attribute) != 1:
        raise invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
    ((kind, value),) = attribute.items()
    if kind == "S":
        if not isinstance(value, str):
            raise wrong_type(f"Invalid type for S, value: {value!r}")
        return {"S": value}, len(value) if value.isascii() else len(value.encode())
    if kind == "N":
        if not isinstance(value, str):
            raise wrong_type(f"Invalid type for N, value: {value!r}")
        text = number_text(value)
        return {"N": text}, number_size(text)
    if kind == "B":
        raw = value if isinstance(value, (bytes, bytearray)) else bytes(value.value)
        return {"B": bytes(raw)}, len(raw)
    if kind in ("BOOL", "NULL"):
        return {kind: bool(value)}, 1
    return _take_in_parts(kind, value)


def _take_in_parts(kind: str, value: Any) -> tuple[Attribute, int]:
    if kind == "L":
        parts = [take_in(each) for each in value]
        return {"L": [part for part, _ in parts]}, 3 + sum(size + 1 for _, size in parts)
    if kind == "M":
        item, size = take_in_item(value)
        return {"M": item}, 3 + size + len(item)
    if kind not in _SET_MEMBERS:
        raise wrong_type(f"Unknown parameter in AttributeValue: {kind}")
    members = [take_in({_SET_MEMBERS[kind]: each}) for each in value]
    if not members:
        raise wrong_value("An set  may not be empty")
    found = {next(iter(member.values())): size for member, size in members}
    if len(found) != len(members):
        raise wrong_value("Input collection contains duplicates.")
    return set_of(kind, found), sum(found.values())


def set_of(kind: str, members: Iterable[Any]) -> Attribute:
    """A set's members in one order, so that equal sets are equal dicts."""
    return {kind: sorted(members, key=numeric if kind == "NS" else None)}


def take_in_item(item: Mapping[str, Attribute]) -> tuple[Item, int]:
    taken: Item = {}
    total = 0
    for name, attribute in item.items():
        taken[name], size = take_in(attribute)
        total += size + (len(name) if name.isascii() else len(name.encode()))
    return taken, total


def hand_out(item: Item) -> Item:
    """A copy that the caller may do with as it likes."""
    return {
        name: attribute.copy() if _HAS_PARTS.isdisjoint(attribute) else _copied(attribute)
        for name, attribute in item.items()
    }


def _copied(attribute: Attribute) -> Attribute:
    ((kind, value),) = attribute.items()
    if kind == "M":
        return {"M": hand_out(value)}
    if kind == "L":
        return {"L": [_copied(each) for each in value]}
    return {kind: list(value) if isinstance(value, list) else value}


# --- numbers -----------------------------------------------------------------------------


def number_text(text: str) -> str:
    """The one way a number is written: no idle zeroes, no exponent, at most 38 digits."""
    digits = text[1:] if text[:1] == "-" else text
    is_short = len(digits) < 38 and digits.isdigit() and digits.isascii()
    if is_short and (digits[0] != "0" or text == "0"):
        return text
    try:
        number = _EXACT.create_decimal(text)
    except (Inexact, InvalidOperation):
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}") from None
    if not number.is_finite():
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    if number and not -130 <= number.adjusted() <= 125:
        raise invalid("Number overflow. Attempting to store a number out of the supported range")
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def numeric(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)


def number_size(text: str) -> int:
    """One byte for two significant digits and one more; another one for a minus."""
    digits = text.lstrip("-")
    if "." in digits or digits[-1] == "0":
        digits = digits.replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + (text[0] == "-")


def add(left: str, right: str, sign: int) -> str:
    if "." not in left and "." not in right and len(left) < 38 and len(right) < 38:
        return str(int(left) + sign * int(right))
    try:
        return number_text(str(_EXACT.add(Decimal(left), sign * Decimal(right))))
    except Inexact:
        raise invalid("Number overflow. Result has more than 38 significant digits") from None


# --- sizes and order ---------------------------------------------------------------------


def text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def attribute_size(attribute: Attribute | None) -> int:
    """The size of a value that was taken in; 0 for none."""
    if attribute is None:
        return 0
    ((kind, value),) = attribute.items()
    if kind == "S":
        return text_size(value)
    if kind == "N":
        return number_size(value)
    if kind == "B":
        return len(value)
    if kind == "L":
        return 3 + sum(attribute_size(each) + 1 for each in value)
    if kind == "M":
        return 3 + item_size(value) + len(value)
    if kind in _SET_MEMBERS:
        return sum(attribute_size({_SET_MEMBERS[kind]: each}) for each in value)
    return 1


def item_size(item: Item) -> int:
    return sum(text_size(name) + attribute_size(each) for name, each in item.items())


def plain_key(attribute: Attribute) -> Any:
    """A key's value in a form that sorts as DynamoDB sorts it: UTF-8 order is Python's."""
    ((kind, value),) = attribute.items()
    return numeric(value) if kind == "N" else value


def same_kind(left: Attribute, right: Attribute) -> tuple[Any, Any] | None:
    """Both values, comparable; None when their types differ or have no order."""
    ((kind, one),) = left.items()
    other = right.get(kind)
    if other is None or kind not in ("N", "S", "B"):
        return None
    return (numeric(one), numeric(other)) if kind == "N" else (one, other)
