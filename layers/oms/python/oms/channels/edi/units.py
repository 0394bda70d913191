"""Units of measure: partners order by the case, stock is kept by the piece."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms.channels.model import ChannelAccount
from oms.channels.reading import MOST_UNITS, Reading
from oms.kernel.money import Money

_PIECES = ("EA", "UN", "PC", "PE", "E", "EACH")
_OF_A_KIND = {"DZ": 12, "GR": 144, "HC": 100, "TH": 1000}
# PO105 that prices a piece whatever the line is counted in, or so many of the unit.
_PER_PIECE = frozenset({"PE", "WE", "LE", "QE", "RE"})
_PER = {"PN": 10, "HP": 100, "TP": 1000}


@dataclass(frozen=True, slots=True)
class Ordered:
    """`count` units of `per_unit` pieces each. `is_in_pieces` is False where nobody knows how
    many pieces a unit has: `pieces` is then the count, and a person chooses the article."""

    count: int
    per_unit: int
    basis: str
    is_in_pieces: bool

    @property
    def pieces(self) -> int:
        return self.count * self.per_unit

    def price(self, unit_price: Decimal, currency: str) -> Money:
        """Of the whole line: rounded once, half-even."""
        return Money.parse(self.exact_price(unit_price), currency)

    def exact_price(self, unit_price: Decimal) -> Decimal:
        if self.basis in _PER_PIECE:
            return unit_price * self.pieces
        return unit_price * self.count / _PER.get(self.basis, 1)


def ordered(line: Reading, account: ChannelAccount) -> Ordered:
    """The quantity of a line's document. Raises Unmappable."""
    count = line.units("quantity", least=1)
    per_unit = pieces_per_unit(line.value, account)
    found = Ordered(count, per_unit or 1, line.text("basis", 3), per_unit is not None)
    if found.pieces > MOST_UNITS:
        raise line.at("quantity").fail("invalid-quantity", f"more than {MOST_UNITS} pieces")
    return found


def pieces_per_unit(line: Any, account: ChannelAccount) -> int | None:
    """From the settings `pieces` (units that are one of ours) and `packs` (by the partner's
    article), else the standard's own multiples, else PO4 of the line."""
    unit = line.get("unit")
    pieces = account.settings.get("pieces") or _PIECES
    if not unit or unit in pieces:
        return 1
    packs, ids = account.settings.get("packs") or {}, line.get("ids")
    named = ids.values() if isinstance(ids, dict) else ()
    known = [packs[each] for each in named if isinstance(each, str) and each in packs]
    found = next(iter(known), None) or _of_a_kind(unit) or line.get("pack")
    is_count = isinstance(found, int) and not isinstance(found, bool) and found > 0
    return found if is_count else None


def _of_a_kind(unit: Any) -> int | None:
    return _OF_A_KIND.get(unit) if isinstance(unit, str) else None
