"""The 856: one parcel as a tree of HL segments, Shipment, Order, (Tare,) Pack, Item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.channels.edi.acknowledgement import day_of, item_ids, ship_to_of
from oms.channels.edi.outgoing import Numbered, segment
from oms.channels.edi.partner import Partner
from oms.channels.edi.shipped import ShippedLine
from oms.channels.edi.tokens import Segment
from oms.channels.push import ShipmentFacts

Json = dict[str, Any]

# SCAC by the names that carriers have here; TD503 takes others as they are.
_SCAC = {"UPS": "UPSN", "FEDEX": "FDEG", "USPS": "USPS", "DHL": "DHLC"}
_STRUCTURE = {"SOPI": "0001", "SOTPI": "0001", "SOI": "0004"}  # BSN05


def ship_notice(
    order: Json,
    shipment: ShipmentFacts,
    lines: Sequence[ShippedLine],
    partner: Partner,
    number: Numbered,
    parcel_number: str,
) -> list[Segment]:
    """`parcel_number` is the SSCC-18 of the parcel; empty without a GS1 prefix of ours."""
    tree = _Tree()
    shipped_at = shipment.shipped_at or number.at
    tree.add("S", [*_carried(shipment, shipped_at.strftime("%Y%m%d")), *ship_to_of(order)])
    tree.add("O", [_purchase_order(order)])
    for level in partner.levels[2:-1]:
        tree.add(level, _pack(level, shipment, parcel_number))
    for line in lines:
        tree.leaf("I", _item(line))
    return [
        segment("BSN", "00", number.control, f"{number.at:%Y%m%d}", f"{number.at:%H%M}",
                _STRUCTURE[partner.levels]),
        *tree.segments,
        segment("CTT", tree.count),
    ]  # fmt: skip


class _Tree:
    """HL segments with their parents; every level but the items goes one deeper."""

    def __init__(self) -> None:
        self.segments = list[Segment]()
        self.count = 0
        self._parent = ""

    def add(self, level: str, segments: Sequence[Segment]) -> None:
        self.leaf(level, segments)
        self._parent = str(self.count)

    def leaf(self, level: str, segments: Sequence[Segment]) -> None:
        self.count += 1
        self.segments += [segment("HL", self.count, self._parent, level), *segments]


def _carried(shipment: ShipmentFacts, day: str) -> list[Segment]:
    scac = _SCAC.get(shipment.carrier.upper(), shipment.carrier[:4].upper())
    return [
        segment("TD1", "CTN", 1),
        segment("TD5", "B", "2", scac, "M", shipment.carrier),
        *([segment("REF", "CN", shipment.tracking_number)] if shipment.tracking_number else []),
        segment("DTM", "011", day),
    ]


def _purchase_order(order: Json) -> Segment:
    return segment("PRF", order["number"], order["release"], "", day_of(order))


def _pack(level: str, shipment: ShipmentFacts, parcel_number: str) -> list[Segment]:
    """A pallet has no number of its own here: the parcel is all that stands on it."""
    if level == "T":
        return []
    marks = [segment("MAN", "GM", parcel_number)] if parcel_number else []
    if shipment.tracking_number:
        marks.append(segment("MAN", "CP", shipment.tracking_number))
    return marks


def _item(shipped: ShippedLine) -> list[Segment]:
    line = shipped.line
    return [
        segment("LIN", line["number"], *item_ids(line)),
        segment("SN1", line["number"], shipped.quantity, shipped.unit),
        *([segment("PID", "F", "", "", "", line["title"][:80])] if line["title"] else []),
    ]


def sscc(prefix: str, serial: int) -> str:
    """An SSCC-18 (with the application identifier 00, as MAN*GM wants it: 20 digits).

    GS1 General Specifications: extension digit, company prefix, serial, check digit.
    """
    room = 16 - len(prefix)
    body = f"0{prefix}{serial % 10**room:0{room}d}"
    weighted = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(body))
    return f"00{body}{-weighted % 10}"
