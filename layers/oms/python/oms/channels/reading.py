"""Reading a channel's JSON with suspicion: every wrong type is an `Unmappable` with its place.

Missing and null are the same here, as channels mix them: text is empty, a list has no
elements, an amount is zero. What must be there is asked for with `required`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from oms.channels.model import Unmappable
from oms.kernel.clock import from_iso
from oms.kernel.errors import Unavailable
from oms.kernel.money import CURRENCIES, Money
from oms.platform.gate import one_line

MOST_UNITS = 1_000_000
MOST_LINES = 1_000
_AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,15})?")
_ID = re.compile(r"[0-9]{1,20}")
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of the document and where it stands (a JSON pointer)."""

    value: Any
    pointer: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything: not missing, null or empty."""
        return bool(self.value)

    def fail(self, code: str, message: str) -> Unmappable:
        return Unmappable(code, self.pointer, message)

    def at(self, *keys: str) -> Reading:
        """The value under `keys`, one below the other; null when one is missing."""
        found = self
        for key in keys:
            found = found._field(key)
        return found

    def _field(self, key: str) -> Reading:
        if self.value is not None and not isinstance(self.value, dict):
            raise self.fail("wrong-type", "an object is expected")
        return Reading((self.value or {}).get(key), f"{self.pointer}/{key}")

    def required(self) -> Reading:
        if self.value is None or self.value == "":
            raise self.fail("missing-field", "a value is needed")
        return self

    def each(self, key: str) -> tuple[Reading, ...]:
        listed = self._field(key)
        if not isinstance(listed.value, list | None):
            raise listed.fail("wrong-type", "a list is expected")
        return tuple(
            Reading(each, f"{listed.pointer}/{index}")
            for index, each in enumerate(listed.value or ())
        )

    def each_required(self, key: str) -> tuple[Reading, ...]:
        """As `each`, of a list that must be there, be it empty."""
        self._field(key).required()
        return self.each(key)

    def text(self, key: str, longest: int = 255) -> str:
        """One line of clean text: channels pass on whatever their customers typed."""
        field = self._field(key)
        if not isinstance(field.value, str | None):
            raise field.fail("wrong-type", "text is expected")
        return one_line(field.value or "", longest)

    def flag(self, key: str, default: bool = False) -> bool:
        field = self._field(key)
        if not isinstance(field.value, bool | None):
            raise field.fail("wrong-type", "true or false is expected")
        return default if field.value is None else field.value

    def identifier(self, key: str) -> str:
        """A number that names something, as text: it may be beyond 2^53."""
        field = self._field(key).required()
        if not isinstance(field.value, int | str) or isinstance(field.value, bool):
            raise field.fail("wrong-type", "an id is expected")
        if not _ID.fullmatch(text := str(field.value)):
            raise field.fail("invalid-id", "an id is a positive whole number")
        return text

    def units(self, key: str, least: int) -> int:
        """A whole number of units. Plugins sell by weight: a fraction is `invalid-quantity`."""
        field = self._field(key)
        value = field.value
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise field.fail("invalid-quantity", "a quantity is a number")
        if not least <= value <= MOST_UNITS or value != int(value):
            raise field.fail("invalid-quantity", f"not a whole number from {least} on")
        return int(value)

    def currency(self, key: str) -> str:
        field = self._field(key).required()
        if not isinstance(field.value, str) or field.value not in CURRENCIES:
            raise field.fail("unknown-currency", "not an ISO 4217 currency in use")
        return field.value

    def amount(self, key: str, currency: str) -> Money:
        """A decimal as the channel writes it, text or number; zero when there is none."""
        field = self._field(key)
        value = field.value
        if value is None or value == "":
            return Money.zero(currency)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise field.fail("invalid-amount", "an amount is a decimal")
        if not _AMOUNT.fullmatch(text := _plain(value)):
            raise field.fail("invalid-amount", "an amount is a decimal")
        try:
            return Money.parse(text, currency)
        except ValueError:
            raise field.fail("invalid-amount", "an amount is out of range") from None

    def time(self, key: str, assumed: str = "") -> datetime | None:
        """ISO 8601. `assumed` is the offset to add where the channel leaves it out."""
        text = self.text(key)
        if not text:
            return None
        try:
            return from_iso(text if _OFFSET.search(text) else text + assumed)
        except (ValueError, OverflowError):
            raise self._field(key).fail("invalid-time", "not a time with an offset") from None

    def has(self, key: str) -> bool:
        """Whether this is an object that names `key`, be it null."""
        return isinstance(self.value, dict) and key in self.value

    def id_or_empty(self, *keys: str) -> str:
        """The id under `keys`, one below the other; empty when there is none. Never raises."""
        try:
            return self.at(*keys[:-1]).identifier(keys[-1])
        except Unmappable:
            return ""

    def time_or_none(self, *keys: str, assumed: str = "") -> datetime | None:
        """The time under `keys`, one below the other; None when it is no time. Never raises."""
        try:
            return self.at(*keys[:-1]).time(keys[-1], assumed)
        except Unmappable:
            return None


@contextmanager
def understood() -> Iterator[None]:
    """What a shop answers, read in this block (or function): another shape is Unavailable."""
    try:
        yield
    except Unmappable as unreadable:
        raise Unavailable(f"an answer of another shape {unreadable.pointer}") from None


def _plain(value: str | int | Decimal) -> str:
    if isinstance(value, str):
        return value
    # Only so far as the pattern can like it: the exponent may be enormous.
    return format(value, "f") if -(10**13) < value < 10**13 and _is_short(value) else "-"


def _is_short(value: int | Decimal) -> bool:
    return isinstance(value, int) or int(value.as_tuple().exponent) > -20
