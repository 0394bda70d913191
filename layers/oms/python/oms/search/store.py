"""The `order_index` table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from oms.kernel.errors import VersionConflict
from oms.kernel.ids import ulid_time
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write
from oms.search.model import DAYS, Row, fold
from oms.search.project import State

_LAST = "\U0010ffff"  # sorts after every letter of every script


def _state_key(order_id: str) -> dict[str, str]:
    return {"pk": f"order#{order_id}", "sk": "STATE"}


class DynamoIndex:
    """Answers `oms.search.project.Index` and the questions of lists."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table
        self._days: set[Row] = set()  # written by this process: the same row for every order

    # --- keeping ------------------------------------------------------------------------

    def states(self, order_ids: Collection[str]) -> Mapping[str, State]:
        items = self._dynamo.get_many(self._table, [_state_key(each) for each in order_ids])
        states = (_state_from(item) for item in items)
        return {state.order_id: state for state in states}

    def write_rows(self, added: Iterable[Row], removed: Iterable[Row]) -> None:
        fresh = set(added) - self._days
        self._dynamo.put_many(
            self._table,
            [{"pk": row.pk, "sk": row.sk} for row in sorted(fresh)],
            [{"pk": row.pk, "sk": row.sk} for row in sorted(set(removed))],
        )
        self._days |= {row for row in fresh if row.pk == DAYS}

    def count(
        self,
        changed: Sequence[tuple[State | None, State]],
        changes: Mapping[str, int],
        shard: int,
    ) -> None:
        writes = [self._replace(old, new) for old, new in changed]
        if changes:
            writes.append(self._add_counts(changes, shard))
        self._dynamo.commit(writes)

    def _replace(self, old: State | None, new: State) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _state_key(new.order_id),
            {
                "version": new.version,
                "status": new.status,
                "rows": [[row.pk, row.sk] for row in sorted(new.rows)],
            },
            # True when the index still says what the counts were computed from.
            condition="version = :v" if old else "attribute_not_exists(pk)",
            values={":v": old.version} if old else {},
            refused=lambda _: VersionConflict("the index moved on"),
        )

    def _add_counts(self, changes: Mapping[str, int], shard: int) -> Write:
        adds = ", ".join(f"#s{i} :c{i}" for i in range(len(changes)))
        return Write(
            Action.UPDATE,
            self._table,
            {"pk": "COUNTS", "sk": str(shard)},
            update=f"ADD {adds}",
            names={f"#s{i}": status for i, status in enumerate(changes)},
            values={f":c{i}": change for i, change in enumerate(changes.values())},
        )

    # --- asking -------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Orders per status, as the stream has counted so far."""
        totals: Counter[str] = Counter()
        for item in self._dynamo.query_all(self._table, "pk = :pk", {":pk": "COUNTS"}):
            totals.update({name: n for name, n in item.items() if name not in ("pk", "sk")})
        return {status: count for status, count in sorted(totals.items()) if count}

    def page(self, pk: str, *, before: str, prefix: str = "", limit: int) -> list[str]:
        """Sort keys of a token, newest first, those before `before` (empty: from the top)."""
        values = {":pk": pk, ":low": prefix or "!", ":high": before or prefix + _LAST}
        items, _ = self._dynamo.query(
            self._table,
            "pk = :pk AND sk BETWEEN :low AND :high",
            values,
            newest_first=True,
            limit=limit + 1,
        )
        # BETWEEN takes in its bounds; the row that a page ended with is not shown again.
        return [item["sk"] for item in items if item["sk"] != before][:limit]

    def orders_of(self, email: str, limit: int) -> list[tuple[str, datetime]]:
        """(order id, captured at) of the newest orders under an e-mail address."""
        order_ids = self.page(f"email#{fold(email)}", before="", limit=limit)
        return [(order_id, ulid_time(order_id)) for order_id in order_ids]


def _state_from(item: Item) -> State:
    rows = frozenset(Row(pk, sk) for pk, sk in item["rows"])
    return State(item["pk"].removeprefix("order#"), item["version"], item["status"], rows)
