"""Who loses units that are gone, and what an order that lost some looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from oms.inventory.model import Units
from oms.inventory.reservation import Reservation, ReservationId
from oms.inventory.shelves import GENERAL, OVERSOLD, UNTRACKED
from oms.inventory.waiting import Need, Waiting
from oms.kernel.ids import LineId, NodeId, OrderId, Sku
from oms.orders.content import Content
from oms.orders.displace import Loss, displaced, losses, restored
from oms.orders.model import HoldKind, Leg, Order, Stage
from tests.unit.orders.builders import NOW, ORDER_ID, content, order

SKU, STORE = Sku("MUG-BLUE"), NodeId("ST-SOHO")


def leg(units: int = 1, **changes: object) -> Leg:
    return replace(Leg(LineId("L1"), SKU, STORE, units), **changes)  # type: ignore[arg-type]


def holder(number: int, units: int = 1, stage: Stage = Stage.CONFIRMED) -> Order:
    return order(
        order_id=OrderId(f"ORDER-{number}"),
        captured_at=NOW + timedelta(minutes=number),
        legs=(leg(units),),
        stage=stage,
    )


@dataclass
class Books:
    """Whoever holds units, by heart."""

    held: Sequence[Order] = ()
    in_carts: Sequence[Reservation] = ()

    def carts(self, sku: Sku, node: NodeId) -> Sequence[Reservation]:
        return self.in_carts

    def orders(self, sku: Sku, node: NodeId) -> Sequence[tuple[Order, Content]]:
        return [(each, content()) for each in self.held]


def names(units: int, books: Books) -> list[tuple[str, int]]:
    found = losses(SKU, STORE, units, books)
    return [
        (each.order.order_id if each.order else each.cart.reservation_id, each.units)
        for each in found
        if each.order or each.cart
    ]


def test_the_youngest_loses_first_and_what_is_with_a_node_last() -> None:
    books = Books([holder(1), holder(2), holder(3, stage=Stage.RELEASED)])
    expected = [("ORDER-2", 1), ("ORDER-1", 1), ("ORDER-3", 1)]
    assert names(9, books) == expected
    assert names(1, books) == expected[:1]


def test_carts_come_before_orders() -> None:
    cart = Reservation(ReservationId("CART"), "shop", "web", (), (Units(SKU, STORE, 2),), NOW, NOW)
    assert names(3, Books([holder(1)], [cart])) == [("CART", 2), ("ORDER-1", 1)]


def test_only_units_that_lie_there_can_be_lost() -> None:
    held = [
        replace(holder(1), legs=(leg(shelf=OVERSOLD),)),
        replace(holder(2), legs=(leg(shelf=UNTRACKED),)),
        replace(holder(3), legs=(leg(node=NodeId("WH-EAST")),)),
        replace(holder(4), legs=(leg(sku=Sku("TEE-RED")),)),
    ]
    assert names(9, Books(held)) == []


def lost(units: int, of: Order) -> Order:
    loss = Loss(SKU, STORE, GENERAL, units, of, content())
    return displaced(of, content(), [loss], NOW)


def test_an_order_keeps_its_promise_beyond_stock_in_line_since_its_capture() -> None:
    before = holder(1, units=3)
    after = lost(2, before)
    assert after.legs == (leg(1), leg(2, shelf=OVERSOLD))
    (place,) = after.waiting
    assert (place.need, place.units, place.since) == (Need.OVERSOLD, 2, before.captured_at)
    assert [(h.kind, h.subject) for h in after.holds] == [(HoldKind.SHORTAGE, SKU)]
    assert after.status == "ON_HOLD"


def test_losing_twice_is_one_place_in_line() -> None:
    after = lost(1, lost(2, holder(1, units=3)))
    assert [(each.units, each.need) for each in after.waiting] == [(3, Need.OVERSOLD)]
    assert after.legs == (leg(3, shelf=OVERSOLD),)


def test_what_it_lacked_before_it_still_lacks() -> None:
    short = Waiting(SKU, ORDER_ID, 4, NOW, need=Need.SHORT)
    after = lost(1, replace(holder(1), waiting=(short,), stage=Stage.BACKORDERED))
    assert {each.need: each.units for each in after.waiting} == {Need.SHORT: 4, Need.OVERSOLD: 1}


def test_the_hold_falls_when_no_unit_is_beyond_stock_any_more() -> None:
    held = lost(1, replace(holder(1), stage=Stage.ALLOCATED))
    assert restored(held, "stock", NOW) == held
    backed = restored(replace(held, legs=(leg(1),)), "stock", NOW)
    assert (backed.holds, backed.intake) == ((), held.intake + 1)
    assert backed.timeline[-1].event == "IntakeRequested"


def test_other_holds_stay() -> None:
    held = lost(1, holder(1)).with_hold(HoldKind.MANUAL, "call me", NOW, None)
    backed = restored(replace(held, legs=(leg(1),)), "stock", NOW)
    assert [each.kind for each in backed.holds] == [HoldKind.MANUAL]
