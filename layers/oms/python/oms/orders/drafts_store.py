"""Drafts in the `channels` table: `DRAFT#{id}` / `DRAFT`, and those that are open in the list
`DRAFTS`. One that has ended is kept for three months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from oms.kernel.clock import iso
from oms.kernel.codec import dump, load
from oms.kernel.errors import NotFound, VersionConflict
from oms.orders.drafts import Draft, DraftState
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

_LIST = "DRAFTS"
_KEPT_FOR = timedelta(days=90)


class DynamoDrafts:
    """Answers `oms.orders.drafts.DraftStore`."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def find(self, draft_id: str) -> Draft | None:
        item = self._dynamo.get(self._table, _key(draft_id))
        return load(Draft, item) if item else None

    def load(self, draft_id: str) -> Draft:
        if found := self.find(draft_id):
            return found
        raise NotFound(f"there is no draft {draft_id}")

    def saved(self, before: Draft | None, after: Draft) -> list[Write]:
        stored = replace(after, version=before.version + 1 if before else 1)
        version, key, item = before.version if before else 0, _key(stored.draft_id), _item(stored)

        def refused(old: Item | None) -> Exception | None:
            # The SDK's own resend of a write whose reply was lost meets its first copy.
            same = old == {**key, **item}
            return None if same else VersionConflict("the draft was changed meanwhile")

        row = Write(
            Action.PUT,
            self._table,
            key,
            item,
            # True when nobody has written since this was read (or there was nothing yet).
            condition="#version = :v" if version else "attribute_not_exists(pk)",
            names={"#version": "version"} if version else {},
            values={":v": version} if version else {},
            refused=refused,
        )
        return [row, *self._listed(before, stored)]

    def _listed(self, before: Draft | None, after: Draft) -> list[Write]:
        key = {"pk": _LIST, "sk": f"{iso(after.created_at)}#{after.draft_id}"}
        if before is None:
            return [Write(Action.PUT, self._table, key)]
        ends = after.state is not DraftState.OPEN
        return [Write(Action.DELETE, self._table, key)] if ends else []

    def commit(self, writes: Sequence[Write]) -> None:
        self._dynamo.commit(writes)

    def page(self, limit: int, after: str) -> tuple[list[Draft], str]:
        rows, last = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": _LIST},
            limit=limit,
            start={"pk": _LIST, "sk": after} if after else None,
            newest_first=True,
        )
        keys = [_key(row["sk"].partition("#")[2]) for row in rows]
        found = [load(Draft, item) for item in self._dynamo.get_many(self._table, keys)]
        found.sort(key=lambda draft: (draft.created_at, draft.draft_id), reverse=True)
        return found, last["sk"] if last else ""


def _key(draft_id: str) -> dict[str, str]:
    return {"pk": f"DRAFT#{draft_id}", "sk": "DRAFT"}


def _item(draft: Draft) -> Item:
    item: Item = dump(draft)
    if draft.state is not DraftState.OPEN:
        item["purge_at"] = int((draft.changed_at + _KEPT_FOR).timestamp())
    return item
