"""Tell the customer and the channel that a parcel is on its way, each once.

Mail cannot be looked up afterwards, so it is claimed before it is sent: after a crash in
between nobody knows, and we would rather say nothing than say it twice. An error that the
mailer itself reports gives the claim back. The channel can be looked up: its adapter does, and
the mark is set afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from oms.channels.ports import Shop
from oms.channels.push import PushOutcome, ShipmentFacts, ToldLine
from oms.kernel.clock import Clock
from oms.kernel.errors import Unavailable
from oms.kernel.ids import OrderId, shipment_id
from oms.kernel.unchanged import until_unchanged
from oms.notifications.message import Mailer, parcel_on_its_way
from oms.orders.content import Content, kit_line
from oms.orders.model import Order
from oms.orders.ports import OrderStore
from oms.orders.step import Outcome, Run

_EVENTS = {
    Outcome.TOLD: "CustomerTold",
    Outcome.SKIPPED: "CustomerNotReachable",
    Outcome.UNDONE: "CustomerNotTold",
}


@dataclass(frozen=True, slots=True)
class NotifyCustomer:
    orders: OrderStore
    mailer: Mailer | None
    link: Callable[[OrderId], str]
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        _, box = order.parcel(shipment, parcel)
        if box.customer_told:
            return Outcome.TOLD
        reached = bool(content.customer.email and self.mailer)
        said = Outcome.TOLD if reached else Outcome.SKIPPED
        claimed = until_unchanged(lambda: self._mark(order_id, shipment, parcel, True, said, run))
        if not claimed or not self.mailer or not reached:
            return said
        message = parcel_on_its_way(
            content.customer.email,
            order.number,
            box.carrier,
            box.tracking_number,
            self.link(order_id),
        )
        try:
            self.mailer.send(message)
        except Unavailable:
            failed = Outcome.UNDONE
            until_unchanged(lambda: self._mark(order_id, shipment, parcel, False, failed, run))
            raise
        return Outcome.TOLD

    def _mark(
        self,
        order_id: OrderId,
        shipment: int,
        parcel: int,
        told: bool,
        outcome: Outcome,
        run: Run,
    ) -> bool:
        """Set or take back the claim; False when it stood like that already."""
        order = self.orders.load(order_id)
        there, box = order.parcel(shipment, parcel)
        if box.customer_told is told:
            return False
        after = order.with_shipment(there.with_parcel(replace(box, customer_told=told)))
        note = after.noted(
            _EVENTS[outcome],
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=outcome,
            shipment=shipment,
            parcel=parcel,
        )
        self.orders.save(order, note)
        return True


@dataclass(frozen=True, slots=True)
class NotifyChannel:
    orders: OrderStore
    shop: Callable[[str, str], Shop]
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        _, box = order.parcel(shipment, parcel)
        if box.channel_told:
            return Outcome.TOLD
        shop = self.shop(order.channel, order.account)
        told = shop.tell_shipped(shipped_parcel(order, content, shipment, parcel))
        said = Outcome.SKIPPED if told is PushOutcome.UNSUPPORTED else Outcome.TOLD
        return until_unchanged(lambda: self._mark(order_id, shipment, parcel, said, run))

    def _mark(
        self, order_id: OrderId, shipment: int, parcel: int, outcome: Outcome, run: Run
    ) -> Outcome:
        order = self.orders.load(order_id)
        there, box = order.parcel(shipment, parcel)
        after = order.with_shipment(there.with_parcel(replace(box, channel_told=True))).noted(
            "ChannelTold" if outcome is Outcome.TOLD else "ChannelNotTold",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=outcome,
            shipment=shipment,
            parcel=parcel,
        )
        self.orders.save(order, after)
        return outcome


def shipped_parcel(order: Order, content: Content, shipment: int, parcel: int) -> ShipmentFacts:
    """What the channel hears of one parcel, in the channel's own line ids; kits as kits."""
    _, box = order.parcel(shipment, parcel)
    ids = {line.line_id: line.external_id for line in content.lines}
    packed = sum(line.packed for each in order.shipments if each.is_live for line in each.lines)
    return ShipmentFacts(
        external_id=order.external_id,
        lines=tuple(
            ToldLine(ids.get(kit_line(each.line_id)[0], ""), each.units)
            for each in box.lines
            if each.units
        ),
        tracking_number=box.tracking_number,
        carrier=box.carrier,
        tracking_url="",
        key=f"{shipment_id(order.order_id, shipment)}#tell#{parcel}",
        is_last=packed >= content.units_to_ship,
    )
