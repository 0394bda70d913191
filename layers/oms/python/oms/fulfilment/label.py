"""Label: buy the paper for a packed box, once. And undo: void it.

The claim (`LABELLING`) is written before the carrier is asked and is the line that a
cancellation cannot cross. A second try finds the claim, looks at the carrier for a label under
the same reference, and only then buys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from oms.fulfilment import carriers
from oms.fulfilment.carriers import Carrier, CarrierRefused, Label, LabelFormat, LabelRequest
from oms.fulfilment.model import Parcel, ParcelState
from oms.inventory.model import Node
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound, Refused
from oms.kernel.ids import OrderId, shipment_id
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content
from oms.orders.model import HoldKind, Order
from oms.orders.ports import OrderStore, Stock
from oms.orders.step import Outcome, Run

_DONE = (ParcelState.LABELLED, ParcelState.SHIPPED, ParcelState.DELIVERED)
# Of a box nobody measured, in millimetres.
_BOX = (300, 200, 100)

CONTENT_TYPES: Mapping[LabelFormat, str] = {
    LabelFormat.PDF: "application/pdf",
    LabelFormat.ZPL: "application/zpl",
}


class LabelShelf(Protocol):
    """Where label files lie."""

    def put(self, key: str, body: bytes, content_type: str) -> None: ...


def label_key(order_id: str, shipment: int, parcel: int, tracking_number: str) -> str:
    """The object's name without its ending: one per label bought, so a new label never
    overwrites an old one that a printer may be fetching."""
    return f"labels/{shipment_id(OrderId(order_id), shipment)}/{parcel}-{tracking_number}"


@dataclass(frozen=True, slots=True)
class BuyLabel:
    orders: OrderStore
    stock: Stock
    carrier: Carrier
    shelf: LabelShelf
    clock: Clock
    formats: tuple[LabelFormat, ...] = (LabelFormat.PDF,)

    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome:
        claim = until_unchanged(lambda: self._claim(order_id, shipment, parcel))
        if isinstance(claim, Outcome):
            return claim
        order, content, box, again = claim
        request = self._request(order, content, shipment, box)
        try:
            label = (self.carrier.find(request.reference) if again else None) or self.carrier.buy(
                request
            )
        except CarrierRefused as refusal:
            message = str(refusal)
            return until_unchanged(lambda: self._refused(order_id, shipment, parcel, message, run))
        key = label_key(order_id, shipment, parcel, label.tracking_number)
        for document in label.documents:
            if document.format in self.formats:
                ending = document.format.value.lower()
                self.shelf.put(f"{key}.{ending}", document.content, CONTENT_TYPES[document.format])
        # Where we do not collect the money ourselves, whoever does has it.
        paid = not order.charges_card(content)
        return until_unchanged(
            lambda: self._record(order_id, shipment, parcel, label, key, paid, run)
        )

    def _claim(
        self, order_id: OrderId, shipment: int, parcel: int
    ) -> Outcome | tuple[Order, Content, Parcel, bool]:
        order, content = self.orders.load_with_content(order_id)
        there, box = order.parcel(shipment, parcel)
        if box.state in _DONE:
            return Outcome.LABELLED
        if order.is_final or not there.is_live:
            return Outcome.ENDED
        if order.blocked:
            return Outcome.ON_HOLD
        again = box.state is ParcelState.LABELLING
        if not again:
            claimed = there.with_parcel(replace(box, state=ParcelState.LABELLING))
            order = self.orders.save(order, order.with_shipment(claimed))
        return order, content, box, again

    def _request(self, order: Order, content: Content, shipment: int, box: Parcel) -> LabelRequest:
        there, _ = order.parcel(shipment, box.number)
        if content.shipping_address is None:
            raise Refused("the order has no shipping address", "no-address")
        return LabelRequest(
            reference=f"{shipment_id(order.order_id, shipment)}#label#{box.number}",
            service="STANDARD",
            sender=self._node(there.node).address,
            recipient=content.shipping_address,
            parcel=carriers.Parcel(max(box.weight_g, 1), *_BOX),
            order_number=order.number,
        )

    def _node(self, node_id: str) -> Node:
        for node in self.stock.nodes():
            if node.node_id == node_id:
                return node
        raise NotFound(f"no node {node_id}")

    def _record(
        self,
        order_id: OrderId,
        shipment: int,
        parcel: int,
        label: Label,
        key: str,
        paid: bool,
        run: Run,
    ) -> Outcome:
        order = self.orders.load(order_id)
        there, box = order.parcel(shipment, parcel)
        if box.state in _DONE:
            return Outcome.LABELLED
        labelled = replace(
            box,
            state=ParcelState.LABELLED,
            carrier=label.carrier,
            service=label.service,
            tracking_number=label.tracking_number,
            label_key=key,
            paid=paid,
        )
        after = order.with_shipment(there.with_parcel(labelled)).noted(
            "LabelPurchased",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.LABELLED,
            shipment=shipment,
            parcel=parcel,
            carrier=label.carrier,
            tracking=label.tracking_number,
            cost=str(label.cost),
        )
        self.orders.claim_parcel(order_id, shipment, parcel, label.carrier, label.tracking_number)
        self.orders.save(order, after)
        return Outcome.LABELLED

    def _refused(
        self, order_id: OrderId, shipment: int, parcel: int, message: str, run: Run
    ) -> Outcome:
        """Give the claim back, so that the order can be cancelled or its address mended."""
        order, now = self.orders.load(order_id), self.clock.now()
        there, box = order.parcel(shipment, parcel)
        back = there.with_parcel(replace(box, state=ParcelState.PACKED))
        after = order.with_shipment(back)
        subject = f"{shipment}.{parcel}"
        after = after.with_hold(
            HoldKind.ATTENTION, f"the carrier refused: {message}", now, None, subject
        ).noted("LabelRefused", run.actor, now, run=run.name, outcome=Outcome.REFUSED)
        self.orders.save(order, after)
        return Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class VoidLabel:
    """The undo of `BuyLabel`: void at the carrier, then give the claim back. The label of a
    parcel that is paid for stays: the next run goes on from it."""

    orders: OrderStore
    carrier: Carrier
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome:
        _, box = self.orders.load(order_id).parcel(shipment, parcel)
        if not _can_be_voided(box):
            return Outcome.UNDONE
        self.carrier.void(f"{shipment_id(order_id, shipment)}#label#{parcel}")
        return until_unchanged(lambda: self._record(order_id, shipment, parcel, run))

    def _record(self, order_id: OrderId, shipment: int, parcel: int, run: Run) -> Outcome:
        order = self.orders.load(order_id)
        there, box = order.parcel(shipment, parcel)
        if not _can_be_voided(box):
            return Outcome.UNDONE
        plain = Parcel(box.number, box.lines, box.weight_g)
        after = order.with_shipment(there.with_parcel(plain)).noted(
            "LabelVoided",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.UNDONE,
            shipment=shipment,
            parcel=parcel,
        )
        self.orders.save(order, after)
        return Outcome.UNDONE


def _can_be_voided(box: Parcel) -> bool:
    return box.state in (ParcelState.LABELLING, ParcelState.LABELLED) and not box.paid
