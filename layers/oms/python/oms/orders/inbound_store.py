"""The `inbound` table: raw deliveries under the business keys of the orders they made."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

from oms.kernel.clock import Clock, iso
from oms.kernel.errors import NotFound
from oms.kernel.ids import OrderId
from oms.orders.model import Order
from oms.orders.ports import AlreadyCaptured, RawDelivery
from oms.platform.blobs import Blobs
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write, goes_through

# A DynamoDB item ends at 400 KB and every write pays by the kilobyte.
INLINE_LIMIT = 64 * 1024
_ABSENT = "attribute_not_exists(pk)"


class DynamoInbound:
    """Answers `oms.orders.ports.Inbound`. `noted` is the write by which an order has news."""

    def __init__(
        self,
        dynamo: Dynamo,
        table: str,
        blobs: Blobs,
        clock: Clock,
        noted: Callable[[str, str, str, bool], Write] | None = None,
    ) -> None:
        self._dynamo, self._table, self._blobs, self._clock = dynamo, table, blobs, clock
        self._noted = noted

    def first(self, order: Order, delivery: RawDelivery) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _business_key(order.channel, order.account, order.external_id, "ORDER"),
            {"order_id": order.order_id, **self._kept(delivery)},
            condition=_ABSENT,
            refused=_already(order.order_id),
        )

    def claim_key(self, caller: str, key: str, order_id: OrderId, digest: str) -> Write:
        return Write(
            Action.PUT,
            self._table,
            {"pk": f"IDEMPOTENCY#{caller}#{key}", "sk": "ORDER"},
            {"order_id": order_id, "digest": digest},
            condition=_ABSENT,
            refused=_already(order_id, by_key=True),
        )

    def later(self, channel: str, account: str, external_id: str, delivery: RawDelivery) -> bool:
        key = _business_key(channel, account, external_id, f"DELIVERY#{delivery.name}")
        also = []
        if delivery.follow and self._noted:
            also.append(self._noted(channel, account, external_id, delivery.thin))
        return self._put_once(key, self._kept(delivery), also)

    def order_of(self, channel: str, account: str, external_id: str) -> OrderId | None:
        """The order that a channel's order became; None when there is none yet."""
        key = _business_key(channel, account, external_id, "ORDER")
        item = self._dynamo.get(self._table, key)
        return OrderId(item["order_id"]) if item else None

    def newest(self, channel: str, account: str, external_id: str) -> Item | None:
        """The kept delivery of the channel's newest version, apart from the first; for
        `raw_body`."""
        pk = _business_key(channel, account, external_id, "")["pk"]
        items, _ = self._dynamo.query(
            self._table,
            "pk = :pk AND begins_with(sk, :later)",
            {":pk": pk, ":later": "DELIVERY#"},
            newest_first=True,
            limit=1,
        )
        return items[0] if items else None

    def quarantine(
        self, channel: str, account: str, delivery: RawDelivery, code: str, reason: str
    ) -> None:
        self._put_once(
            {"pk": "QUARANTINE", "sk": delivery.digest},
            {
                "channel": channel,
                "account": account,
                "code": code,
                "reason": reason,
                **self._kept(delivery),
            },
        )

    # --- the quarantine as a worklist ---------------------------------------------------

    def quarantined(self, limit: int, start: str = "") -> list[Item]:
        items, _ = self._dynamo.query(
            self._table,
            "pk = :pk AND sk > :start",
            {":pk": "QUARANTINE", ":start": start or "-"},
            limit=limit,
        )
        return items

    def quarantined_one(self, digest: str) -> Item:
        """Raises NotFound."""
        item = self._dynamo.get(self._table, {"pk": "QUARANTINE", "sk": digest})
        if item is None:
            raise NotFound(f"nothing in quarantine under {digest}")
        return item

    def leave_quarantine(self, item: Item, outcome: str, actor: str) -> None:
        """Take `item` off the list and keep it, with what became of it."""
        rest = {name: value for name, value in item.items() if name not in ("pk", "sk")}
        done = {"pk": "QUARANTINE#DONE", "sk": f"{iso(self._clock.now())}#{item['sk']}"}
        self._dynamo.commit(
            [
                Write(Action.DELETE, self._table, {"pk": item["pk"], "sk": item["sk"]}),
                Write(Action.PUT, self._table, done, {**rest, "outcome": outcome, "actor": actor}),
            ]
        )

    def raw_body(self, item: Item) -> bytes:
        """The bytes of a kept delivery, exactly as they came."""
        if "body" in item:
            return zlib.decompress(item["body"])
        return zlib.decompress(self._blobs.get(item["body_key"]))

    # --- inside -------------------------------------------------------------------------

    def _kept(self, delivery: RawDelivery) -> dict[str, Any]:
        packed = zlib.compress(delivery.body, 6)
        kept: dict[str, Any] = {
            "digest": delivery.digest,
            "received_at": iso(self._clock.now()),
        }
        kept |= {
            name: value
            for name, value in (("delivery", delivery.key), ("topic", delivery.topic))
            if value
        }
        kept |= {
            name: True
            for name, value in (
                ("thin", delivery.thin),
                ("must_be_known", delivery.must_be_known),
            )
            if value
        }
        if len(packed) <= INLINE_LIMIT:
            return {**kept, "body": packed}
        # The object comes first: a key without an order is rubbish, the reverse is a loss.
        key = f"raw/{delivery.digest}"
        self._blobs.put(key, packed, "application/zlib")
        return {**kept, "body_key": key}

    def _put_once(self, key: dict[str, str], item: Item, also: Sequence[Write] = ()) -> bool:
        first = Write(Action.PUT, self._table, key, item, condition=_ABSENT)
        return goes_through(self._dynamo, first, also)


def _business_key(channel: str, account: str, external_id: str, sort: str) -> dict[str, str]:
    return {"pk": f"{channel}#{account}#{external_id}", "sk": sort}


def _already(
    order_id: OrderId, *, by_key: bool = False
) -> Callable[[Item | None], Exception | None]:
    def refused(old: Item | None) -> Exception | None:
        assert old is not None  # the condition is attribute_not_exists
        if old["order_id"] == order_id:
            return None  # our own write, met again by a resend
        return AlreadyCaptured(OrderId(old["order_id"]), old["digest"], by_key=by_key)

    return refused
