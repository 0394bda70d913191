"""Subscriptions and how they fare, in the table of channels.

| pk | sk | what |
|---|---|---|
| `HOOKS` | `{subscription}` | the subscription, with its signing secrets; the table is encrypted |
| `HOOK#{subscription}` | `HEALTH` | failures in a row and the last success |
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from oms.kernel.clock import Clock, iso
from oms.kernel.codec import dump, load
from oms.kernel.errors import VersionConflict
from oms.notifications.subscription import (
    Health,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    no_such_subscription,
)
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write, goes_through

HOOKS, HEALTH = "HOOKS", "HEALTH"
_LATE_BY = timedelta(seconds=60)
_KEPT_FOR = timedelta(days=30)  # a removed one, for whoever asks what became of it


class DynamoSubscriptions:
    """`Subscriptions` and `HealthBook`."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        self._dynamo, self._table, self._clock = dynamo, table, clock
        self._lock = threading.Lock()
        self._kept: list[Subscription] = []
        self._kept_until: datetime | None = None

    def get(self, subscription_id: str) -> Subscription:
        item = self._dynamo.get(self._table, _key(subscription_id)) if subscription_id else None
        found = _subscription(item) if item else None
        if found is None or found.state is SubscriptionState.REMOVED:
            raise no_such_subscription(subscription_id)
        return found

    def all(self) -> list[Subscription]:
        items = self._dynamo.query_all(self._table, "pk = :pk", {":pk": HOOKS})
        found = map(_subscription, items)
        return [each for each in found if each.state is not SubscriptionState.REMOVED]

    def active(self) -> list[Subscription]:
        """Read once a minute: most events of most merchants have no subscriber."""
        with self._lock:
            now = self._clock.now()
            if self._kept_until is None or now >= self._kept_until:
                self._kept = [each for each in self.all() if each.is_active]
                self._kept_until = now + _LATE_BY
            return self._kept

    def first(self, subscription: Subscription) -> bool:
        fields = _fields(subscription)
        secrets = fields["secrets"]
        write = Write(
            Action.PUT,
            self._table,
            _key(subscription.subscription_id),
            item=fields,
            condition="attribute_not_exists(pk)",
        )
        self._kept_until = None
        return goes_through(self._dynamo, write, mine=lambda old: old["secrets"] == secrets)

    def saved(self, before: Subscription, after: Subscription) -> Write:
        self._kept_until = None
        return Write(
            Action.PUT,
            self._table,
            _key(after.subscription_id),
            item={**_fields(after), "version": before.version + 1} | self._purged(after),
            # True while nobody changed it since `before` was read.
            condition="#version = :version",
            names={"#version": "version"},
            values={":version": before.version},
            refused=lambda old: VersionConflict("the subscription was changed meanwhile"),
        )

    def save(self, before: Subscription, after: Subscription) -> Subscription:
        self._dynamo.commit([self.saved(before, after)])
        self._kept_until = None
        return replace(after, version=before.version + 1)

    # --- health -------------------------------------------------------------------------

    def health(self, subscription_id: SubscriptionId) -> Health:
        item = self._dynamo.get(self._table, _health_key(subscription_id))
        return load(Health, item) if item else Health()

    def succeeded(self, subscription_id: SubscriptionId, now: datetime, is_slow: bool) -> None:
        self._note(
            subscription_id,
            "SET last_success_at = :now, failures = :none, is_slow = :slow "
            "REMOVE failing_since, last_error",
            {":now": iso(now), ":none": 0, ":slow": is_slow},
        )

    def failed(
        self, subscription_id: SubscriptionId, now: datetime, error: str, is_slow: bool
    ) -> None:
        self._note(
            subscription_id,
            "SET failing_since = if_not_exists(failing_since, :now), last_error = :error, "
            "is_slow = :slow ADD failures :one",
            {":now": iso(now), ":error": error, ":slow": is_slow, ":one": 1},
        )

    def begin_again(self, subscription_id: SubscriptionId) -> None:
        update = "SET failures = :none, is_slow = :slow REMOVE failing_since, last_error"
        self._note(subscription_id, update, {":none": 0, ":slow": False})

    def _note(self, subscription_id: str, update: str, values: Item) -> None:
        key = _health_key(subscription_id)
        self._dynamo.commit([Write(Action.UPDATE, self._table, key, update=update, values=values)])

    def _purged(self, after: Subscription) -> Item:
        if after.state is not SubscriptionState.REMOVED:
            return {}
        return {"purge_at": int((self._clock.now() + _KEPT_FOR).timestamp())}


def _key(subscription_id: str) -> dict[str, str]:
    return {"pk": HOOKS, "sk": subscription_id}


def _health_key(subscription_id: str) -> dict[str, str]:
    return {"pk": f"HOOK#{subscription_id}", "sk": HEALTH}


def _fields(subscription: Subscription) -> Item:
    fields: Item = dump(subscription)
    del fields["subscription_id"]
    return {"version": subscription.version, **fields}


def _subscription(item: Item) -> Subscription:
    return load(Subscription, {**item, "subscription_id": item["sk"]})
