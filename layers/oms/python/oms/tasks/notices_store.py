"""Notices in the table of channels.

| pk | sk | what |
|---|---|---|
| `NOTICE` | `{notice}` | a notice that nobody has acknowledged |
| `NOTICE#DONE` | `{time}#{notice}` | one that is settled, by whom; kept for 90 days |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from oms.kernel.clock import Clock, iso
from oms.kernel.codec import dump, load
from oms.kernel.errors import NotFound
from oms.kernel.ids import digest
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write, goes_through
from oms.tasks.notices import Notice

_OPEN, _DONE = "NOTICE", "NOTICE#DONE"
_KEPT_FOR = timedelta(days=90)


class DynamoNotices:
    """`Notices`."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def raise_notice(self, key: str, kind: str, reason: str, subject: Mapping[str, str]) -> bool:
        notice = Notice(key, kind, reason, self._clock.now(), dict(subject))
        return goes_through(self._dynamo, self._put(notice, "attribute_not_exists(pk)"))

    def raised(self, notice: Notice) -> Write:
        return self._put(notice)

    def listed(self, limit: int) -> list[Notice]:
        found, _ = self._dynamo.query(self._table, "pk = :pk", {":pk": _OPEN}, limit=limit)
        return [load(Notice, each) for each in found]

    def settle(self, key: str, actor: str) -> bool:
        try:
            self.acknowledge(digest(key), actor)
        except NotFound:
            return False
        return True

    def acknowledge(self, notice_id: str, actor: str) -> Notice:
        item = self._dynamo.get(self._table, _key(notice_id))
        if item is None:
            raise NotFound(f"no notice {notice_id[:40]}")
        self._dynamo.commit([self._gone(notice_id), self._kept(notice_id, item, actor)])
        return load(Notice, item)

    def _put(self, notice: Notice, condition: str = "") -> Write:
        return Write(
            Action.PUT,
            self._table,
            _key(notice.notice_id),
            item=dump(notice),
            condition=condition,
        )

    def _gone(self, notice_id: str) -> Write:
        return Write(
            Action.DELETE,
            self._table,
            _key(notice_id),
            # True while nobody acknowledged it since it was read.
            condition="attribute_exists(pk)",
            refused=lambda old: NotFound(f"no notice {notice_id[:40]}"),
        )

    def _kept(self, notice_id: str, item: Item, actor: str) -> Write:
        now = self._clock.now()
        rest = {name: value for name, value in item.items() if name not in ("pk", "sk")}
        done = {"actor": actor, "purge_at": int((now + _KEPT_FOR).timestamp())}
        key = {"pk": _DONE, "sk": f"{iso(now)}#{notice_id}"}
        return Write(Action.PUT, self._table, key, item={**rest, **done})


def _key(notice_id: str) -> dict[str, str]:
    return {"pk": _OPEN, "sk": notice_id}
