"""Many buyers and the last units, in threads, with what the buyers were told as the measure.

The engine is moto with a lock around each request (tests/component/moto_tables.py): requests
are exact, and between them the threads interleave freely. The negative control shows that: code
that reads first and writes afterwards oversells here.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from oms.inventory.model import Level, Movement, OutOfStock, Posting, rebuilt
from oms.inventory.shelves import GENERAL
from oms.inventory.store import DynamoStock
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import LineId, NodeId, Sku, new_ulid
from oms.orders.model import Leg
from oms.platform.unit import Action, Item, Write
from tests.component.moto_tables import Tables, tables

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
NODE = NodeId("WH-EAST")
LAMP, SHADE = Sku("LAMP-LAST"), Sku("SHADE-LAST")


@pytest.fixture
def account() -> Iterator[Tables]:
    with tables() as made:
        yield made


def stocked(account: Tables, **units: int) -> DynamoStock:
    stock = DynamoStock(account.dynamo, account.stock)
    movements = tuple(
        Movement(new_ulid(NOW), Sku(sku), NODE, {"on_hand": n}, "RECEIPT", "PO-1", "ops", NOW)
        for sku, n in units.items()
    )
    stock.post(Posting("PO-1", "RECEIPT", "all of it", movements))
    return stock


def a_leg(sku: Sku, quantity: int, line: int = 1) -> Leg:
    return Leg(LineId(str(line)), sku, NODE, quantity)


def an_order(account: Tables, order_id: str, write_id: str = "") -> Write:
    """The order's own write: once only, and a resend of the same write is known by its id."""

    def refused(old: Item | None) -> Exception | None:
        same = old is not None and write_id != "" and old["write_id"] == write_id
        return None if same else VersionConflict(f"{order_id} was written before")

    return Write(
        Action.PUT,
        account.orders,
        {"pk": f"O#{order_id}", "sk": "ORDER"},
        item={"version": 1, "write_id": write_id},
        condition="attribute_not_exists(pk)",
        refused=refused,
    )


def buy(account: Tables, stock: DynamoStock, order_id: str, *legs: Leg) -> bool:
    """One buyer: True when told yes."""
    try:
        reserved = stock.reserve(legs, order_id, "intake", NOW)
        account.dynamo.commit([an_order(account, order_id), *reserved])
    except OutOfStock:
        return False
    return True


def at_once(buyers: Sequence[Callable[[], bool]]) -> list[bool]:
    """Each in a thread of its own, all let go together."""
    gate = Barrier(len(buyers))

    def run(buyer: Callable[[], bool]) -> bool:
        gate.wait(timeout=30)
        return buyer()

    with ThreadPoolExecutor(len(buyers)) as pool:
        return list(pool.map(run, buyers))


def level(stock: DynamoStock, sku: Sku) -> Level:
    (only,) = stock.levels(sku)
    return only


def in_books(stock: DynamoStock, sku: Sku) -> Level:
    return rebuilt(stock.movements(sku, 1000).items)[sku, NODE, GENERAL]


@pytest.mark.parametrize("units", [1, 7])
def test_as_many_buyers_hear_yes_as_there_are_units(account: Tables, units: int) -> None:
    stock = stocked(account, **{LAMP: units})

    def buyer(number: int) -> Callable[[], bool]:
        return lambda: buy(account, stock, f"ORDER-{number}", a_leg(LAMP, 1))

    answers = at_once([buyer(number) for number in range(24)])
    assert sum(answers) == units == account.count(account.orders)
    assert level(stock, LAMP) == Level(LAMP, NODE, on_hand=units, reserved=units)
    assert in_books(stock, LAMP) == level(stock, LAMP)


def test_three_on_one_channel_and_four_on_another_do_not_both_get_five(account: Tables) -> None:
    """The classic oversell, in many small rounds."""
    stock = DynamoStock(account.dynamo, account.stock)

    def buyer(order_id: str, leg: Leg) -> Callable[[], bool]:
        return lambda: buy(account, stock, order_id, leg)

    for number in range(20):
        sku = Sku(f"LAMP-{number}")
        receipt = Movement(new_ulid(NOW), sku, NODE, {"on_hand": 5}, "RECEIPT", "PO", "ops", NOW)
        stock.post(Posting(f"PO-{number}", "RECEIPT", "5", (receipt,)))
        web, shop = buyer(f"WEB-{number}", a_leg(sku, 3)), buyer(f"SHOP-{number}", a_leg(sku, 4))
        answers = at_once([web, shop])
        assert sum(answers) == 1
        assert level(stock, sku).reserved == (3 if answers[0] else 4)


