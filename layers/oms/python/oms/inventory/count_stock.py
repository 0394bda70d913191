"""Open, submit and approve a cycle count. What the figures mean: `count.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from oms.inventory.count import (
    Count,
    Counted,
    CountLine,
    Counts,
    CountState,
    SamePerson,
    check_submitted,
    content_of,
    group_of,
    measured,
    moves_of,
    shares,
)
from oms.inventory.look_up import every_movement
from oms.inventory.model import AdjustmentReason, Level, Movement, Posting
from oms.inventory.ports import StockBooks
from oms.inventory.refusals import unknown_node, unknown_skus
from oms.inventory.shelves import Shelf
from oms.kernel.clock import Clock
from oms.kernel.errors import Invalid, Refused, VersionConflict
from oms.kernel.ids import NodeId, Sku, digest, new_ulid
from oms.kernel.parts import in_parts
from oms.kernel.unchanged import until_unchanged

# Up to three levels and movements for each line, its accuracy, the mark and the count.
LINES_PER_PART = 13
# A movement is named before it is committed: how long that may take at most.
SLOWEST_COMMIT = timedelta(seconds=10)
_PAGE = 200


@dataclass(frozen=True, slots=True)
class CountStock:
    books: StockBooks
    counts: Counts
    clock: Clock

    def open(self, node: NodeId, skus: Sequence[Sku], actor: str, key: str = "") -> Count:
        """Begin a count. `key` is the caller's Idempotency-Key.

        Raises Invalid for an unknown node or SKU, or a key that stands for another count.
        """
        content = digest(node, *sorted(set(skus)))
        name = digest(actor, key) if key else new_ulid(self.clock.now())
        if known := self.counts.find(name):
            if known.digest != content:
                raise Invalid("another count was opened under it", code="idempotency-key-reused")
            return known
        self._check(node, skus)
        now = self.clock.now()
        lines = tuple(e for sku in dict.fromkeys(skus) for e in self._opened(node, sku, now))
        count = Count(name, node, actor, now, lines, digest=content)
        self.counts.commit([self.counts.saved(None, count)])
        return self.counts.load(name)

    def submit(self, count_id: str, lines: Sequence[Counted], actor: str) -> Count:
        """Post what was counted, or leave it for approval. The same again changes nothing.

        A count that waits for approval may be submitted anew: somebody counted again. Raises
        NotFound, Invalid for impossible lines, Refused `count-closed`, InsufficientStock when
        units that are promised are missing: give those promises up, then submit again.
        """
        until_unchanged(lambda: self._decide(count_id, lines, actor))
        return until_unchanged(lambda: self._carry_out(count_id))

    def approve(self, count_id: str, actor: str) -> Count:
        """Post what waits. The same again changes nothing. Raises NotFound, SamePerson."""

        def work() -> None:
            count = self.counts.load(count_id)
            if count.state is CountState.OPEN:
                raise Refused("nothing was submitted", "nothing-to-approve")
            if count.counted_by == actor:
                raise SamePerson("somebody else than the counter approves")
            if count.state is CountState.AWAITING_APPROVAL:
                self._save(count, replace(count, state=CountState.POSTING, approved_by=actor))

        until_unchanged(work)
        return until_unchanged(lambda: self._carry_out(count_id))

    # --- opening -----------------------------------------------------------------------

    def _check(self, node: NodeId, skus: Sequence[Sku]) -> None:
        if node not in {each.node_id for each in self.books.nodes()}:
            raise unknown_node(node)
        known = self.books.products(skus)
        if errors := unknown_skus(skus, known, "/skus/{}"):
            raise Invalid("the count cannot be opened", errors)

    def _opened(self, node: NodeId, sku: Sku, now: datetime) -> list[CountLine]:
        """A line for the SKU and one for each lot, with figures that belong together."""
        for _ in range(6):
            before = self._recent(sku, now - SLOWEST_COMMIT)
            levels = [each for each in self.books.levels(sku) if each.node == node]
            if before == self._recent(sku, now - SLOWEST_COMMIT):
                return [
                    _line(sku, lot, levels, moves_of(before, node, lot, now - SLOWEST_COMMIT))
                    for lot in sorted({"", *(group_of(each.shelf) for each in levels)})
                ]
        raise VersionConflict(f"{sku} moves too fast to be counted now")

    def _recent(self, sku: Sku, since: datetime) -> list[Movement]:
        """What happened to the SKU since then, newest first."""
        return list(takewhile(lambda each: each.at >= since, every_movement(sku, stock=self.books)))

    # --- submitting --------------------------------------------------------------------

    def _decide(self, count_id: str, lines: Sequence[Counted], actor: str) -> None:
        count, content = self.counts.load(count_id), content_of(lines)
        if count.submitted == content:
            return
        if count.state in (CountState.POSTING, CountState.POSTED):
            raise Refused(f"the count is {count.state}", "count-closed")
        check_submitted(count, lines, self.clock.now())
        found = {(each.sku, each.lot): each for each in lines}
        measured_lines = tuple(
            self._measured(count, line, found.get((line.sku, line.lot))) for line in count.lines
        )
        waits = any(line.needs_approval for line in measured_lines)
        state = CountState.AWAITING_APPROVAL if waits else CountState.POSTING
        self._save(
            count,
            replace(count, lines=measured_lines, state=state, counted_by=actor, submitted=content),
        )

    def _measured(self, count: Count, line: CountLine, what: Counted | None) -> CountLine:
        if what is None:
            return replace(line, counted=None, expected=None, variance=None)
        since = count.opened_at - SLOWEST_COMMIT
        recent = self._recent(line.sku, since)
        return measured(line, what, moves_of(recent, count.node, line.lot, since))

    def _save(self, before: Count, after: Count) -> None:
        self.counts.commit([self.counts.saved(before, after)])

    # --- posting -----------------------------------------------------------------------

    def _carry_out(self, count_id: str) -> Count:
        count = self.counts.load(count_id)
        if count.state is not CountState.POSTING:
            return count
        for number, part in enumerate(in_parts(count.counted, LINES_PER_PART)):
            self._post(count, number, part)
        self._save(count, replace(count, state=CountState.POSTED))
        return self.counts.load(count_id)

    def _post(self, count: Count, number: int, part: Sequence[CountLine]) -> None:
        now = self.clock.now()
        told = [self.counts.told(count, line, now) for line in part]
        moves = tuple(
            _movement(count, line, share, now)
            for line in part
            for share in self._shares(count, line)
        )
        if moves:
            mark = Posting(count.count_id, f"COUNT#{number}", count.submitted, moves)
            self.books.post(mark, told)
        else:
            self.counts.commit(told)

    def _shares(self, count: Count, line: CountLine) -> list[tuple[Shelf, int]]:
        levels = [each for each in self.books.levels(line.sku) if each.node == count.node]
        return shares(levels, line.lot, line.variance or 0)


def _line(sku: Sku, lot: str, levels: Sequence[Level], seen: Sequence[Movement]) -> CountLine:
    on_hand = sum(each.on_hand for each in levels if group_of(each.shelf) == lot)
    return CountLine(sku, on_hand, lot, tuple(each.movement_id for each in seen))


def _movement(count: Count, line: CountLine, share: tuple[Shelf, int], at: datetime) -> Movement:
    shelf, units = share
    return Movement(
        new_ulid(at),
        line.sku,
        count.node,
        {"on_hand": units},
        AdjustmentReason.COUNT,
        count.count_id,
        count.counted_by,
        at,
        shelf,
    )
