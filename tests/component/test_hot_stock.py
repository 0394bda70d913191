"""A hot SKU is spread, sold and gathered, with faults and rivals, and no unit is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from oms.inventory.gather import GatherStock, SweepSpread
from oms.inventory.holds_store import DynamoHolds
from oms.inventory.items import skus_in
from oms.inventory.model import Level, Product, rebuilt
from oms.inventory.reservation import Asked, SoldOut
from oms.inventory.reserve import NewHold, ReserveStock
from oms.inventory.selling import Component
from oms.inventory.shelves import GENERAL, hot_number
from oms.inventory.spread import PARTS_READ, SpreadStock, parts_for, write_loads
from oms.inventory.spread_store import DynamoSpread, GlancingStock
from oms.kernel.errors import Contended, OmsError, Refused, Unavailable
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from oms.routing.plan_cart import PlanCart
from tests.simulation.dynamo.faults import Crash, FaultKind, FaultPlan
from tests.simulation.dynamo.scheduler import Scheduler, VirtualClock
from tests.simulation.shop import EAST, WEST, Shop, answered, seeded
from tests.workflow import world as worlds

DROP = Sku("SNEAKER-DROP")


class Hot:
    """A shop, and the ways to make a SKU of it hot and calm."""

    def __init__(self, units: int = 0, scheduler: Scheduler | None = None) -> None:
        self.shop = Shop(scheduler=scheduler)
        self.books = DynamoSpread(self.shop.dynamo, self.shop.names.stock)
        self.more = SpreadStock(self.books, self.shop.clock)
        self.back = GatherStock(self.books, self.shop.clock)
        self.sweep = SweepSpread(self.books, self.back, self.more, self.shop.clock)
        if units:
            self.shop.receive(**{DROP: units})

    def spread(self, parts: int, *nodes: NodeId) -> None:
        self.more(DROP, parts, nodes or (EAST,), "ops")

    def gather(self) -> None:
        self.back(DROP, "ops")

    @property
    def levels(self) -> tuple[Level, ...]:
        return self.books.position(DROP).levels

    @property
    def terms(self) -> dict[str, int]:
        return self.books.position(DROP).selling.spread

    def on_parts(self) -> list[int]:
        return [each.on_hand for each in self.levels if hot_number(each.shelf) is not None]

    def in_books(self) -> dict[Any, int]:
        """Units on hand by place, as the movements tell."""
        told = rebuilt(self.shop.movements(DROP)).items()
        return {place: level.on_hand for place, level in told if level.on_hand}

    def everywhere(self) -> int:
        """Units on all shelves, also on parts that nobody is told of."""
        (shop, total) = (self.shop, 0)
        for item in shop.names.items(shop.names.stock):
            key = {name: item[name]["S"] for name in ("pk", "sk")}
            if skus_in([key]) == [DROP]:
                total += int(item["on_hand"]["N"])
        return total


@pytest.fixture
def hot() -> Iterator[Hot]:
    with seeded(3):
        yield Hot(100)


def test_units_lie_evenly_on_the_parts_and_the_general_shelf_is_empty(hot: Hot) -> None:
    hot.spread(8)
    assert sorted(hot.on_parts()) == [12, 12, 12, 12, 13, 13, 13, 13]
    assert [each.available for each in hot.levels if each.shelf == GENERAL] == [0]
    assert hot.terms == {EAST: 8}
    assert hot.in_books() == {each.place: each.on_hand for each in hot.levels if each.on_hand}


def test_spreading_twice_moves_nothing_and_wider_keeps_what_there_is(hot: Hot) -> None:
    hot.spread(8)
    moved = len(hot.shop.movements(DROP))
    hot.spread(8)
    assert len(hot.shop.movements(DROP)) == moved
    hot.spread(4)
    assert hot.terms == {EAST: 8}


def test_every_unit_of_a_spread_sku_is_found(hot: Hot) -> None:
    hot.spread(64)
    for _ in range(100):
        hot.shop.hold(**{DROP: 1})
    with pytest.raises(SoldOut):
        hot.shop.hold(**{DROP: 1})
    assert sum(each.reserved for each in hot.levels) == 100


def test_gathering_brings_everything_back_and_forgets_the_parts(hot: Hot) -> None:
    hot.spread(8)
    hot.gather()
    assert hot.terms == {}
    assert hot.shop.level(DROP) == Level(DROP, EAST, on_hand=100, available=100)
    assert hot.everywhere() == 100


def test_a_part_with_reserved_units_stays_until_they_are_given_back_or_shipped(hot: Hot) -> None:
    hot.spread(4)
    held = hot.shop.hold(**{DROP: 3})
    order_id, _ = hot.shop.order("PO-1", **{DROP: 2})
    hot.gather()
    assert hot.terms == {EAST: 4}
    assert hot.shop.level(DROP).available == 95
    hot.shop.release(held)
    hot.sweep()
    assert hot.terms == {EAST: 4}
    hot.shop.ship(order_id)
    assert hot.sweep() == {"gathered": 1}
    assert hot.terms == {}
    assert hot.shop.level(DROP) == Level(DROP, EAST, on_hand=98, available=98)
    assert list(hot.books.spread()) == []


def test_the_sweep_tops_up_while_it_is_hot_and_gathers_when_it_is_calm(hot: Hot) -> None:
    hot.spread(4)
    hot.shop.receive(**{DROP: 8})
    hot.sweep()
    assert sorted(hot.on_parts()) == [27, 27, 27, 27]
    hot.shop.wait(timedelta(hours=25).total_seconds())
    assert hot.sweep() == {"gathered": 1}
    assert hot.shop.level(DROP).available == 108


def test_several_nodes_are_spread_and_gathered_each_by_itself(hot: Hot) -> None:
    hot.shop.receive(WEST, **{DROP: 10})
    hot.spread(2, EAST, WEST)
    assert hot.terms == {EAST: 2, WEST: 2}
    hot.gather()
    assert hot.terms == {}
    assert [each.available for each in hot.levels if each.shelf == GENERAL] == [100, 10]


def test_a_kit_has_no_stock_to_spread(hot: Hot) -> None:
    hot.shop.stock.save_selling(Sku("SET"), components=(Component(DROP, 1),))
    with pytest.raises(Refused) as refused:
        hot.more(Sku("SET"), 4, [EAST], "ops")
    assert refused.value.code == "kit-has-no-stock"


# --- faults and rivals ---------------------------------------------------------------------

KINDS = (
    FaultKind.CRASH_BEFORE,
    FaultKind.CRASH_AFTER,
    FaultKind.REPLY_LOST,
    FaultKind.RESENT,
    FaultKind.CONFLICT,
    FaultKind.THROTTLED,
)


def until_done(call: Any) -> None:
    """As a person would: again, until it answers."""
    for _ in range(10):
        try:
            call()
            return
        except (Crash, OmsError, ClientError):
            continue
    raise AssertionError("it never went through")


@pytest.mark.parametrize("kind", KINDS)
def test_spreading_and_gathering_survive_a_fault_at_every_call(kind: FaultKind) -> None:
    for at in range(40):
        with seeded(at):
            hot = Hot(50)
            plan = FaultPlan().at(at, kind)
            hot.shop.client.plan = plan
            until_done(lambda hot=hot: hot.spread(10))
            hot.shop.client.plan = plan if not plan.visits else None
            if len(plan.asked) <= at:
                assert at > 3  # every call was reached
                return
            assert hot.everywhere() == 50 == sum(each.available for each in hot.levels)
            until_done(hot.gather)
            hot.shop.client.plan = None
            assert hot.terms == {}
            assert hot.shop.level(DROP).available == 50


@pytest.mark.parametrize("seed", range(25))
def test_buyers_spreading_and_gathering_at_once_lose_and_oversell_no_unit(seed: int) -> None:
    with seeded(seed):
        scheduler = Scheduler(VirtualClock())
        hot = Hot(6, scheduler)

        def buyer() -> str:
            return str(answered(lambda: hot.shop.hold(**{DROP: 1})))

        def quick_buyer() -> str:
            held = str(answered(lambda: hot.shop.hold(**{DROP: 2})))
            if held not in ("sold-out", "unavailable", "contended"):
                hot.shop.release(held)
            return ""

        def calm() -> str:
            return str(answered(hot.gather) or "")

        def busy() -> str:
            return str(answered(lambda: hot.spread(3)) or "")

        chooser = random.Random(seed)
        workers = [buyer, busy, buyer, calm, quick_buyer, busy]
        run = scheduler.run(workers, chooser.randrange, seed)
        assert [ending.error for ending in run.endings] == [None] * len(workers)
        assert hot.everywhere() == 6
        assert sum(each.on_hand for each in hot.levels) == 6, "units on parts that nobody knows"
        assert all(each.is_sound for each in hot.levels)
        until_done(hot.gather)
        free = {each.shelf: each.available for each in hot.levels}
        held = sum(each.reserved for each in hot.levels)
        assert sum(free.values()) == free[GENERAL] == 6 - held
        assert "sold-out" not in [run.values[0], run.values[2]], "there was enough all the time"


# --- load ------------------------------------------------------------------------------------


def a_glancing_shop(units: int, parts: int) -> tuple[Hot, GlancingStock, ReserveStock]:
    hot = Hot(units)
    hot.spread(parts)
    shop = hot.shop
    glance = GlancingStock(shop.dynamo, shop.names.stock, shop.clock, passed=shop.seconds)
    plan = PlanCart(shop.stock, shop.clock, glance)
    holds = DynamoHolds(shop.dynamo, shop.names.stock)
    reserve = ReserveStock(shop.stock, holds, shop.dynamo, plan, shop.reclaim, shop.clock)
    return hot, glance, reserve


def buy(reserve: ReserveStock, units: int = 1) -> None:
    reserve(NewHold((Asked(DROP, units),), "web"), "web")


def test_reservations_use_what_the_arithmetic_says_and_are_shared_out() -> None:
    with seeded(1):
        parts, rate = parts_for(10_000), 1_000
        hot, glance, reserve = a_glancing_shop(10_000, parts)
        hot.shop.stock.save_products([Product(DROP, "The drop")])
        with hot.shop.client.capacity.measure() as meter:
            for _ in range(rate):
                glance.products([DROP])  # the function looks first whether it knows the SKU
                buy(reserve)
        used = meter.by_partition(hot.shop.names.stock)
        for kind, load in zip(
            ("HOT#", "HOT-MOVEMENTS#", "HOLD#"), write_loads(rate, parts), strict=False
        ):
            mine = [each for name, each in used.items() if str(name).startswith(kind)]
            base = [each.writes - each.index_writes for each in mine]
            assert sum(base) == load.total, kind
            assert max(base) <= load.each * 1.6, kind  # chance; by 10,000 it is far less
        assert sum(each.index_writes for each in used.values()) == rate
        reads = {name: each.reads for name, each in used.items()}
        assert sum(n for name, n in reads.items() if name.startswith("HOT#")) <= (
            PARTS_READ * rate + parts
        )
        for shared in (f"SKU#{DROP}", "POLICY", "NODES", "CATALOGUE"):
            assert reads.get(shared, 0) <= 3, shared  # once a second for each process


def test_who_finds_too_little_by_a_glance_looks_at_everything() -> None:
    with seeded(2):
        hot, _, reserve = a_glancing_shop(20, 10)
        buy(reserve)
        buy(reserve, 15)
        with pytest.raises(SoldOut) as short:
            buy(reserve, 5)
        assert short.value.short == ((Asked(DROP, 5), 4),)
        buy(reserve, 4)
        assert sum(each.reserved for each in hot.levels) == 20


def test_a_glance_remembers_nothing_of_what_is_not_hot() -> None:
    with seeded(4):
        hot = Hot(3)
        glance = GlancingStock(hot.shop.dynamo, hot.shop.names.stock, passed=lambda: 0.0)
        assert glance.positions([DROP])[DROP].levels[0].available == 3
        hot.shop.hold(**{DROP: 1})
        assert glance.positions([DROP])[DROP].levels[0].available == 2


# --- a buyer hears yes, no, or wait ---------------------------------------------------------


def crowded(at: int) -> FaultPlan:
    """Every write that touches one part is crowded out; `at` says which."""

    def touches(operation: str, request: Any) -> bool:
        return operation == "transact_write_items" and f"HOT#{at}#" in repr(request)

    return FaultPlan().when(touches, FaultKind.CONFLICT, times=10_000)


def test_a_buyer_who_is_crowded_out_of_one_part_gets_units_of_another() -> None:
    with seeded(5):
        hot = Hot(400)
        hot.spread(16)
        hot.shop.client.plan = crowded(0)
        before = hot.shop.seconds()
        for _ in range(20):
            hot.shop.hold(**{DROP: 1})
        assert hot.shop.seconds() - before < 20 * 7
        assert sum(each.reserved for each in hot.levels) == 20


def test_a_buyer_who_is_crowded_out_everywhere_is_told_to_wait_within_seven_seconds(
    hot: Hot,
) -> None:
    every_write = lambda operation, request: operation == "transact_write_items"  # noqa: E731
    hot.shop.client.plan = FaultPlan().when(every_write, FaultKind.CONFLICT, times=10_000)
    before = hot.shop.seconds()
    with pytest.raises(Contended):
        hot.shop.hold(**{DROP: 1})
    assert hot.shop.seconds() - before < 7
    hot.shop.client.plan = None
    assert hot.shop.level(DROP).reserved == 0


def test_conflicts_are_told_by_their_keys_and_throttles_are_not(hot: Hot) -> None:
    heard: list[Any] = []
    dynamo = Dynamo(hot.shop.client, hot.shop.seconds.advance, heard.extend)
    every_write = lambda operation, request: operation == "transact_write_items"  # noqa: E731
    writes = hot.shop.stock.reserve([hot_leg(1)], "ORDER-1", "intake", hot.shop.clock.now())
    hot.shop.client.plan = FaultPlan().when(every_write, FaultKind.CONFLICT, times=2)
    dynamo.commit(writes)
    assert skus_in(heard) == [DROP, DROP]
    hot.shop.client.plan = FaultPlan().when(every_write, FaultKind.THROTTLED, times=10_000)
    with pytest.raises(Unavailable) as throttled:
        dynamo.commit(hot.shop.stock.reserve([hot_leg(1)], "O-2", "intake", hot.shop.clock.now()))
    assert not isinstance(throttled.value, Contended)
    assert len(heard) == 2


def hot_leg(quantity: int) -> Any:
    from oms.inventory.model import Units

    return Units(DROP, EAST, quantity)


# --- over HTTP -------------------------------------------------------------------------------


def test_a_sku_is_spread_sold_gathered_and_its_alerts_are_listed_over_http() -> None:
    with worlds.world() as oms:
        worlds.wiring.stock().save_selling(Sku("MUG-BLUE"), reorder_point=50)
        oms.stock_up("MUG-BLUE", 60)
        oms.run()
        mug = {"sku": "MUG-BLUE"}
        status, reply = oms.call("POST /stock/{sku}/spread", mug, {"parts": 4})
        at_node = {"node": "WH-EAST", "parts": 4, "on_parts": 60, "reserved": 0}
        assert (status, reply) == (200, {"sku": "MUG-BLUE", "nodes": [at_node]})
        assert oms.stock("MUG-BLUE")["available"] == 60
        body = {"reason": "LOST", "node": "WH-EAST", "lines": [{"sku": "MUG-BLUE", "quantity": -1}]}
        assert oms.call("POST /stock/adjustments", body=body)[0] == 409  # they lie on the parts
        status, reply = oms.call("POST /stock/{sku}/gather", mug)
        assert (status, reply["nodes"]) == (200, [])
        body["lines"][0]["quantity"] = -11  # type: ignore[index]
        assert oms.call("POST /stock/adjustments", body=body)[0] == 201
        oms.run()
        status, page = oms.call("GET /stock/alerts")
        assert status == 200
        assert [(each["sku"], each["available"]) for each in page["items"]] == [("MUG-BLUE", 49)]


def test_what_cannot_be_spread_is_refused_over_http() -> None:
    with worlds.world() as oms:
        spread = "POST /stock/{sku}/spread"
        assert oms.call(spread, {"sku": "NO-SUCH"}, {"parts": 4})[0] == 404
        assert oms.call("POST /stock/{sku}/gather", {"sku": "NO-SUCH"})[0] == 404
        for body in ({"parts": 1}, {"parts": 65}, {}, {"parts": 4, "node": "MOON"}):
            assert oms.call(spread, {"sku": "MUG-BLUE"}, body)[0] == 422
        reader = {"name": "shop", "scopes": "stock:read"}
        assert oms.call(spread, {"sku": "MUG-BLUE"}, {"parts": 4}, caller=reader)[0] == 403
        assert oms.call("GET /stock/alerts", caller=reader)[0] == 200