def test_two_skus_wanted_in_opposite_order_are_never_half_taken(account: Tables) -> None:
    stock = stocked(account, **{LAMP: 6, SHADE: 4})

    def buyer(number: int) -> Callable[[], bool]:
        legs = [a_leg(LAMP, 1, 1), a_leg(SHADE, 1, 2)]
        ordered = legs if number % 2 else legs[::-1]
        return lambda: buy(account, stock, f"ORDER-{number}", *ordered)

    answers = at_once([buyer(number) for number in range(16)])
    assert sum(answers) == 4
    assert (level(stock, LAMP).reserved, level(stock, SHADE).reserved) == (4, 4)


def test_buying_and_cancelling_at_random_strands_no_unit(account: Tables) -> None:
    units = 5
    stock = stocked(account, **{LAMP: units})

    def buyer(number: int) -> Callable[[], bool]:
        choice = random.Random(number)

        def run() -> bool:
            for attempt in range(3):
                order_id, leg = f"ORDER-{number}-{attempt}", a_leg(LAMP, choice.randint(1, 2))
                if buy(account, stock, order_id, leg) and choice.random() < 0.7:
                    account.dynamo.commit(stock.release([leg], order_id, "ops", NOW))
            return True

        return run

    at_once([buyer(number) for number in range(12)])
    now = level(stock, LAMP)
    assert now.is_sound and in_books(stock, LAMP) == now
    left = [buy(account, stock, f"LATE-{n}", a_leg(LAMP, 1)) for n in range(units + 1)]
    assert Counter(left)[True] == now.available


def test_reading_first_and_writing_afterwards_oversells(account: Tables) -> None:
    """The negative control: the same threads and engine do oversell when the code is naive."""
    stock = stocked(account, **{LAMP: 1})
    both_have_read = Barrier(2)

    def naive(number: int) -> Callable[[], bool]:
        def run() -> bool:
            seen = level(stock, LAMP)
            both_have_read.wait(timeout=30)
            if seen.available < 1:
                return False
            row = {"pk": f"SKU#{LAMP}", "sk": f"NODE#{NODE}", "on_hand": 1, "reserved": 1}
            account.dynamo.put_many(account.stock, [{**row, "available": seen.available - 1}])
            account.dynamo.commit([an_order(account, f"ORDER-{number}")])
            return True

        return run

    assert sum(at_once([naive(1), naive(2)])) == 2
    assert account.count(account.orders) == 2 and level(stock, LAMP).reserved == 1


# --- the reply was lost: nobody knows whether it happened ---------------------------------------


def test_the_client_sending_the_same_transaction_again_hears_yes_once_more(
    account: Tables,
) -> None:
    """The SDK's own resend: same write id, same movement ids."""
    stock = stocked(account, **{LAMP: 5})
    writes = [
        an_order(account, "ORDER-1", "write-1"),
        *stock.reserve([a_leg(LAMP, 2)], "ORDER-1", "intake", NOW),
    ]
    account.dynamo.commit(writes)
    account.dynamo.commit(writes)
    assert level(stock, LAMP).reserved == 2


def test_the_step_run_again_meets_the_order_and_takes_nothing(account: Tables) -> None:
    """A retry of the Lambda builds new writes: the order's condition fails, all of it with it."""
    stock = stocked(account, **{LAMP: 5})
    assert buy(account, stock, "ORDER-1", a_leg(LAMP, 2))
    with pytest.raises(VersionConflict):
        buy(account, stock, "ORDER-1", a_leg(LAMP, 2))
    assert level(stock, LAMP) == Level(LAMP, NODE, on_hand=5, reserved=2, available=3)
    assert len(stock.movements(LAMP, 10).items) == 2


def test_the_order_is_named_before_the_shortage_when_both_stand_in_the_way(
    account: Tables,
) -> None:
    """A repeat must not read as sold out only because its own first run took the last unit."""
    stock = stocked(account, **{LAMP: 1})
    assert buy(account, stock, "ORDER-1", a_leg(LAMP, 1))
    with pytest.raises(VersionConflict):
        buy(account, stock, "ORDER-1", a_leg(LAMP, 1))


def test_an_order_that_cannot_be_written_takes_no_stock(account: Tables) -> None:
    stock = stocked(account, **{LAMP: 1})
    account.dynamo.commit([an_order(account, "ORDER-1")])
    with pytest.raises(VersionConflict):
        buy(account, stock, "ORDER-1", a_leg(LAMP, 1))
    assert level(stock, LAMP).available == 1
