"""What was published of each SKU, in the stock table; and the stream that tells when to look.

| pk | sk | what |
|---|---|---|
| `SELLABLE#{sku}` | `SELLABLE` | each channel's last figure and its number, the alert, the turn |
| `ALERTS` | `{sku}` | the alerts that stand, for the list; written with the row above |
| `REFRESH#{cause}` | `REFRESH` | how far every SKU of the catalogue was looked at again |
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from oms.inventory import items
from oms.inventory.alerts import Alert
from oms.inventory.model import Level
from oms.inventory.news import news
from oms.inventory.ports import Page
from oms.inventory.publish import Published
from oms.kernel.codec import dump, load
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import NodeId, Sku
from oms.orders.events import BusEvent
from oms.platform.attributes import unmarshal
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

Record = Mapping[str, Any]
SELLABLE, ALERTS, REFRESH = "SELLABLE", "ALERTS", "REFRESH"
_KEPT_FOR = timedelta(days=30)  # a refresh that is done, so that its cause starts no other


class DynamoFigures:
    """`Figures`, `Alerts` and `Refreshes` over the stock table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def known(self, skus: Collection[Sku]) -> dict[Sku, Published]:
        found = self._dynamo.get_many(self._table, [_key(sku) for sku in skus])
        read = {each.sku: each for each in map(_published, found)}
        return {sku: read.get(sku) or Published(sku) for sku in skus}

    def save(self, before: Published, after: Published) -> None:
        """See `Figures`. The list of alerts is written when one rises or falls, and only then."""
        row = self._row(before, after)
        listed = [self._listed(after)] if after.alerts != before.alerts else []
        self._dynamo.commit([row, *listed])

    def _row(self, before: Published, after: Published) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _key(after.sku),
            item=_fields(after),
            # True while nobody looked since `before` was read.
            condition="#turn = :turn" if before.turn else "attribute_not_exists(pk)",
            names={"#turn": "turn"} if before.turn else {},
            values={":turn": before.turn} if before.turn else {},
            refused=_lost_turn(after.sku),
        )

    def _listed(self, after: Published) -> Write:
        key = {"pk": ALERTS, "sk": after.sku}
        if after.low is None:
            return Write(Action.DELETE, self._table, key)
        fields = dump(after.low)
        del fields["sku"]
        return Write(Action.PUT, self._table, key, item=fields)

    def alerts(self, limit: int, after: str = "") -> Page[Alert]:
        found, last = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": ALERTS},
            limit=limit,
            start={"pk": ALERTS, "sk": after} if after else None,
        )
        alerts = tuple(load(Alert, {**item, "sku": item["sk"]}) for item in found)
        return Page(alerts, last["sk"] if last else "")

    # --- looking at everything again -----------------------------------------------------

    def begin(self, cause: str, now: datetime) -> bool:
        """See `Refreshes`."""
        write = Write(
            Action.PUT,
            self._table,
            _refresh_key(cause),
            item={"after": "", "done": False, "purge_at": int((now + _KEPT_FOR).timestamp())},
            condition="attribute_not_exists(pk)",
            refused=lambda old: VersionConflict(f"the refresh for {cause} has begun"),
        )
        return self._first(write)

    def advance(self, cause: str, before: str, after: str) -> bool:
        """See `Refreshes`. An empty `after` is the end."""
        write = Write(
            Action.UPDATE,
            self._table,
            _refresh_key(cause),
            update="SET #after = :after, #done = :done",
            # True while nobody took this step.
            condition="#after = :before AND #done = :open",
            names={"#after": "after", "#done": "done"},
            values={":before": before, ":after": after, ":done": not after, ":open": False},
            refused=lambda old: VersionConflict(f"a step of the refresh for {cause} was taken"),
        )
        return self._first(write)

    def _first(self, write: Write) -> bool:
        try:
            self._dynamo.commit([write])
        except VersionConflict:
            return False
        return True


def _key(sku: Sku) -> dict[str, str]:
    return {"pk": f"SELLABLE#{sku}", "sk": SELLABLE}


def _refresh_key(cause: str) -> dict[str, str]:
    return {"pk": f"REFRESH#{cause}", "sk": REFRESH}


def _fields(published: Published) -> Item:
    fields: Item = dump(published)
    del fields["sku"]
    return fields


def _published(item: Item) -> Published:
    return load(Published, {**item, "sku": item["pk"].removeprefix("SELLABLE#")})


def _lost_turn(sku: Sku) -> Any:
    return lambda old: VersionConflict(f"another look at {sku} was faster")


# --- the stream --------------------------------------------------------------------------


def events_of(records: Sequence[Record]) -> list[BusEvent]:
    """What the rows of published figures in `records` have to tell the bus."""
    return [
        event
        for old, new in _changes(records)
        if new and new["sk"] == SELLABLE and new["pk"].startswith("SELLABLE#")
        for event in news(_published(old) if old else None, _published(new))
    ]


def touched_by(records: Sequence[Record]) -> set[Sku]:
    """The SKUs of which `records` change something that bears on what can be sold."""
    return {sku for old, new in _changes(records) if (sku := _touched(old, new)) is not None}


def _touched(old: Item | None, new: Item | None) -> Sku | None:
    item = new or old or {}
    if items.is_level(item):
        return None if _bearing(old) == _bearing(new) else items.place_of(item)[0]
    if item["sk"] == items.SELLING and item["pk"].startswith("SKU#"):
        return Sku(item["pk"].removeprefix("SKU#"))
    return None


def _bearing(item: Item | None) -> tuple[object, ...]:
    """Of a level: what the sellable figure is made of. Units that ship change none of it."""
    level = items.level_of(item) if item else Level(Sku(""), NodeId(""))
    return level.available, level.safety, level.blocked, level.expires_on


def refreshes_in(records: Sequence[Record]) -> list[tuple[str, str]]:
    """The steps that refreshes are at: cause, and the SKU to go on after."""
    return [
        (new["pk"].removeprefix("REFRESH#"), new["after"])
        for _, new in _changes(records)
        if new and new["sk"] == REFRESH and new["pk"].startswith("REFRESH#") and not new["done"]
    ]


def rules_changed(records: Sequence[Record]) -> bool:
    """Whether `records` bring other selling rules, which bear on every SKU."""
    return any(new and _is_policy(new) for _, new in _changes(records))


def _is_policy(item: Item) -> bool:
    return {"pk": item["pk"], "sk": item["sk"]} == items.policy_key()


def _changes(records: Sequence[Record]) -> Iterator[tuple[Item | None, Item | None]]:
    for record in records:
        images = record["dynamodb"]
        old, new = (images.get(name) for name in ("OldImage", "NewImage"))
        yield (unmarshal(old) if old else None), (unmarshal(new) if new else None)
