"""Bugs planted into the engine, each one a story from the field, to see that the harness sees.

A mutant is a patch of the real code. `hunt` plays seed after seed of the random day (and, where
that cannot show it, a scene made for it) until something is reported; a mutant that is never
caught is a hole in the proof. The numbers of the public threads are those of section 5 of the
reliability design, L and S those of the lessons and laws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest.mock import patch

from oms.inventory import holds_store, model, store, writes
from oms.inventory.holds_store import DynamoHolds
from oms.inventory.model import Movement, Reason
from oms.inventory.reservation import SoldOut
from oms.inventory.reserve import ReserveStock
from oms.inventory.shelves import GENERAL
from oms.inventory.store import DynamoStock
from oms.inventory.work_store import DynamoWork
from oms.kernel.errors import Unavailable
from oms.kernel.ids import new_ulid
from oms.orders.store import DynamoOrders
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Write
from tests.simulation import day, flash, scenes

MOST_SEEDS = 60


@dataclass(frozen=True, slots=True)
class Mutant:
    """`plant` puts the bug in; `scenes` are what it is looked for in (default: random days)."""

    name: str
    story: str
    plant: Callable[[], AbstractContextManager[Any]]
    scene: Callable[[int], Any] | None = None


@dataclass(frozen=True, slots=True)
class Caught:
    """After how many seeds, and how it showed; 0 seeds: never."""

    mutant: Mutant
    seeds: int
    showed: str


def hunt(mutant: Mutant, first_seed: int = 0, most: int = MOST_SEEDS) -> Caught:
    scene = mutant.scene or _a_day
    with mutant.plant():
        for number in range(most):
            if showed := _shown(partial(scene, first_seed + number)):
                return Caught(mutant, number + 1, showed)
    return Caught(mutant, 0, "never")


def _shown(play: Callable[[], Any]) -> str:
    """What an observer would see: a broken law, or the code falling over its own state."""
    try:
        play()
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:160]
    return ""


def _a_day(seed: int) -> None:
    day.play(seed)


# --- the patches -------------------------------------------------------------------------


def _on(target: Any, name: str, make: Callable[[Any], Any]) -> Callable[[], Any]:
    """Replace `target.name` by what `make` makes of it."""
    return lambda: patch.object(target, name, make(getattr(target, name)))


def _unguarded(enough: Any) -> Any:
    return lambda name, units, movement, terms: replace(
        enough(name, units, movement, terms),
        condition=f"#{name} >= :{name}_taken OR #{name} < :{name}_taken",
    )


def _reservations_unguarded(enough: Any) -> Any:
    free = _unguarded(enough)
    return lambda name, units, movement, terms: (
        free if movement.reason == Reason.RESERVATION else enough
    )(name, units, movement, terms)


def _largest_only(demand: Any) -> Any:
    def of(legs: Any) -> Any:
        legs = list(legs)
        sums = demand(legs)
        return {
            place: max(leg.quantity for leg in legs if (leg.sku, leg.node, leg.shelf) == place)
            for place in sums
        }

    return of


def _by_one(movements_of: Any) -> Any:
    def of(legs: Any, reason: Any, *rest: Any) -> Any:
        made = movements_of(legs, reason, *rest)
        if reason != Reason.RELEASE:
            return made
        return [replace(m, changes=dict.fromkeys(m.changes, -1)) for m in made]

    return of


def _unconditional(make_write: Any) -> Any:
    def made(*arguments: Any, **named: Any) -> Write:
        write = make_write(*arguments, **named)
        used = {k: v for k, v in write.values.items() if k in write.update}
        names = {k: v for k, v in write.names.items() if k in write.update}
        return replace(write, condition="", refused=None, values=used, names=names)

    return made


def _unfenced(guarded: Any) -> Any:
    """Anything goes, whatever became of the work."""

    def of(self: Any, action: Any, work_id: str, mark: str) -> Write:
        write = guarded(self, action, work_id, mark)
        always = "attribute_not_exists(#state) OR attribute_exists(#state)"
        return replace(write, condition=always, values={})

    return of


def _without_movement(of_movement: Any) -> Any:
    def of(table: str, movement: Movement, *terms: Any) -> list[Write]:
        made = of_movement(table, movement, *terms)
        return made[:1] if movement.reason == Reason.RELEASE else made

    return of


def _damaged_counts(available_change: Any) -> Any:
    return lambda changes: changes.get("on_hand", 0) - changes.get("safety", 0)


def _nothing_freed(release: Any) -> Any:
    return lambda self, legs, reference, actor, at: []


def _freed_elsewhere(release: Any) -> Any:
    def to_general(self: Any, legs: Any, *rest: Any) -> Any:
        return release(self, [_moved(leg) for leg in legs], *rest)

    return to_general


def _moved(leg: Any) -> Any:
    return replace(leg, shelf=GENERAL)


def _consume_asks_for_available(consume: Any) -> Any:
    def asking(self: Any, legs: Any, reference: str, actor: str, at: Any, **named: Any) -> Any:
        legs = list(legs)
        for leg in legs:
            level = next(each for each in self.levels(leg.sku) if each.node == leg.node)
            if level.available < leg.quantity:
                raise model.OutOfStock(leg.sku, leg.node, leg.quantity, level.available)
        return consume(self, legs, reference, actor, at, **named)

    return asking


@contextmanager
def _new_tokens_and_no_marks() -> Iterator[None]:
    """Each sending is a new transaction, and neither order nor hold says that it was done."""

    def commit(self: Any, batch: Sequence[Write], token: str | None = None) -> None:
        for _ in range(3):
            try:
                return plain(self, [_remade(each) for each in batch])
            except Unavailable:
                continue
        raise Unavailable("no answer")

    plain = Dynamo.commit
    with patch.object(Dynamo, "commit", commit):
        yield


def _remade(write: Write) -> Write:
    if "attribute_not_exists" not in write.condition or "=" in write.condition:
        return write
    key = dict(write.key)
    if "MOVEMENTS#" in key["pk"]:
        key["sk"] = new_ulid(datetime.now(UTC))
    return replace(write, key=key, condition="", refused=None, names={}, values={})


@contextmanager
def _tells_a_lost_race() -> Iterator[None]:
    """One plan only, and a lost race is told to the buyer as sold out."""
    with (
        patch("oms.inventory.take.PLANS", 1),
        _on(ReserveStock, "__call__", _sold_out_when_lost)(),
    ):
        yield


def _sold_out_when_lost(call: Any) -> Any:
    def once(self: Any, new: Any, owner: str, key: str = "") -> Any:
        try:
            return call(self, new, owner, key)
        except Unavailable:
            raise SoldOut(tuple((each, 0) for each in new.asked)) from None

    return once


def _first_part_only(levels: Any) -> Any:
    def position(self: Any, *arguments: Any, **named: Any) -> Any:
        made = levels(self, *arguments, **named)
        kept = tuple(each for each in made.levels if each.shelf in (GENERAL, "HOT#0"))
        return replace(made, levels=kept)

    return position


def _no_reclaim(call: Any) -> Any:
    return lambda self, skus: False


def _jumps_the_line() -> Any:
    return patch("oms.routing.route.ahead_of", lambda line, order_id, available, priority=5: 0)


def _key_ignored(call: Any) -> Any:
    return lambda self, new, owner, key="": call(self, new, owner, "")


def _keep_ignored(enough: Any) -> Any:
    return lambda name, units, movement, terms: enough(name, units, movement, model.PLAIN)


MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "check, then write",
        "saleor#543, vendure#3508: the write that takes does not check",
        _on(writes, "_enough", _reservations_unguarded),
    ),
    Mutant(
        "demand not summed",
        "L01 medusa#16502: two lines of one part are each checked alone",
        _on(model, "demand", _largest_only),
        scene=scenes.one_part_in_two_lines,
    ),
    Mutant(
        "release by one",
        "medusa#12401: reserved goes down by one instead of the quantity",
        _on(store, "movements_of", _by_one),
        scene=scenes.released_through_the_books,
    ),
    Mutant(
        "released twice",
        "L20: a release does not ask whether the hold still stands",
        _on(DynamoHolds, "released", _unconditional),
        scene=scenes.used_as_it_ends,
    ),
    Mutant(
        "expired hold used",
        "S8: an order takes over a hold whose time is over",
        lambda: patch.object(holds_store, "_HOLDS", "#state = :held"),
        scene=scenes.used_after_its_end,
    ),
    Mutant(
        "hold used twice",
        "S5: an order takes over a hold without asking its state",
        _on(DynamoHolds, "committed", _unconditional),
        scene=scenes.used_as_it_ends,
    ),
    Mutant(
        "expired twice",
        "S5: two sweeps give the same hold back",
        _on(DynamoHolds, "expired", _unconditional),
        scene=scenes.ended_by_two,
    ),
    Mutant(
        "released without a movement",
        "B20: a counter changes and the ledger does not know why",
        _on(writes, "of_movement", _without_movement),
    ),
    Mutant(
        "available forgets a bucket",
        "L04: availability computed by another formula than the reservation's",
        _on(writes, "available_change", _damaged_counts),
    ),
    Mutant(
        "cancelling frees nothing",
        "P6: stock of a cancelled order stays reserved for ever",
        _on(DynamoStock, "release", _nothing_freed),
    ),
    Mutant(
        "release to the wrong shelf",
        "L22: units come back somewhere else than they were taken",
        _on(DynamoStock, "release", _freed_elsewhere),
    ),
    Mutant(
        "shipping needs available",
        "L24 medusa#6500: the order that holds the units cannot ship them",
        _on(DynamoStock, "consume", _consume_asks_for_available),
        scene=scenes.the_last_units_ship,
    ),
    Mutant(
        "order saved over another",
        "spree#3808, pinelab#620: the write of an order does not look at its version",
        _on(DynamoOrders, "_put", _unconditional),
    ),
    Mutant(
        "sent again without a mark",
        "2.1 D3, D4: a lost reply is answered by taking once more",
        _new_tokens_and_no_marks,
    ),
    Mutant(
        "lost race told as sold out",
        "S7: buyers are sent away while units are left",
        _tells_a_lost_race,
        scene=lambda seed: flash.play(seed, flash.Sale(40, 40, parts=4, workers=30)),
    ),
    Mutant(
        "only the first part is looked at",
        "D6: units on the other parts of a hot SKU are stranded",
        _on(DynamoStock, "_with_parts", _first_part_only),
        scene=lambda seed: flash.play(seed, flash.Sale(40, 40, parts=8, workers=10)),
    ),
    Mutant(
        "expired holds block",
        "B09: nobody takes back what expired until the sweep comes",
        _on(scenes.RECLAIM, "__call__", _no_reclaim),
        scene=scenes.bought_after_an_end,
    ),
    Mutant(
        "newcomers jump the line",
        "B18: stock that comes in goes to whoever is quicker",
        _jumps_the_line,
        scene=scenes.served_in_line,
    ),
    Mutant(
        "key ignored",
        "a repeat of POST /reservations holds the cart twice",
        _on(ReserveStock, "__call__", _key_ignored),
        scene=scenes.asked_twice,
    ),
    Mutant(
        "buffer not in the write",
        "B11: two buyers at once dip into a channel's buffer",
        _on(writes, "_enough", _keep_ignored),
        scene=scenes.buyers_at_a_buffer,
    ),
    Mutant(
        "part carried out twice",
        "medusa#8 of section 5: whoever finishes a large release finishes it again",
        _on(DynamoWork, "_stepped", _unconditional),
        scene=scenes.large_order_finished_by_two,
    ),
    Mutant(
        "taking not fenced",
        "section 2.1 D10: a part is taken although the taking was given up",
        _on(DynamoWork, "_guarded", _unfenced),
        scene=scenes.large_order_given_up_while_taken,
    ),
    Mutant(
        "never gives up a taking",
        "WHS-01: a large order that fails in the middle stays half held in silence",
        _on(DynamoWork, "carry_out", lambda call: lambda self, work_id: False),
        scene=scenes.large_order_that_cannot_be_had,
    ),
)
