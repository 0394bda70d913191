"""A thousand lines: taken in parts, shipped, cancelled; never half held in silence (WHS-01)."""

from __future__ import annotations

from typing import Any

import pytest

from oms.inventory.selling import Component
from oms.kernel.ids import Sku
from oms.orders.model import Stage
from oms.orders.step import Outcome
from tests.workflow.big_shop import BigShop
from tests.workflow.stock_plays import line_of

MANY = [f"BOLT-{number:04d}" for number in range(1_000)]
FEW = MANY[:100]  # three parts


def basket(skus: list[str], units: int = 1) -> list[dict[str, Any]]:
    return [line_of(sku, units, price=25) for sku in skus]


@pytest.fixture
def shop() -> BigShop:
    made = BigShop()
    made.fill(FEW, 3)
    return made


def test_a_thousand_lines_are_taken_and_shipped() -> None:
    shop = BigShop()
    shop.fill(MANY, 3)
    order_id = shop.order(basket(MANY))
    assert shop.take(order_id) is Outcome.ALLOCATED
    assert shop.levels(MANY) == {(3, 1, 2)}
    assert shop.send(order_id).stage is Stage.SHIPPED
    shop.heal(order_id)
    assert (shop.levels(MANY), shop.unfinished()) == ({(2, 0, 2)}, [])


def test_a_thousand_lines_are_taken_and_given_back() -> None:
    shop = BigShop()
    shop.fill(MANY, 3)
    order_id = shop.order(basket(MANY))
    shop.take(order_id)
    shop.cancel(order_id, "ops", "changed its mind")
    assert shop.unfinished()
    shop.heal(order_id)
    assert (shop.levels(MANY), shop.unfinished()) == ({(3, 0, 3)}, [])


def test_a_thousand_lines_may_wait_in_a_thousand_lines() -> None:
    shop = BigShop()
    shop.fill(MANY, 1)
    order_id = shop.order(basket(MANY, 2))
    assert shop.take(order_id) is Outcome.BACKORDERED
    shop.heal(order_id)
    order = shop.orders.load(order_id)
    assert (len(order.legs), len(order.waiting)) == (1_000, 1_000)
    assert all([each.units for each in shop.stock.line(Sku(sku))] == [1] for sku in MANY)
    shop.cancel(order_id, "ops", "changed its mind")
    shop.heal(order_id)
    assert shop.levels(MANY) == {(1, 0, 1)}
    assert not any(shop.stock.line(Sku(sku)) for sku in MANY)
    waiting = shop.stock.selling([Sku(sku) for sku in MANY])
    assert {each.waiting for each in waiting.values()} == {0}


def test_the_longest_skus_still_fit_into_an_item() -> None:
    """A SKU may have 64 characters; an item 400 KB, which the double insists on."""
    shop = BigShop()
    long = [f"{sku:X<64}" for sku in MANY]
    shop.fill(long, 3)
    order_id = shop.order(basket(long))
    assert shop.take(order_id) is Outcome.ALLOCATED
    assert shop.send(order_id).stage is Stage.SHIPPED


def test_five_hundred_kits_of_four_parts_are_taken_and_shipped() -> None:
    shop = BigShop()
    boxes, parts = [f"KIT-{n:03d}" for n in range(500)], [f"PART-{n:04d}" for n in range(2_000)]
    shop.fill([*boxes, *parts], 3)
    for number, box in enumerate(boxes):
        own = tuple(Component(Sku(part), 1) for part in parts[4 * number : 4 * number + 4])
        shop.stock.save_selling(Sku(box), components=own)
    order_id = shop.order(basket(boxes))
    assert shop.take(order_id) is Outcome.ALLOCATED
    assert shop.send(order_id).stage is Stage.SHIPPED
    shop.heal(order_id)
    assert (shop.levels(parts), shop.levels(boxes)) == ({(2, 0, 2)}, {(3, 0, 3)})


# --- broken off at every write -----------------------------------------------------------


@pytest.mark.parametrize("arrives", [False, True], ids=["never arrives", "reply is lost"])
def test_a_taking_that_breaks_off_at_any_write_is_made_whole(arrives: bool) -> None:
    """There is one unit of each: what the broken taking keeps is missed by the next."""
    nth = 1
    while _taking_broken_at(nth, arrives):
        nth += 1
    assert nth > 5


def _taking_broken_at(nth: int, arrives: bool) -> bool:
    shop = BigShop()
    shop.fill(FEW, 1)
    order_id = shop.order(basket(FEW))
    if not shop.attempt(nth, arrives, lambda: shop.take(order_id)):
        return False
    shop.heal(order_id)
    assert shop.orders.load(order_id).stage is Stage.ALLOCATED, nth
    assert (shop.levels(FEW), shop.unfinished()) == ({(1, 1, 0)}, []), nth
    return True


@pytest.mark.parametrize("arrives", [False, True], ids=["never arrives", "reply is lost"])
def test_a_giving_back_that_breaks_off_at_any_write_is_finished(arrives: bool) -> None:
    nth = 1
    while _giving_broken_at(nth, arrives):
        nth += 1
    assert nth > 5


def _giving_broken_at(nth: int, arrives: bool) -> bool:
    shop = BigShop()
    shop.fill(FEW, 3)
    order_id = shop.order(basket(FEW, 4))
    shop.take(order_id)
    if not shop.attempt(nth, arrives, lambda: _cancelled_and_carried_out(shop, order_id)):
        return False
    shop.cancel(order_id, "ops", "changed its mind")
    shop.heal(order_id)
    assert (shop.levels(FEW), shop.unfinished()) == ({(3, 0, 3)}, []), nth
    assert not any(shop.stock.line(Sku(sku)) for sku in FEW), nth
    return True


def _cancelled_and_carried_out(shop: BigShop, order_id: Any) -> None:
    shop.cancel(order_id, "ops", "changed its mind")
    for work_id in shop.unfinished():
        shop.work.carry_out(work_id.removeprefix("WORK#"))


def test_a_rival_for_the_last_line_leaves_nothing_half_held(shop: BigShop) -> None:
    """Ninety-nine lines are taken when the hundredth turns out to be gone."""
    reserve, once = shop.stock.reserve, iter([True])

    def overtaken(legs: Any, *args: Any, **terms: Any) -> Any:
        if next(once, False):
            rival = [leg for leg in legs if leg.sku == FEW[-1]] * 3
            shop.dynamo.commit(reserve(rival, "RIVAL", "intake", shop.clock.now()))
        return reserve(legs, *args, **terms)

    shop.stock.reserve = overtaken  # type: ignore[method-assign]
    order_id = shop.order(basket(FEW))
    assert shop.take(order_id) is Outcome.BACKORDERED
    assert (shop.levels(FEW[:-1]), shop.levels(FEW[-1:])) == ({(3, 1, 2)}, {(3, 3, 0)})
    assert [each.units for each in shop.orders.load(order_id).waiting] == [1]
