"""More SKUs than one transaction holds: all of them or none, however it is broken off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.inventory import store, work_store
from oms.inventory.model import LevelsDisagree, OutOfStock, Reason, Units
from oms.inventory.store import DynamoStock
from oms.inventory.waiting import Waiting
from oms.inventory.work_store import MOST_PLACES, PATIENCE, DynamoWork
from oms.kernel.clock import SettableClock
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import NodeId, OrderId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write
from tests.component.moto_tables import Tables, tables

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
EAST = NodeId("WH-EAST")
HUNDREDS = [Sku(f"SKU-{number:04d}") for number in range(300)]
# Most tests take four SKUs to a transaction: four parts, the last of them not full.
FEW = 4
MANY = HUNDREDS[: 3 * FEW + 2]


class Crash(BaseException):
    """The process is gone: nothing more runs in it."""


@dataclass
class Breaking(Dynamo):
    """The database, with something that happens before a commit of a certain number."""

    client: Any
    at: dict[int, BaseException | Any] = field(default_factory=dict)
    commits: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.client, sleep=lambda seconds: None)

    def commit(self, writes: Sequence[Write], token: str | None = None) -> None:
        self.commits += 1
        happens = self.at.pop(self.commits, None)
        if isinstance(happens, BaseException):
            raise happens
        if happens:
            happens()
        super().commit(writes, token)


@dataclass
class Shop:
    account: Tables
    clock: SettableClock
    database: Breaking

    @property
    def stock(self) -> DynamoStock:
        """As a new process has it."""
        return DynamoStock(self.database, self.account.stock, self.clock)

    @property
    def work(self) -> DynamoWork:
        return DynamoWork(self.database, self.account.stock, self.clock)

    def happens(self, after: int, what: Any) -> None:
        """Before the commit that comes `after` so many from now."""
        self.database.at[self.database.commits + after + 1] = what

    def order(self, order_id: str, taken: Sequence[Write]) -> None:
        """The order's own transaction: once only."""
        row = Write(
            Action.PUT,
            self.account.orders,
            {"pk": f"O#{order_id}", "sk": "ORDER"},
            condition="attribute_not_exists(pk)",
            refused=lambda old: VersionConflict(order_id),
        )
        self.database.commit([row, *taken])

    def reserve(self, skus: Sequence[Sku], order_id: str = "ORDER-1", units: int = 1) -> None:
        attempt = f"{order_id}@1"
        legs = [Units(sku, EAST, units) for sku in skus]
        taken = self.stock.reserve(legs, order_id, "intake", self.clock.now(), attempt=attempt)
        try:
            self.order(order_id, taken)
        except Exception:
            self.stock.abandon(attempt)
            raise

    def later(self, verb: str, skus: Sequence[Sku]) -> str:
        """Commit what is to be posted in parts; the name of the work."""
        legs = [Units(sku, EAST, 1) for sku in skus]
        writes = getattr(self.stock, verb)(legs, "ORDER-1", "ops", self.clock.now())
        self.database.commit(writes)
        return str(writes[0].key["pk"]).removeprefix("WORK#")

    def sweep(self) -> list[bool]:
        self.clock.advance(PATIENCE)
        return [self.work.carry_out(each) for each in self.work.overdue(self.clock.now())]

    def figures(self, skus: Sequence[Sku], bucket: str = "reserved") -> set[int]:
        levels = self.stock.levels_at([(sku, EAST, "") for sku in skus])  # type: ignore[misc]
        assert all(each.is_sound for each in levels) and len(levels) == len(skus)
        return {getattr(each, bucket) for each in levels}

    def moves(self, sku: Sku) -> list[str]:
        """Sorted by name: within one millisecond the books have no order."""
        return sorted(each.reason for each in self.stock.movements(sku, 100).items)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for module in (work_store, store):
        monkeypatch.setattr(module, "MOST_PAIRS", FEW)
    with tables() as account:
        yield _stocked(account, MANY)


@pytest.fixture
def warehouse() -> Iterator[Shop]:
    """Hundreds of SKUs, and transactions as large as they are."""
    with tables() as account:
        yield _stocked(account, HUNDREDS)


def _stocked(account: Tables, skus: Sequence[Sku]) -> Shop:
    rows: list[Item] = [
        {"pk": f"SKU#{sku}", "sk": f"NODE#{EAST}", "on_hand": 1, "available": 1, "reserved": 0}
        for sku in skus
    ]
    account.dynamo.put_many(account.stock, rows)
    return Shop(account, SettableClock(NOW), Breaking(account.client))


RESERVED, RELEASED, SHIPPED = Reason.RESERVATION, Reason.RELEASE, Reason.SHIPMENT


# --- taking ------------------------------------------------------------------------------------


def test_hundreds_of_skus_are_taken_and_given_back(warehouse: Shop) -> None:
    warehouse.reserve(HUNDREDS)
    assert warehouse.figures(HUNDREDS) == {1}
    name = warehouse.later("release", HUNDREDS)
    assert warehouse.work.carry_out(name)
    assert warehouse.figures(HUNDREDS) == {0}
    assert warehouse.moves(HUNDREDS[150]) == [RELEASED, RESERVED]


