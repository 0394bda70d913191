"""Values of a message, read where the mapping says they stand. Raises Unmappable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from oms.channels.generic.mapping import Mapping
from oms.channels.generic.order_terms import Flag
from oms.channels.generic.paths import Path, found, places
from oms.channels.generic.words import Source
from oms.channels.model import Unmappable
from oms.channels.reading import Reading
from oms.kernel.money import CURRENCIES, Money, total
from oms.platform.gate import one_line

_NUMBER = re.compile(r"[0-9]{1,20}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=+@-]{0,99}")
_MOST_MINOR = 10**15


@dataclass(frozen=True, slots=True)
class Fields:
    """What a mapping finds below `start`: the order, one of its lines, an address."""

    mapping: Mapping
    start: Reading

    def below(self, start: Reading) -> Fields:
        return Fields(self.mapping, start)

    def at(self, path: Path) -> Reading:
        return found(self.start, path)

    def each(self, path: Path) -> tuple[Reading, ...]:
        """The elements of the list at `path`; none where there is no list."""
        return tuple(holder.at(key) for holder, key in places(self.start, (*path, "[]")))

    def listed(self, path: Path) -> tuple[Reading, ...]:
        """As `each`, where there must be a list."""
        listed = self.at(path)
        if not isinstance(listed.value, list):
            raise listed.fail("wrong-type", "a list is expected")
        return self.each(path)

    def identifier(self, path: Path) -> str:
        """A name that the channel gives: digits, or a word without blanks."""
        field = self.at(path).required()
        if isinstance(field.value, bool) or not isinstance(field.value, int | str):
            raise field.fail("wrong-type", "an id is expected")
        form = _NUMBER if isinstance(field.value, int) else _WORD
        if not form.fullmatch(text := str(field.value)) or ".." in text:
            raise field.fail("invalid-id", "an id is a number, or a word without blanks")
        return text

    def text(self, source: Source | None, longest: int = 255) -> str:
        if source is None:
            return ""
        if source.fixed is not None:
            return source.fixed
        told = list(filter(None, (self._text(path, longest) for path in source.paths)))
        chosen = " ".join(told) if source.join else next(iter(told), "")
        clean = one_line(chosen, longest) or source.default
        return clean.upper() if source.upper else clean

    def _text(self, path: Path, longest: int) -> str:
        """Numbers count as text: a postal code is one in many a shop."""
        holder, key = self._place(path)
        value = holder.at(key).value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return str(value)[:longest]
        return holder.text(key, longest)

    def _place(self, path: Path) -> tuple[Reading, str]:
        """The first value at `path`, as the object that holds it and its key."""
        nowhere = Reading({}, self.start.pointer), path[-1]
        return next(places(self.start, path), nowhere)

    def text_at(self, path: Path, longest: int = 255) -> str:
        """Text and nothing else: a SKU that came as a number has lost its zeros."""
        holder, key = self._place(path)
        return holder.text(key, longest)

    def texts(self, path: Path) -> Iterator[str]:
        """All the lines of text at `path`."""
        return filter(None, (holder.text(key) for holder, key in places(self.start, path)))

    def word(self, path: Path) -> str:
        """A status: text, a number, or true and false as JSON writes them; empty for none."""
        field = self.at(path)
        if isinstance(field.value, bool):
            return "true" if field.value else "false"
        if not isinstance(field.value, str | int | None):
            raise field.fail("wrong-type", "a word is expected")
        return "" if field.value is None else str(field.value)[:200]

    def flag(self, where: Flag, default: bool = False) -> bool:
        if isinstance(where, bool):
            return where
        holder, key = self._place(where)
        return holder.flag(key, default)

    def units(self, path: Path, least: int) -> int:
        holder, key = self._place(path)
        return holder.units(key, least)

    def amount(self, path: Path | None, currency: str) -> Money:
        """The sum of all amounts at `path`; zero where there is none."""
        at = places(self.start, path) if path else ()
        return total((self._amount(holder, key, currency) for holder, key in at), currency)

    def _amount(self, holder: Reading, key: str, currency: str) -> Money:
        if self.mapping.amounts == "decimal":
            return holder.amount(key, currency)
        field = holder.at(key)
        if field.value is None:
            return Money.zero(currency)
        if isinstance(field.value, bool) or not isinstance(field.value, int):
            raise field.fail("invalid-amount", "a whole number of minor units is expected")
        if abs(field.value) > _MOST_MINOR:
            raise field.fail("invalid-amount", "an amount is out of range")
        return Money(field.value, currency)

    def currency(self, source: Source) -> str:
        field = self.at(source.paths[0]) if source.paths else self.start
        if not (text := self.text(source, 10)):
            raise field.fail("missing-field", "a value is needed")
        if text not in CURRENCIES:
            raise field.fail("unknown-currency", "not an ISO 4217 currency in use")
        return text

    def time(self, path: Path | None) -> datetime | None:
        if not path:
            return None
        holder, key = self._place(path)
        if self.mapping.times == "iso":
            return holder.time(key, self.mapping.assumed_offset)
        return _unix_time(holder.at(key), 1000 if self.mapping.times == "unix-ms" else 1)

    def time_or_none(self, path: Path | None) -> datetime | None:
        try:
            return self.time(path)
        except Unmappable:
            return None


def _unix_time(field: Reading, divisor: int) -> datetime | None:
    if field.value is None:
        return None
    if isinstance(field.value, bool) or not isinstance(field.value, int):
        raise field.fail("invalid-time", "a whole number of seconds is expected")
    try:
        return datetime.fromtimestamp(field.value / divisor, UTC)
    except (ValueError, OverflowError, OSError):
        raise field.fail("invalid-time", "a time is out of range") from None
