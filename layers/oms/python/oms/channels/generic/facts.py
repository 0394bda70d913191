"""What the blanks of a mapping's requests are filled with. `api_terms.BLANKS` names them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oms.channels.generic.mapping import Mapping
from oms.channels.generic.templates import Facts
from oms.channels.model import ChannelAccount
from oms.channels.push import CancelFacts, RefundFacts, ShipmentFacts, StockLevel, ToldLine
from oms.kernel.clock import iso
from oms.kernel.ids import digest


def of_shipment(shipment: ShipmentFacts, account: ChannelAccount) -> Facts:
    """`node` is the shop's own name of it."""
    return {
        "id": shipment.external_id,
        "key": shipment.key,
        "tracking_number": shipment.tracking_number,
        "carrier": shipment.carrier,
        "tracking_url": shipment.tracking_url,
        "shipped_at": iso(shipment.shipped_at) if shipment.shipped_at else None,
        "is_last": shipment.is_last,
        "node": their_node(account, shipment.node),
        "lines": _lines(shipment.lines),
    }


def their_node(account: ChannelAccount, ours: str) -> str:
    """The channel's name of one of our nodes; of several the first in the alphabet."""
    return min((theirs for theirs, node in account.nodes.items() if node == ours), default=ours)


def of_cancel(ended: CancelFacts) -> Facts:
    return {
        "id": ended.external_id,
        "key": ended.key,
        "reason": ended.reason,
        "gives_back": ended.gives_back,
        "lines": _lines(ended.lines),
    }


def of_refund(refund: RefundFacts) -> Facts:
    return {
        "id": refund.external_id,
        "key": refund.key,
        "reason": refund.reason,
        "amount_minor": refund.amount.amount_minor,
        "amount_decimal": str(refund.amount.decimal()),
        "currency": refund.amount.currency,
        "lines": _lines(refund.lines),
    }


def of_level(level: StockLevel) -> Facts:
    return {
        "sku": level.sku,
        "units": level.units,
        "version": level.version,
        "at": iso(level.at),
        "key": digest("stock", level.sku, str(level.version), str(level.units)),
    }


def of_levels(levels: Sequence[StockLevel]) -> Facts:
    rows = [of_level(level) for level in levels]
    return {"levels": rows, "key": digest("stock", *(row["key"] for row in rows))}


def time(mapping: Mapping, at: datetime) -> str:
    """A time as the shop writes its own."""
    if mapping.times == "iso":
        return iso(at)
    return str(int(at.timestamp() * (1000 if mapping.times == "unix-ms" else 1)))


def _lines(lines: Sequence[ToldLine]) -> list[dict[str, Any]]:
    """Without those that the shop has no name for."""
    named = (line for line in lines if line.external_id)
    return [{"line_id": line.external_id, "quantity": line.quantity} for line in named]