def test_one_sku_of_hundreds_that_is_short_gives_all_the_others_back(warehouse: Shop) -> None:
    warehouse.reserve([HUNDREDS[-1]], "RIVAL")
    with pytest.raises(OutOfStock):
        warehouse.reserve(HUNDREDS)
    assert warehouse.figures(HUNDREDS[:-1]) == {0}
    assert warehouse.figures(HUNDREDS[-1:]) == {1}


def test_what_was_taken_in_parts_is_the_order_s_for_good(shop: Shop) -> None:
    shop.reserve(MANY)
    assert shop.figures(MANY) == {1}
    assert list(shop.work.overdue(NOW + timedelta(days=1))) == []
    assert not shop.work.carry_out("ORDER-1@1")
    assert shop.figures(MANY) == {1}
    assert shop.moves(MANY[-1]) == [RESERVED]


def test_a_sku_that_is_short_in_the_last_part_gives_all_the_others_back(shop: Shop) -> None:
    shop.reserve([MANY[-1]], "RIVAL")
    with pytest.raises(OutOfStock) as short:
        shop.reserve(MANY)
    assert short.value.sku == MANY[-1]
    assert shop.figures(MANY[:-1]) == {0}
    assert shop.moves(MANY[0]) == [RELEASED, RESERVED]
    assert shop.moves(MANY[-1]) == [RESERVED]
    assert list(shop.work.overdue(NOW + timedelta(days=1))) == []


@pytest.mark.parametrize("commits", range(1, 6))
def test_a_crash_anywhere_in_the_middle_is_given_back_by_the_sweep(
    shop: Shop, commits: int
) -> None:
    """After the beginning, after each part, and before the order's own write."""
    shop.happens(commits, Crash())
    with (
        pytest.MonkeyPatch.context() as gone,
        pytest.raises(Crash),
    ):
        gone.setattr(DynamoWork, "carry_out", _dies_after_first(DynamoWork.carry_out))
        shop.reserve(MANY)
    assert shop.figures(MANY) == ({0} if commits == 1 else {0, 1} if commits < 5 else {1})
    assert list(shop.work.overdue(shop.clock.now())) == []
    assert shop.sweep() == [True]
    assert shop.figures(MANY) == {0}
    assert shop.sweep() == []


def _dies_after_first(carry_out: Any) -> Any:
    """A dead process tidies nothing up: only the look before the taking runs."""
    calls: list[str] = []

    def once(self: DynamoWork, work_id: str) -> bool:
        calls.append(work_id)
        return bool(carry_out(self, work_id)) if len(calls) == 1 else False

    return once


def test_who_comes_again_after_a_crash_gives_back_first_and_takes_once(shop: Shop) -> None:
    _crashed(shop)
    shop.reserve(MANY)
    assert shop.figures(MANY) == {1}
    assert shop.sweep() == []
    assert shop.figures(MANY) == {1}


def test_a_taking_that_lasts_too_long_is_given_back_and_cannot_become_the_order_s(
    shop: Shop,
) -> None:
    legs = [Units(sku, EAST, 1) for sku in MANY]
    taken = shop.stock.reserve(legs, "ORDER-1", "intake", NOW, attempt="ORDER-1@1")
    assert shop.sweep() == [True]
    with pytest.raises(VersionConflict):
        shop.order("ORDER-1", taken)
    assert shop.account.count(shop.account.orders) == 0
    assert shop.figures(MANY) == {0}


def test_a_taking_that_is_given_back_meanwhile_takes_nothing_more(shop: Shop) -> None:
    shop.happens(3, lambda: shop.sweep())
    with pytest.raises(VersionConflict):
        shop.reserve(MANY)
    shop.sweep()
    assert shop.figures(MANY) == {0}


def test_a_twin_that_comes_after_the_order_was_saved_takes_nothing_from_it(shop: Shop) -> None:
    """The same attempt, a second time: it must neither take nor give back what the first has."""
    shop.reserve(MANY)
    with pytest.raises(VersionConflict):
        shop.reserve(MANY)
    assert shop.figures(MANY) == {1}
    shop.sweep()
    assert shop.figures(MANY) == {1}
    assert shop.moves(MANY[0]) == [RESERVED]


def test_a_twin_that_comes_in_the_middle_leaves_one_of_them_with_everything(shop: Shop) -> None:
    def twin() -> None:
        with pytest.raises((VersionConflict, OutOfStock)):
            shop.reserve(MANY)
            raise VersionConflict("the twin was first")

    shop.happens(3, twin)
    with pytest.raises((VersionConflict, OutOfStock)):
        shop.reserve(MANY)
    shop.sweep()
    assert shop.account.count(shop.account.orders) == 1
    assert shop.figures(MANY) == {1}


