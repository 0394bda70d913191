"""How large DynamoDB takes an item to be, and the units that reading and writing it cost.

Rules of the developer guide, "DynamoDB item sizes and formats" and "read and write request
units": names and strings in UTF-8; a number about one byte for two digits and one more; 3 bytes
for a list or map and 1 for each element.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRITE_UNIT = 1024
READ_UNIT = 4096


def size_of(item: Mapping[str, Any] | None) -> int:
    """Bytes of an item as the client sends and gets it (`{"pk": {"S": "..."}}`)."""
    return sum(len(name.encode()) + _value(value) for name, value in (item or {}).items())


def _value(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return _number(value)
        case "B":
            return len(getattr(value, "value", value))
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value(each) for each in value)
        case "M":
            return 3 + len(value) + size_of(value)
    raise ValueError(f"no size known for {kind}")


def _number(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def write_units(before: int, after: int) -> int:
    """The larger of both sizes counts, in steps of 1 KB; a write of nothing costs one."""
    return max(1, -(-max(before, after) // WRITE_UNIT))


def read_units(size: int, *, consistent: bool) -> float:
    """In steps of 4 KB; half when eventually consistent; reading nothing costs one step."""
    units = max(1, -(-size // READ_UNIT))
    return float(units) if consistent else units / 2


def index_units(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """Writes that a keys-only index takes: none while its entry stays, one to add or remove
    it, two to move it. It is written after the transaction, so a transaction does not double it.
    """
    old, new = _entry(before), _entry(after)
    if old == new:
        return 0
    return (old is not None) + (new is not None)


def _entry(item: Mapping[str, Any]) -> tuple[str, str] | None:
    if "worklist" not in item or "due_at" not in item:
        return None
    return item["worklist"]["S"], item["due_at"]["S"]
