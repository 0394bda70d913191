"""What a 997 must say about an 850: segments that are missing, elements that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from oms.channels.edi.elements import is_decimal, is_whole
from oms.channels.edi.envelope import Fault, Spot, TransactionSet
from oms.channels.edi.order_lines import price_of, stores
from oms.channels.edi.purchase_order import parted
from oms.channels.edi.tokens import Segment
from oms.channels.reading import MOST_LINES

_MISSING, _UNREADABLE = "1", "6"  # AK403
_NO_SEGMENT, _BAD_ELEMENT = "3", "8"  # AK304


def purchase_order_faults(found: TransactionSet) -> tuple[Fault, ...]:
    """Empty when `purchase_orders` can read the set. All are found in one pass."""
    header, lines = parted(found)
    return (*_header(found, header), *_lines(found, header, lines))


def _header(found: TransactionSet, header: Sequence[Segment]) -> Iterator[Fault]:
    beg = next((segment for segment in header if segment.tag == "BEG"), None)
    if beg is None:
        yield _absent(found, "BEG", 2, "an 850 needs a BEG")
    elif not beg[3].strip():
        yield _element(found, beg, 3, _MISSING, "BEG03, the number of the order, is missing")
    yield from _amounts(found, header)


def _lines(
    found: TransactionSet, header: Sequence[Segment], lines: Sequence[Sequence[Segment]]
) -> Iterator[Fault]:
    if not lines:
        yield _absent(found, "PO1", len(found.segments), "an 850 needs a PO1")
    if len(lines) > MOST_LINES:
        yield Fault("too-many-lines", f"set {found.control}", f"over {MOST_LINES} lines", "5")
    for loop in lines:
        yield from _line(found, loop)
    yield from _ship_tos(found, header, lines)


def _line(found: TransactionSet, loop: Sequence[Segment]) -> Iterator[Fault]:
    po1 = loop[0]
    if not po1[2].strip():
        yield _element(found, po1, 2, _MISSING, "PO102, the quantity, is missing")
    elif not is_decimal(po1[2]):
        yield _element(found, po1, 2, _UNREADABLE, "PO102, the quantity, is no number")
    if price_of(loop) and not is_decimal(price_of(loop)):
        yield _element(found, po1, 4, _UNREADABLE, "the price is no number")
    yield from _amounts(found, loop)
    yield from _split(found, loop)


def _split(found: TransactionSet, loop: Sequence[Segment]) -> Iterator[Fault]:
    """Stores must add up to the line: a person must say which of the two is meant."""
    split, ordered = stores(loop), loop[0][2]
    if not split:
        return
    sdq = next(segment for segment in loop if segment.tag == "SDQ")
    if not all(is_whole(quantity) for _, quantity in split):
        yield _element(found, sdq, 4, _UNREADABLE, "a store's quantity is no whole number")
    elif is_decimal(ordered) and sum(int(each) for _, each in split) != Decimal(ordered.strip()):
        yield _element(found, sdq, 4, _UNREADABLE, "the stores do not add up to the line")


def _amounts(found: TransactionSet, segments: Sequence[Segment]) -> Iterator[Fault]:
    for segment in segments:
        if segment.tag == "SAC" and segment[5] and not is_whole(segment[5]):
            yield _element(found, segment, 5, _UNREADABLE, "SAC05 has implied decimals")
        if segment.tag == "TXI" and segment[2] and not is_decimal(segment[2]):
            yield _element(found, segment, 2, _UNREADABLE, "TXI02 is no amount")


def _ship_tos(
    found: TransactionSet, header: Sequence[Segment], lines: Sequence[Sequence[Segment]]
) -> Iterator[Fault]:
    """Several places in the header, and lines that do not say which is theirs."""
    places = [segment for segment in header if segment.tag == "N1" and segment[1] == "ST"]
    if len(places) > 1 and not all(stores(loop) or _has_place(loop) for loop in lines):
        place = found.place(places[1])
        yield Fault("ambiguous-ship-to", place, "several ship-tos and lines without one", "5")


def _has_place(loop: Sequence[Segment]) -> bool:
    return any(segment.tag == "N1" and segment[1] == "ST" for segment in loop)


def _absent(found: TransactionSet, tag: str, position: int, message: str) -> Fault:
    place = f"set {found.control}, segment {position}, {tag}"
    return Fault("missing-segment", place, message, "5", spot=Spot(tag, position, _NO_SEGMENT))


def _element(found: TransactionSet, at: Segment, element: int, note: str, message: str) -> Fault:
    spot = Spot(at.tag, found.number_of(at), _BAD_ELEMENT, element, note)
    code = "missing-element" if note == _MISSING else "invalid-element"
    return Fault(code, found.place(at), message, "5", spot=spot)
