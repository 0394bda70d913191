"""Deliveries in the table of channels: kept for 30 days, so that they can be sent again.

| pk | sk | what |
|---|---|---|
| `HOOK#{subscription}` | `DELIVERY#{delivery}` | the body as it is sent, and what came of it |

While a delivery is pending it stands in the index `due` on its subscription's own list
`HOOKS#{subscription}`: a long backlog of one is not in the way of another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from oms.kernel.clock import iso
from oms.kernel.codec import dump, load
from oms.kernel.ids import ulid_floor
from oms.notifications.delivery import Delivery, DeliveryId, DeliveryState, no_such_delivery
from oms.notifications.subscription import SubscriptionId
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write, goes_through

_SORT = "DELIVERY#"
_KEPT_FOR = timedelta(days=30)


class DynamoDeliveries:
    """`Deliveries`."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def first(self, delivery: Delivery) -> bool:
        # True when the bus never brought this event for this subscriber.
        return self._put(delivery, "attribute_not_exists(pk)")

    def save(self, before: Delivery, after: Delivery) -> bool:
        return self._put(
            after,
            # True while nobody began or settled an attempt since `before` was read.
            "#attempts = :attempts AND #state = :state",
            {"#attempts": "attempts", "#state": "state"},
            {":attempts": before.attempts, ":state": before.state.value},
        )

    def get(self, subscription_id: SubscriptionId, delivery_id: str) -> Delivery:
        item = self._dynamo.get(self._table, _key(subscription_id, delivery_id))
        if item is None:
            raise no_such_delivery(delivery_id)
        return _delivery(item)

    def due(self, subscription_id: SubscriptionId, now: datetime, limit: int) -> list[DeliveryId]:
        return self._listed(subscription_id, iso(now) + "~", limit)

    def waiting(self, subscription_id: SubscriptionId, limit: int) -> list[DeliveryId]:
        return self._listed(subscription_id, "~", limit)

    def newest(
        self, subscription_id: SubscriptionId, limit: int, after: str
    ) -> tuple[list[Delivery], str]:
        bounds = (_SORT, f"{_SORT}~")
        return self._page(subscription_id, bounds, limit, after, newest_first=True)

    def between(
        self,
        subscription_id: SubscriptionId,
        since: datetime,
        until: datetime,
        limit: int,
        after: str,
    ) -> tuple[list[Delivery], str]:
        bounds = (_SORT + ulid_floor(since), _SORT + ulid_floor(until))
        return self._page(subscription_id, bounds, limit, after)

    def _page(
        self,
        subscription_id: SubscriptionId,
        bounds: tuple[str, str],
        limit: int,
        after: str,
        newest_first: bool = False,
    ) -> tuple[list[Delivery], str]:
        found, last = self._dynamo.query(
            self._table,
            "pk = :pk AND sk BETWEEN :from AND :to",
            {":pk": _pk(subscription_id), ":from": bounds[0], ":to": bounds[1]},
            newest_first=newest_first,
            limit=limit,
            start=dict(_key(subscription_id, after)) if after else None,
        )
        return list(map(_delivery, found)), last["sk"].removeprefix(_SORT) if last else ""

    def _listed(self, subscription_id: SubscriptionId, until: str, limit: int) -> list[DeliveryId]:
        found = self._dynamo.query_all(
            self._table,
            "due_list = :list AND due_at <= :until",
            {":list": _list(subscription_id), ":until": until},
            index="due",
        )
        return [DeliveryId(item["sk"].removeprefix(_SORT)) for item in islice(found, limit)]

    def _put(
        self,
        delivery: Delivery,
        condition: str,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        write = Write(
            Action.PUT,
            self._table,
            _key(delivery.subscription_id, delivery.delivery_id),
            item=_fields(delivery),
            condition=condition,
            names=names or {},
            values=values or {},
        )
        # A write whose reply was lost counts as somebody else's: the delivery falls due again.
        return goes_through(self._dynamo, write)


def _pk(subscription_id: str) -> str:
    return f"HOOK#{subscription_id}"


def _list(subscription_id: str) -> str:
    return f"HOOKS#{subscription_id}"


def _key(subscription_id: str, delivery_id: str) -> dict[str, str]:
    return {"pk": _pk(subscription_id), "sk": _SORT + delivery_id}


def _fields(delivery: Delivery) -> Item:
    fields: Item = dump(delivery)
    del fields["subscription_id"], fields["delivery_id"]
    fields |= {"attempts": delivery.attempts, "state": delivery.state.value}
    fields["purge_at"] = int((delivery.created_at + _KEPT_FOR).timestamp())
    if delivery.state is DeliveryState.PENDING:
        fields["due_list"] = _list(delivery.subscription_id)
    return fields


def _delivery(item: Item) -> Delivery:
    names = {
        "subscription_id": item["pk"].removeprefix("HOOK#"),
        "delivery_id": item["sk"].removeprefix(_SORT),
    }
    return load(Delivery, {**item, **names})
