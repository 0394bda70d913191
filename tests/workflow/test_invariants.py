"""The checker is worth something only if it sees what it is told to look for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from oms import wiring
from oms.inventory.model import Units
from oms.inventory.reservation import Asked
from oms.inventory.reserve import NewHold
from oms.inventory.waiting import Waiting
from oms.inventory.work_store import MOST_PAIRS
from oms.kernel.ids import NodeId, OrderId, Sku
from oms.orders.model import Leg, Order, Stage
from oms.orders.store import order_key, order_to_doc, pack_timeline
from oms.payments.model import RecordKind
from oms.platform.unit import Action, Write
from tests.workflow.invariants import violations
from tests.workflow.plays import packed, parcels, placed, released, shipped
from tests.workflow.world import World, world


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 100)
        assert violations(made) == []
        yield made


LAWS = "S1 S2 S3 S4 S9 O2 REG-01 VAL-07 M1 M2 M3 M4 L1 L2 L3 L4 A4 OPS-01".split()


def rewrite(oms: World, order_id: str, change: Callable[[Order], Order], by: int = 1) -> None:
    """Past every rule, as a bug would."""
    order = wiring.orders().load(OrderId(order_id))
    rows = oms.rows(oms.tables.orders)
    item = next(r for r in rows if (r["pk"], r["sk"]) == (f"O#{order_id}", "ORDER"))
    after = replace(change(order), version=order.version + by)
    kept = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    kept |= {"doc": order_to_doc(after), "version": after.version}
    kept["timeline"] = pack_timeline(after.timeline)
    if not after.worklist:
        kept = {name: kept[name] for name in kept.keys() - {"worklist", "due_at"}}
    wiring.dynamo().commit([Write(Action.PUT, oms.tables.orders, order_key(order_id), kept)])


def plant_level(oms: World, attribute: str, by: int) -> None:
    key = {"pk": "SKU#MUG-BLUE", "sk": "NODE#WH-EAST"}
    change = Write(
        Action.UPDATE,
        oms.tables.stock,
        key,
        update="SET #a = #a + :n",
        names={"#a": attribute},
        values={":n": by},
    )
    wiring.dynamo().commit([change])


def seen(oms: World) -> set[str]:
    """The laws that the checker finds broken."""
    return {law for line in violations(oms) for law in LAWS if law in line.split()}


def test_stock_that_does_not_follow_from_its_movements(oms: World) -> None:
    plant_level(oms, "on_hand", 1)
    assert {"S1", "S2"} <= seen(oms)


def test_a_reservation_without_an_order_and_an_order_without_its_reservation(oms: World) -> None:
    order_id = placed(oms)
    rewrite(oms, order_id, lambda order: replace(order, legs=()))
    assert "S3" in seen(oms)
    leg = Leg("L1", Sku("MUG-BLUE"), NodeId("WH-EAST"), 5)  # type: ignore[arg-type]
    rewrite(oms, order_id, lambda order: replace(order, legs=(leg,)))
    assert "S3" in seen(oms)


def test_a_cart_s_hold_counts_as_long_as_it_stands_and_no_longer(oms: World) -> None:
    made, _ = wiring.reserve_stock()(NewHold((Asked(Sku("MUG-BLUE"), 3),), "api"), "ops")
    assert seen(oms) == set()
    wiring.dynamo().commit([wiring.holds().released(made, oms.clock.now())])
    assert seen(oms) == {"S3"}


def test_units_that_a_work_still_takes_or_has_to_give_back(oms: World) -> None:
    skus = [Sku(f"MANY-{number}") for number in range(MOST_PAIRS + 1)]
    for sku in skus:
        oms.stock_up(sku, 1)
    legs, now = [Units(sku, NodeId("WH-EAST"), 1) for sku in skus], oms.clock.now()
    kept = wiring.stock().reserve(legs, "ORDER-1", "intake", now, attempt="ORDER-1@1")
    assert seen(oms) == set()
    wiring.dynamo().commit(kept)
    assert seen(oms) == {"S3"}  # they should be an order's by now
    wiring.dynamo().commit(wiring.stock().release(legs, "ORDER-1", "ops", now))
    assert violations(oms, healed=False) == []
    assert seen(oms) == set()


def test_a_place_in_line_that_no_order_knows_of_and_a_counter_that_lies(oms: World) -> None:
    place = Waiting(Sku("MUG-BLUE"), OrderId("NOBODY"), 2, oms.clock.now())
    wiring.dynamo().commit(wiring.stock().in_line((), [place]))
    assert "S9" in {law for line in violations(oms, healed=False) for law in line.split()}
    wiring.dynamo().commit(wiring.stock().in_line([place], ()))
    assert seen(oms) == set()
    wiring.stock().save_selling(Sku("MUG-BLUE"), waiting=1)
    assert seen(oms) == {"S9"}


def test_a_final_order_that_still_waits(oms: World) -> None:
    order_id = placed(oms)
    oms.act(order_id, "cancel")
    oms.run()
    place = Waiting(Sku("MUG-BLUE"), OrderId(order_id), 2, oms.clock.now())
    rewrite(oms, order_id, lambda order: replace(order, waiting=(place,)))
    assert {"S4", "S9"} <= seen(oms)


def test_a_stage_reached_by_no_row_of_the_table(oms: World) -> None:
    order_id = placed(oms)
    rewrite(oms, order_id, lambda order: replace(order, stage=Stage.DELIVERED))
    assert {"O2", "VAL-07"} <= seen(oms)


def test_a_version_left_out_and_a_timeline_with_a_gap(oms: World) -> None:
    order_id = placed(oms)
    rewrite(oms, order_id, lambda order: order, by=2)
    rewrite(oms, order_id, lambda order: replace(order, timeline=order.timeline[1:]))
    assert {"O2", "REG-01"} <= seen(oms)


def test_an_order_without_a_next_step(oms: World) -> None:
    order_id = placed(oms)
    rewrite(oms, order_id, lambda order: replace(order, worklist="", due_at=None))
    assert "VAL-07" in seen(oms)


def test_money_that_the_provider_has_and_we_do_not_know_of(oms: World) -> None:
    order_id = placed(oms)
    (intent,) = oms.stripe.ledger.intents.values()
    oms.stripe.ledger.capture(intent.id, 100, False, {}, 0)
    assert "M2" in seen(oms)
    assert order_id


def test_money_held_twice(oms: World) -> None:
    order_id = placed(oms)
    oms.stripe.ledger.create(
        2598, "usd", "pm_card_visa", {"oms_order": order_id}, oms.stripe.now(), False
    )
    assert "M4" in seen(oms)


def test_a_cancelled_order_whose_money_is_still_held(oms: World) -> None:
    order_id = placed(oms)
    oms.act(order_id, "cancel")
    oms.run()
    (intent,) = oms.stripe.ledger.intents.values()
    intent.status = "requires_capture"
    assert "M3" in seen(oms)


def test_an_order_that_left_unpaid(oms: World) -> None:
    order_id, _ = shipped(oms)
    oms.run()

    def unpaid(order: Order) -> Order:
        kept = tuple(r for r in order.settlement.records if r.kind is not RecordKind.CAPTURE)
        (shipment,) = order.shipments
        box = replace(shipment.parcels[0], paid=False)
        return replace(
            order.with_shipment(shipment.with_parcel(box)),
            settlement=replace(order.settlement, records=kept),
        )

    rewrite(oms, order_id, unpaid)
    (intent,) = oms.stripe.ledger.intents.values()
    intent.captures.clear()
    assert "M3" in seen(oms)


def test_a_second_label_for_one_parcel_and_a_second_mail(oms: World) -> None:
    order_id, shipment = released(oms)
    packed(oms, shipment)
    (box,) = parcels(oms, order_id)
    ((reference, labels),) = oms.carrier.live.items()
    oms.carrier.live[reference] = labels * 2
    oms.mail.sent.append({"Text": box["tracking_number"]})
    assert {"L1", "A4"} <= seen(oms)


def test_more_units_in_boxes_than_were_ordered(oms: World) -> None:
    order_id, shipment = released(oms)
    packed(oms, shipment)

    def twice(order: Order) -> Order:
        (only,) = order.shipments
        (box,) = only.parcels
        return order.with_shipment(only.with_parcel(replace(box, number=2)))

    rewrite(oms, order_id, twice)
    assert {"L2", "L3"} <= seen(oms)


def test_a_cancelled_order_of_which_a_parcel_left(oms: World) -> None:
    order_id, _ = shipped(oms)
    rewrite(
        oms, order_id, lambda order: replace(order, stage=Stage.CANCELLED, worklist="", due_at=None)
    )
    assert "L4" in seen(oms)


def test_counts_that_lie(oms: World) -> None:
    placed(oms)
    count = Write(
        Action.UPDATE,
        oms.tables.order_index,
        {"pk": "COUNTS", "sk": "0"},
        update="ADD #s :n",
        names={"#s": "CONFIRMED"},
        values={":n": 1},
    )
    wiring.dynamo().commit([count])
    assert "OPS-01" in seen(oms)
