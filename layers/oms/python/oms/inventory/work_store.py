"""Stock changes that no single transaction holds, in parts that each happen once.

A work is a row with a state, and a row for each part that tells what carrying it out means.
Two kinds:

- taking: an order too large for one transaction takes its units part by part. Its own
  transaction then turns the work to KEPT, on condition that it still takes: from then on the
  order holds the units, and the rows of the parts are rubbish. If instead the taking is given
  up, or its time is over, its state turns to GIVING and each part goes back.
- posting (GIVING from the start): an order gives back or ships more than fits. Its transaction
  writes the work and its parts; they are carried out right after.

Each step of a part is marked in the part, in the transaction that takes the step, so it happens
once, however many try. Works that follow one another under one name are told apart by their
mark. A work that has ended stays for some days, so a request that arrives late cannot begin
it again. Nothing is half held in silence: work that is not done stands in the index of what is
due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from oms.inventory import items, writes
from oms.inventory.model import Movement, Reason, Terms
from oms.kernel.clock import Clock, SystemClock, iso
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import new_ulid
from oms.kernel.parts import in_parts
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

# A transaction holds 100 actions: two for each pair of SKU and shelf, two for each place in a
# waiting line; the rest is left to the record that the stock belongs to.
MOST_PAIRS = 44
MOST_PLACES = 3
# What one row of a part may hold: far less than the 400 KB of an item.
_MOVES_PER_ROW = 500
_WRITES_PER_ROW = 800
# How long a taking may last before it is given back.
PATIENCE = timedelta(minutes=2)
_TAKING, _GIVING = items.TAKING, items.GIVING
_KEPT, _DONE = "KEPT", "DONE"
_RUBBISH_AFTER = timedelta(days=7)


class DynamoWork:
    """`StockWork` in the `stock` table."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock | None = None) -> None:
        self._dynamo, self._table = dynamo, table
        self._clock = clock or SystemClock()

    def take(self, work_id: str, movements: Sequence[Movement], terms: Terms) -> list[Write]:
        """Take all of `movements` now, in parts; the writes given back make it last.

        Raises OutOfStock, and then holds nothing. A taking of that name that was broken off is
        given back first.
        """
        self.carry_out(work_id)
        at = movements[0].at
        mark = new_ulid(at)
        self._dynamo.commit([self._begin(work_id, mark, _TAKING, at)])
        try:
            for number, part in enumerate(in_parts(movements, MOST_PAIRS)):
                fields = items.part_fields(Reason.RELEASE, _undone(part))
                self._dynamo.commit(
                    [
                        self._guarded(Action.CHECK, work_id, mark),
                        self._part(work_id, mark, number, fields, at),
                        *(w for each in part for w in writes.of_movement(self._table, each, terms)),
                    ]
                )
        except BaseException:
            self.carry_out(work_id)
            raise
        return [self._kept(work_id, mark, at)]

    def later(self, movements: Sequence[Movement]) -> list[Write]:
        """Writes that make `movements` happen, part by part, after they are committed."""
        first = movements[0]
        rows = [items.part_fields(first.reason, p) for p in in_parts(movements, _MOVES_PER_ROW)]
        return self._posting(new_ulid(first.at), rows, first.at)

    def plain_later(self, work_id: str, plain: Sequence[Write]) -> list[Write]:
        """The same for writes without conditions, which are kept as they are."""
        rows = [{"writes": list(map(_as_row, part))} for part in in_parts(plain, _WRITES_PER_ROW)]
        return self._posting(work_id, rows, self._clock.now())

    def _posting(self, work_id: str, rows: Sequence[Item], at: datetime) -> list[Write]:
        mark = new_ulid(at)
        parts = [self._part(work_id, mark, number, row, at) for number, row in enumerate(rows)]
        return [self._begin(work_id, mark, _GIVING, at), *parts]

    def carry_out(self, work_id: str) -> bool:
        """See `StockWork`. Two that do it at once share the steps between them."""
        key = items.work_key(work_id)
        work = self._dynamo.get(self._table, key)
        if work is None or work["state"] in (_KEPT, _DONE):
            return False
        try:
            self._dynamo.commit([self._giving(work_id, work["mark"])])
        except VersionConflict:
            return False  # it was taken over or done meanwhile
        for part in list(self._rows(work_id)):
            if part["mark"] == work["mark"]:
                self._carry_out_part(part)
        self._dynamo.commit([self._done(work_id, work["mark"])])
        return True

    def overdue(self, now: datetime) -> Iterator[str]:
        """See `StockWork`."""
        found = self._dynamo.query_all(
            self._table,
            "due_list = :list AND due_at <= :now",
            {":list": items.WORK, ":now": iso(now) + "~"},
            index="due",
        )
        return (item["pk"].removeprefix("WORK#") for item in found)

    def _rows(self, work_id: str) -> Iterator[Item]:
        pk = items.work_key(work_id)["pk"]
        return self._dynamo.query_all(
            self._table,
            "pk = :pk AND begins_with(sk, :part)",
            {":pk": pk, ":part": items.PART},
        )

    def _carry_out_part(self, part: Item) -> None:
        """Step by step from where it stands; the last step deletes it."""
        steps = self._steps(part)
        for number in range(part.get("done", 0), len(steps)):
            last = number == len(steps) - 1
            self._dynamo.commit([self._stepped(part, number, last), *steps[number]])

    def _steps(self, part: Item) -> list[list[Write]]:
        if "writes" in part:
            plain = [_read(each, self._table) for each in part["writes"]]
            return [list(step) for step in in_parts(plain, 2 * MOST_PAIRS)]
        moves = items.moves_of_part(part, self._clock.now())
        return [
            [w for each in step for w in writes.of_movement(self._table, each)]
            for step in in_parts(moves, MOST_PAIRS)
        ]

    # --- the rows ----------------------------------------------------------------------

    def _stepped(self, part: Item, number: int, last: bool) -> Write:
        done = "done = :number" if number else "attribute_not_exists(done)"
        return Write(
            Action.DELETE if last else Action.UPDATE,
            self._table,
            {"pk": part["pk"], "sk": part["sk"]},
            update="" if last else "SET done = :next",
            # True while nobody has taken this step of this very part.
            condition=f"mark = :mark AND {done}",
            values={":mark": part["mark"]}
            | ({":number": number} if number else {})
            | ({} if last else {":next": number + 1}),
            refused=lambda old: None,
        )

    def _begin(self, work_id: str, mark: str, state: str, at: datetime) -> Write:
        def refused(old: Item | None) -> Exception | None:
            if old is not None and old.get("mark") == mark:
                return None  # our own write, sent again after its reply was lost
            return VersionConflict(f"{work_id} is under way")

        return Write(
            Action.PUT,
            self._table,
            items.work_key(work_id),
            item={
                "state": state,
                "mark": mark,
                "due_list": items.WORK,
                "due_at": f"{iso(at + PATIENCE)}#{work_id}",
            },
            # True for a new name, and for one whose last work was given back.
            condition="attribute_not_exists(pk) OR (#state = :done AND mark <> :mark)",
            names={"#state": "state"},
            values={":done": _DONE, ":mark": mark},
            refused=refused,
        )

    def _part(self, work_id: str, mark: str, number: int, fields: Item, at: datetime) -> Write:
        """Over whatever rubbish of an earlier work of that name stands there."""
        purge_at = int((at + _RUBBISH_AFTER).timestamp())
        return Write(
            Action.PUT,
            self._table,
            items.part_key(work_id, number),
            item={**fields, "mark": mark, "purge_at": purge_at},
            # False only when this very transaction is sent again after its reply was lost.
            condition="attribute_not_exists(pk) OR mark <> :mark",
            values={":mark": mark},
            refused=lambda old: None,
        )

    def _guarded(self, action: Action, work_id: str, mark: str) -> Write:
        return Write(
            action,
            self._table,
            items.work_key(work_id),
            # True while this taking was not given up.
            condition="#state = :taking AND mark = :mark",
            names={"#state": "state"},
            values={":taking": _TAKING, ":mark": mark},
            refused=lambda old: VersionConflict(f"{work_id} was given back"),
        )

    def _kept(self, work_id: str, mark: str, at: datetime) -> Write:
        """The taking lasts: whatever it took is the order's."""
        guarded = self._guarded(Action.UPDATE, work_id, mark)
        ended = self._ended(_KEPT, at)
        return replace(guarded, update=ended.update, values={**guarded.values, **ended.values})

    def _ended(self, state: str, at: datetime) -> _Ended:
        purge_at = int((at + _RUBBISH_AFTER).timestamp())
        return _Ended({":ended": state, ":purge_at": purge_at})

    def _giving(self, work_id: str, mark: str) -> Write:
        return Write(
            Action.UPDATE,
            self._table,
            items.work_key(work_id),
            update="SET #state = :giving",
            # True unless it was done, or taken over, meanwhile.
            condition="mark = :mark",
            names={"#state": "state"},
            values={":giving": _GIVING, ":mark": mark},
            refused=lambda old: VersionConflict(f"{work_id} has ended"),
        )

    def _done(self, work_id: str, mark: str) -> Write:
        ended = self._ended(_DONE, self._clock.now())
        return Write(
            Action.UPDATE,
            self._table,
            items.work_key(work_id),
            update=ended.update,
            # False when somebody else ended it first, and another may have begun.
            condition="mark = :mark",
            names={"#state": "state"},
            values={":mark": mark, **ended.values},
            refused=lambda old: None,
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a work leaves the index of what is due."""

    values: Mapping[str, Any]
    update: str = "SET #state = :ended, purge_at = :purge_at REMOVE due_list, due_at"


def _undone(movements: Sequence[Movement]) -> list[Movement]:
    return [each.undone(Reason.RELEASE) for each in movements]


_PLAIN = ("key", "item", "update", "names", "values")


def _as_row(write: Write) -> dict[str, Any]:
    """A write without a condition, as a row can hold it."""
    fields = {name: getattr(write, name) for name in _PLAIN}
    return {"action": write.action.value, **{name: f for name, f in fields.items() if f}}


def _read(kept: Item, table: str) -> Write:
    fields = {name: kept[name] for name in _PLAIN if name in kept}
    return Write(Action(kept["action"]), table, **fields)
