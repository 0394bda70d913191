"""Cursors of polls, and the gaps they found, in the `channels` table.

| pk | sk | what |
|---|---|---|
| `POLL#{channel}#{account}` | `POLL` | `Cursor` |
| `GAPS#{channel}#{account}` | `{found_at}#{external_id}` | `Gap`; kept for 90 days |
"""

from __future__ import annotations

from datetime import timedelta

from oms.channels.gaps import Gap
from oms.channels.poll import Cursor
from oms.kernel.clock import iso
from oms.kernel.codec import dump, load
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write, goes_through

_KEPT_FOR = timedelta(days=90)


class DynamoPolls:
    """Answers `oms.channels.poll.Polls` and `oms.channels.gaps.Gaps`."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def cursor(self, channel: str, account: str) -> Cursor | None:
        item = self._dynamo.get(self._table, _key(channel, account))
        return load(Cursor, item) if item else None

    def save(self, cursor: Cursor) -> bool:
        before = cursor.version
        write = Write(
            Action.PUT,
            self._table,
            _key(cursor.channel, cursor.account),
            {**dump(cursor), "version": before + 1},
            # True while nobody wrote since the cursor was read.
            condition="#v = :before" if before else "attribute_not_exists(pk)",
            names={"#v": "version"} if before else {},
            values={":before": before} if before else {},
        )
        return goes_through(self._dynamo, write)

    def add_gap(self, gap: Gap) -> None:
        key = {
            "pk": f"GAPS#{gap.channel}#{gap.account}",
            "sk": f"{iso(gap.found_at)}#{gap.external_id}",
        }
        purge_at = int((gap.found_at + _KEPT_FOR).timestamp())
        item = {**dump(gap), "purge_at": purge_at}
        self._dynamo.commit([Write(Action.PUT, self._table, key, item)])

    def gaps(self, channel: str, account: str, limit: int = 20) -> list[Gap]:
        """The newest first."""
        items, _ = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": f"GAPS#{channel}#{account}"},
            newest_first=True,
            limit=limit,
        )
        return [load(Gap, item) for item in items]


def _key(channel: str, account: str) -> dict[str, str]:
    return {"pk": f"POLL#{channel}#{account}", "sk": "POLL"}
