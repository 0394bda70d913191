"""Orders in DynamoDB: one document with a version, its content, and the keys it is known by.

Shapes of the items: `docs/data-model.md`.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from oms.kernel.clock import Clock, from_iso, iso
from oms.kernel.codec import dump, load
from oms.kernel.errors import NotFound, VersionConflict
from oms.kernel.ids import OrderId
from oms.orders.agenda import Timers, planned
from oms.orders.content import Content
from oms.orders.model import Entry, Order
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

WORKLIST_SHARDS = 4


def order_key(order_id: str) -> dict[str, str]:
    return {"pk": f"O#{order_id}", "sk": "ORDER"}


def content_key(order_id: str) -> dict[str, str]:
    return {"pk": f"O#{order_id}", "sk": "CONTENT"}


def tracking_key(token_hash: str) -> dict[str, str]:
    return {"pk": f"T#{token_hash}", "sk": "TRACKING"}


def parcel_key(tracking_number: str, carrier: str) -> dict[str, str]:
    return {"pk": f"P#{tracking_number}", "sk": carrier}


def worklist_shard(order_id: str) -> int:
    return zlib.crc32(order_id.encode()) % WORKLIST_SHARDS


class DynamoOrders:
    """The `orders` table. Also answers `OrderStore`."""

    def __init__(
        self,
        dynamo: Dynamo,
        table: str,
        clock: Clock,
        timers: Timers,
        seen: Callable[[Order], None] = lambda order: None,
    ) -> None:
        """`seen` is told of each order that is loaded by itself, for the log."""
        self._dynamo, self._table, self._clock, self._timers = dynamo, table, clock, timers
        self._seen = seen

    # --- reading ---------------------------------------------------------------------

    def load(self, order_id: OrderId) -> Order:
        item = self._dynamo.get(self._table, order_key(order_id))
        if item is None:
            raise NotFound(f"no order {order_id}")
        return self._noticed(order_from_item(item))

    def load_with_content(self, order_id: OrderId) -> tuple[Order, Content]:
        items, _ = self._dynamo.query(self._table, "pk = :pk", {":pk": f"O#{order_id}"})
        found = {item["sk"]: item for item in items}
        if "ORDER" not in found:
            raise NotFound(f"no order {order_id}")
        order = self._noticed(order_from_item(found["ORDER"]))
        return order, content_from_item(found["CONTENT"])

    def _noticed(self, order: Order) -> Order:
        self._seen(order)
        return order

    def load_many(self, order_ids: Iterable[str]) -> dict[str, tuple[Order, Content]]:
        """Orders with their contents by id; ids that name no order are left out."""
        keys = [key for each in order_ids for key in (order_key(each), content_key(each))]
        items = {(i["pk"], i["sk"]): i for i in self._dynamo.get_many(self._table, keys)}
        orders = (order_from_item(i) for (_, sk), i in items.items() if sk == "ORDER")
        return {
            order.order_id: (
                order,
                content_from_item(items[f"O#{order.order_id}", "CONTENT"]),
            )
            for order in orders
        }

    def by_tracking_token(self, token_hash: str) -> OrderId:
        item = self._dynamo.get(self._table, tracking_key(token_hash), consistent=False)
        if item is None:
            raise NotFound("no such link")
        return OrderId(item["order_id"])

    def by_parcel(self, tracking_number: str, carrier: str) -> tuple[OrderId, int, int]:
        """The order, shipment number and parcel number of a tracking number."""
        item = self._dynamo.get(self._table, parcel_key(tracking_number, carrier))
        if item is None:
            raise NotFound(f"no parcel {tracking_number}")
        return OrderId(item["order_id"]), item["shipment"], item["parcel"]

    @property
    def shards(self) -> int:
        return WORKLIST_SHARDS

    def worklist(self, worklist: str, shard: int, after: str) -> Iterator[tuple[str, str]]:
        """(due key, order id) of one shard, most urgent first, after the key `after`."""
        return self._worklist(worklist, shard, after or "0", "~")

    def due(self, worklist: str, now: datetime, limit: int) -> Iterator[OrderId]:
        """Orders of `worklist` whose time has come, most urgent first in each shard."""
        for shard in range(WORKLIST_SHARDS):
            rows = self._worklist(worklist, shard, "0", iso(now) + "~")
            for _, order_id in islice(rows, limit):
                yield OrderId(order_id)

    def _worklist(self, name: str, shard: int, after: str, until: str) -> Iterator[tuple[str, str]]:
        items = self._dynamo.query_all(
            self._table,
            "worklist = :w AND due_at BETWEEN :a AND :u",
            {":w": f"{name}#{shard}", ":a": after, ":u": until},
            index="worklist",
        )
        for item in items:
            if item["due_at"] != after:  # BETWEEN takes in its bounds
                yield item["due_at"], item["pk"].removeprefix("O#")

    # --- writing ---------------------------------------------------------------------

    def save(
        self,
        before: Order,
        after: Order,
        *,
        content: Content | None = None,
        also: Sequence[Write] = (),
    ) -> Order:
        """See `oms.orders.ports.OrderStore`. Nothing changed and nothing to add: no write."""
        if after == before and content is None and not also:
            return before
        stored = self._next(before, after)
        writes = [self._put(before, stored)]
        if content is not None:
            writes.append(self._put_content(stored.order_id, content))
        self._dynamo.commit([*writes, *also])
        return stored

    def changed(self, before: Order, after: Order) -> Write:
        """See `oms.orders.ports.OrderStore`."""
        return self._put(before, self._next(before, after))

    def _next(self, before: Order, after: Order) -> Order:
        planned_order = planned(before, after, self._timers, self._clock.now())
        return replace(planned_order, version=before.version + 1)

    def first_writes(
        self, order: Order, content: Content, token_hash: str
    ) -> tuple[Order, list[Write]]:
        """What a capture adds to its transaction: the order, its content, its tracking key."""
        planned_order = planned(None, order, self._timers, self._clock.now())
        stored = replace(planned_order, version=1)
        tracking = Write(
            Action.PUT,
            self._table,
            tracking_key(token_hash),
            {"order_id": order.order_id},
            condition="attribute_not_exists(pk)",
        )
        return stored, [
            self._put(None, stored),
            self._put_content(order.order_id, content),
            tracking,
        ]

    def claim_parcel(
        self, order_id: OrderId, shipment: int, parcel: int, carrier: str, number: str
    ) -> None:
        """Write the key that a tracking number is found by; one parcel a number.

        By itself and before the order: a key of a parcel that lacks its label leads to
        nothing, the reverse would lose scans. Repeating it changes nothing.
        """
        claim = Write(
            Action.PUT,
            self._table,
            parcel_key(number, carrier),
            {"order_id": order_id, "shipment": shipment, "parcel": parcel},
            # True for a new number, and when this parcel has it already.
            condition="attribute_not_exists(pk)"
            " OR (order_id = :o AND shipment = :s AND parcel = :p)",
            values={":o": order_id, ":s": shipment, ":p": parcel},
        )
        self._dynamo.commit([claim])

    def _put(self, before: Order | None, order: Order) -> Write:
        write_id = secrets.token_hex(8)
        item: Item = {
            **_document(order_to_doc(order)),
            "timeline": pack_timeline(order.timeline),
            "version": order.version,
            "write_id": write_id,
            "stage": order.stage.value,
            "status": order.status,
        }
        if order.due_at:
            item["worklist"] = f"{order.worklist}#{worklist_shard(order.order_id)}"
            item["due_at"] = f"{iso(order.due_at)}#{order.order_id}"

        def refused(old: Item | None) -> Exception | None:
            # The SDK's own resend of a write whose reply was lost meets its first copy.
            if old is not None and old.get("write_id") == write_id:
                return None
            return VersionConflict(f"order {order.order_id} was changed meanwhile")

        return Write(
            Action.PUT,
            self._table,
            order_key(order.order_id),
            item,
            # True when nobody has written since this was read (or there was nothing yet).
            condition="version = :v" if before else "attribute_not_exists(pk)",
            values={":v": before.version} if before else {},
            refused=refused,
        )

    def _put_content(self, order_id: str, content: Content) -> Write:
        doc = json.dumps(dump(content), ensure_ascii=False, separators=(",", ":"))
        return Write(Action.PUT, self._table, content_key(order_id), _document(doc))


# --- documents ---------------------------------------------------------------------------


def order_to_doc(order: Order) -> str:
    """Where the order stands, as JSON that a person can read in the table."""
    data = dump(replace(order, timeline=(), version=0))
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


# An item may have 400 KB, and a write costs by the kilobyte: a document that is larger than this
# is kept compressed, to about a tenth. Smaller ones can be read in the table.
_PACKED_FROM = 60_000


def _document(text: str) -> Item:
    if len(text) < _PACKED_FROM:
        return {"doc": text}
    return {"packed": zlib.compress(text.encode(), 6)}


def _text(item: Item) -> str:
    return zlib.decompress(item["packed"]).decode() if "packed" in item else str(item["doc"])


def pack_timeline(timeline: Sequence[Entry]) -> bytes:
    """The timeline, compressed: it grows to most of the order, repeats itself, and every write
    pays for all of it by the kilobyte."""
    rows = [[e.seq, iso(e.at), e.actor, e.event, dump(e.detail)] for e in timeline]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def unpack_timeline(packed: bytes) -> tuple[Entry, ...]:
    rows = json.loads(zlib.decompress(packed))
    return tuple(
        Entry(seq, from_iso(at), actor, event, detail) for seq, at, actor, event, detail in rows
    )


def order_from_item(item: Item) -> Order:
    order = load(Order, json.loads(_text(item)))
    timeline = unpack_timeline(item["timeline"])
    return replace(order, timeline=timeline, version=item["version"])


def content_from_item(item: Item) -> Content:
    return load(Content, json.loads(_text(item)))