def test_a_reply_that_was_lost_is_not_a_second_taking(shop: Shop) -> None:
    """Each transaction is sent twice, as a client does that got no answer."""
    commit = Dynamo.commit

    def twice(self: Dynamo, writes: Sequence[Write], token: str | None = None) -> None:
        commit(self, writes, token)
        commit(self, writes, token)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dynamo, "commit", twice)
        legs = [Units(sku, EAST, 1) for sku in MANY]
        shop.stock.reserve(legs, "ORDER-1", "intake", NOW, attempt="ORDER-1@1")
    assert shop.figures(MANY) == {1}
    assert shop.moves(MANY[0]) == [RESERVED]
    shop.sweep()
    assert shop.figures(MANY) == {0}


def test_abandoning_what_was_never_taken_in_parts_changes_nothing(shop: Shop) -> None:
    shop.reserve(MANY[:2])
    shop.stock.abandon("ORDER-1@1")
    assert shop.figures(MANY[:2]) == {1}


# --- giving back and shipping ---------------------------------------------------------------------

ENDS = pytest.mark.parametrize(
    ("verb", "reason", "on_hand"), [("release", RELEASED, 1), ("consume", SHIPPED, 0)]
)


@ENDS
def test_what_is_too_much_for_one_transaction_is_posted_in_parts_and_once(
    shop: Shop, verb: str, reason: str, on_hand: int
) -> None:
    shop.reserve(MANY)
    name = shop.later(verb, MANY)
    assert shop.figures(MANY) == {1}  # not yet
    assert shop.work.carry_out(name)
    assert not shop.work.carry_out(name)
    assert (shop.figures(MANY), shop.figures(MANY, "on_hand")) == ({0}, {on_hand})
    assert shop.moves(MANY[5]) == sorted([RESERVED, reason])
    assert shop.sweep() == []


@ENDS
@pytest.mark.parametrize("commits", range(6))
def test_two_who_carry_it_out_at_once_share_it(
    shop: Shop, commits: int, verb: str, reason: str, on_hand: int
) -> None:
    """The other one runs from beginning to end between two commits of ours."""
    shop.reserve(MANY)
    name = shop.later(verb, MANY)
    shop.happens(commits, lambda: shop.work.carry_out(name))
    shop.work.carry_out(name)
    assert (shop.figures(MANY), shop.figures(MANY, "on_hand")) == ({0}, {on_hand})
    assert {tuple(shop.moves(sku)) for sku in MANY} == {tuple(sorted((RESERVED, reason)))}


@ENDS
@pytest.mark.parametrize("commits", range(6))
def test_what_was_broken_off_is_finished_by_the_sweep(
    shop: Shop, commits: int, verb: str, reason: str, on_hand: int
) -> None:
    shop.reserve(MANY)
    name = shop.later(verb, MANY)
    shop.happens(commits, Crash())
    with pytest.raises(Crash):
        shop.work.carry_out(name)
    assert shop.sweep() == [True]
    assert (shop.figures(MANY), shop.figures(MANY, "on_hand")) == ({0}, {on_hand})
    assert {tuple(shop.moves(sku)) for sku in MANY} == {tuple(sorted((RESERVED, reason)))}


def test_a_part_that_cannot_be_posted_stays_due_and_says_so(shop: Shop) -> None:
    shop.reserve(MANY)
    name = shop.later("release", MANY)
    _drain(shop, MANY[0])
    with pytest.raises(LevelsDisagree):
        shop.work.carry_out(name)
    assert list(shop.work.overdue(NOW + timedelta(days=1))) == [name]


def _drain(shop: Shop, sku: Sku) -> None:
    """Past every rule, as a bug would."""
    shop.account.dynamo.put_many(
        shop.account.stock, [{"pk": f"SKU#{sku}", "sk": f"NODE#{EAST}", "reserved": 0}]
    )


# --- many places in line --------------------------------------------------------------------------


def places(skus: Sequence[Sku], units: int = 1) -> list[Waiting]:
    return [Waiting(sku, OrderId("ORDER-1"), units, NOW) for sku in skus]


def test_many_places_in_line_are_written_right_after_and_counted_once(shop: Shop) -> None:
    shop.database.commit(shop.stock.in_line((), places(MANY, 2)))
    assert shop.stock.line(MANY[0]) == []
    (name,) = shop.work.overdue(NOW + PATIENCE)
    shop.happens(2, lambda: shop.work.carry_out(name))
    shop.work.carry_out(name)
    assert [shop.stock.line(sku) for sku in MANY] == [[each] for each in places(MANY, 2)]
    assert {each.waiting for each in shop.stock.selling(MANY).values()} == {2}


def test_a_change_of_places_waits_for_the_one_before_it(shop: Shop) -> None:
    few = MANY[:MOST_PLACES]
    shop.database.commit(shop.stock.in_line((), places(MANY)))
    shop.database.commit(shop.stock.in_line(places(MANY), places(few)))
    shop.sweep()
    assert {sku for sku in MANY if shop.stock.line(sku)} == set(few)
    assert sum(each.waiting for each in shop.stock.selling(MANY).values()) == len(few)


def _crashed(shop: Shop) -> None:
    shop.happens(3, Crash())
    with pytest.MonkeyPatch.context() as gone, pytest.raises(Crash):
        gone.setattr(DynamoWork, "carry_out", _dies_after_first(DynamoWork.carry_out))
        shop.reserve(MANY)
    assert shop.figures(MANY) == {0, 1}
