"""Purchase orders, transfers, counts and lots as the API shows them."""

from __future__ import annotations

from typing import Any

from oms.inventory import view
from oms.inventory.consignment import Consignment, ConsignmentLine
from oms.inventory.count import Accuracy, Count, CountLine
from oms.inventory.lots import LotStatus
from oms.inventory.shelves import lot_name
from oms.kernel.clock import iso
from oms.kernel.codec import dump


def of_purchase(order: Consignment) -> dict[str, Any]:
    return {
        "reference": order.reference,
        "state": order.state.value,
        "node": order.node,
        "supplier": order.source,
        "expected_on": order.expected_on or None,
        "tolerance_percent": order.tolerance_percent,
        "ordered_at": iso(order.made_at),
        "ordered_by": order.made_by,
        "lines": [
            {**_line(line), "unit_cost": dump(line.unit_cost, full=True)} for line in order.lines
        ],
    }


def of_transfer(transfer: Consignment) -> dict[str, Any]:
    return {
        "reference": transfer.reference,
        "state": transfer.state.value,
        "from": transfer.source,
        "to": transfer.node,
        "expected_on": transfer.expected_on or None,
        "sent_at": iso(transfer.made_at),
        "sent_by": transfer.made_by,
        "lines": [{**_line(line), "lot": lot_name(line.shelf)} for line in transfer.lines],
    }


def _line(line: ConsignmentLine) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "received": line.received,
        "dropped": line.dropped,
        "outstanding": line.outstanding,
    }


def of_count(count: Count) -> dict[str, Any]:
    return {
        "count_id": count.count_id,
        "state": count.state.value,
        "node": count.node,
        "opened_at": iso(count.opened_at),
        "opened_by": count.opened_by,
        "counted_by": count.counted_by or None,
        "approved_by": count.approved_by or None,
        "lines": [_counted(line) for line in count.lines],
    }


def _counted(line: CountLine) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "lot": line.lot,
        "on_hand": line.on_hand,
        "counted": line.counted,
        "expected": line.expected,
        "variance": line.variance,
        "needs_approval": line.needs_approval,
    }


def of_accuracy(each: Accuracy) -> dict[str, Any]:
    return {
        "node": each.node,
        "sku": each.sku,
        "lot": each.lot,
        "counted": each.counted,
        "expected": each.expected,
        "variance": each.counted - each.expected,
        "counts": each.counts,
        "exact": each.exact,
        "count_id": each.count_id,
        "at": iso(each.at),
    }


def of_lot(status: LotStatus) -> dict[str, Any]:
    """`holders` are the orders and reservations that hold units of the lot."""
    lot = status.lot
    return {
        "sku": lot.sku,
        "lot": lot.name,
        "expires_on": lot.expires_on or None,
        "recalled": lot.recalled,
        "reason": lot.reason,
        "levels": view.of_posted(status.levels)["levels"],
        "holders": [
            {"kind": each.kind, "id": each.holder_id, "units": each.units}
            for each in status.holders
        ],
    }
