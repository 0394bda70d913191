"""Small stories, each with the one thing that must come out. A seed varies the schedule.

They are what a random day shows too seldom to wait for; the mutants are hunted in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oms.inventory.expire import ReclaimExpired
from oms.inventory.selling import Buffer, Component, SellingPolicy
from oms.kernel.errors import OmsError
from oms.kernel.ids import Sku
from oms.orders.step import Outcome
from tests.simulation import laws
from tests.simulation.dynamo.scheduler import Scheduler, at_random
from tests.simulation.shop import Shop, answered, seeded

Story = Callable[[Shop], Sequence[Callable[[], Any]]]
RECLAIM = ReclaimExpired


def _told(seed: int, story: Story, verdict: Callable[[Shop, list[Any]], str]) -> None:
    """Let the workers of `story` meet as `seed` says, and hear the verdict."""
    with seeded(seed):
        scheduler = Scheduler()
        shop = Shop(scheduler=scheduler)
        workers = story(shop)
        heard = scheduler.run(workers, at_random(seed), seed).values
        wrong = verdict(shop, heard)
        shop.wait(10_000)
        shop.sweep()
        found = laws.broken(shop)
    assert not wrong, f"seed {seed}: {wrong}: {heard}"
    assert not found, f"seed {seed}: " + "; ".join(found)


def _fine(shop: Shop, heard: list[Any]) -> str:
    return ""


def one_part_in_two_lines(seed: int) -> None:
    """A kit and its own part in one basket: together they need more than there is (B16)."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=3)
        shop.receive(BOX=1)
        shop.stock.save_selling(Sku("BOX"), components=(Component(Sku("MUG"), 2),))
        return [lambda: answered(lambda: shop.order("A", MUG=2, BOX=1)[1])]

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if heard == [Outcome.BACKORDERED] else "four promised of three"

    _told(seed, story, verdict)


def released_through_the_books(seed: int) -> None:
    """Three are taken and three given back."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=5)
        return [lambda: shop.release(shop.hold(MUG=3)).state]

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if shop.level("MUG").available == 5 else "not all came back"

    _told(seed, story, verdict)


def used_after_its_end(seed: int) -> None:
    """An order comes after the end of its cart's hold, when nobody else wants the units (S8)."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=1)
        hold = shop.hold(60, MUG=1)

        def late() -> Any:
            found = shop.holds.get(hold)
            shop.wait(61)
            write = shop.holds.committed(found, "01" + "0" * 24, shop.clock.now())  # type: ignore[arg-type]
            return answered(lambda: shop.dynamo.commit([write]))

        return [late]

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if heard == ["hold-ended"] else "an expired hold was used"

    _told(seed, story, verdict)


def used_as_it_ends(seed: int) -> None:
    """Order, release and sweep meet over one hold."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=2)
        hold = shop.hold(60, MUG=2)
        return [
            lambda: answered(lambda: shop.order("A", hold, MUG=2)[1]),
            lambda: answered(lambda: shop.release(hold).state),
            lambda: answered(lambda: shop.order("B", hold, MUG=2)[1]),
        ]

    _told(seed, story, _fine)


def ended_by_two(seed: int) -> None:
    """A sweep and a buyer find the same hold over its time; another hold is as large."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=4)
        hold = shop.hold(60, MUG=2)
        shop.hold(900, MUG=2)
        shop.wait(61)
        return [lambda: shop.expire(hold)] * 2

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if sum(heard) == 1 else "ended twice"

    _told(seed, story, verdict)


def the_last_units_ship(seed: int) -> None:
    """All that there is belongs to the order that ships (L24)."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=2)
        order, _ = shop.order("A", MUG=2)
        return [lambda: shop.ship(order)]

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if shop.level("MUG").on_hand == 0 else "they are still here"

    _told(seed, story, verdict)


def bought_after_an_end(seed: int) -> None:
    """The units of a hold that has expired are there for the next buyer, without a sweep."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=2, CUP=1)
        shop.hold(60, MUG=2, CUP=1)
        shop.wait(61)
        return [lambda: len(shop.hold(MUG=1))]

    _told(seed, story, _fine)


def served_in_line(seed: int) -> None:
    """Seven come in; five wait and five more; a newcomer is quicker than both (B18)."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=1)
        shop.adjust("MUG", -1)
        first = shop.order("A", MUG=5)[0]
        shop.wait(1)
        second = shop.order("B", MUG=5)[0]
        shop.receive(MUG=7)
        new = shop.capture("NEW", MUG=2)
        return [
            lambda: shop.allocate(new),
            lambda: shop.allocate(second),
            lambda: shop.allocate(first),
        ]

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return (
            ""
            if heard == [Outcome.BACKORDERED, Outcome.BACKORDERED, Outcome.ALLOCATED]
            else "jumped"
        )

    _told(seed, story, verdict)


def asked_twice(seed: int) -> None:
    """One cart, asked for twice under one key, by two connections at once."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=5)
        return [lambda: answered(lambda: shop.hold(key="cart-1", MUG=2))] * 2

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if len(set(heard)) == 1 and shop.level("MUG").reserved == 2 else "held twice"

    _told(seed, story, verdict)


def buyers_at_a_buffer(seed: int) -> None:
    """Two units are kept back from the web, three are there, and three buyers come at once."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(MUG=3)
        shop.stock.save_policy(SellingPolicy(buffers=(Buffer(2, channel="web", node="WH-EAST"),)))
        return [lambda: answered(lambda: len(shop.hold(MUG=1)))] * 3

    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if shop.level("MUG").available == 2 else "the buffer was sold"

    _told(seed, story, verdict)


MANY = {f"PART-{number}": 1 for number in range(60)}


def large_order_finished_by_two(seed: int) -> None:
    """A large order was cancelled; two carry out what is left of its release at once."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(**dict.fromkeys(MANY, 2))
        order, _ = shop.order("A", **MANY)
        shop.order("B", **MANY)
        shop.cancel(order)
        shop.wait(300)
        return [shop.sweep] * 3

    _told(seed, story, _fine)


def large_order_given_up_while_taken(seed: int) -> None:
    """Two steps allocate one large order at once: each gives up what the other began."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(**dict.fromkeys(MANY, 2))
        order = shop.capture("A", **MANY)
        return [lambda: _outcome(shop, order)] * 2

    _told(seed, story, _fine)


def large_order_that_cannot_be_had(seed: int) -> None:
    """The last part is gone when its turn comes: everything taken before goes back."""

    def story(shop: Shop) -> Sequence[Callable[[], Any]]:
        shop.receive(**dict.fromkeys(MANY, 1))
        first, second = (shop.capture(name, **MANY) for name in "AB")
        return [lambda: _outcome(shop, first), lambda: _outcome(shop, second)]

    _told(seed, story, _fine)


def _outcome(shop: Shop, order: Any) -> Any:
    try:
        return shop.allocate(order)
    except OmsError as refused:
        return refused.code
