"""What the use cases of webhooks need of the outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oms.notifications.delivery import Answer, Delivery, DeliveryId
from oms.notifications.subscription import Health, Subscription, SubscriptionId
from oms.platform.unit import Write


class Subscriptions(Protocol):
    def get(self, subscription_id: str) -> Subscription:
        """Raises NotFound, for a removed one too."""

    def all(self) -> list[Subscription]:
        """Those that are not removed."""

    def active(self) -> list[Subscription]:
        """Those that are sent events, as they were up to a minute ago."""

    def first(self, subscription: Subscription) -> bool:
        """False when there is one of that id."""

    def saved(self, before: Subscription, after: Subscription) -> Write:
        """Fails with VersionConflict when somebody else was faster."""

    def save(self, before: Subscription, after: Subscription) -> Subscription: ...


class HealthBook(Protocol):
    def health(self, subscription_id: SubscriptionId) -> Health: ...
    def succeeded(self, subscription_id: SubscriptionId, now: datetime, is_slow: bool) -> None: ...
    def failed(
        self, subscription_id: SubscriptionId, now: datetime, error: str, is_slow: bool
    ) -> None: ...
    def begin_again(self, subscription_id: SubscriptionId) -> None:
        """Forget the failures: somebody says that they are dealt with."""


class Deliveries(Protocol):
    def first(self, delivery: Delivery) -> bool:
        """False when it is known."""

    def get(self, subscription_id: SubscriptionId, delivery_id: str) -> Delivery:
        """Raises NotFound."""

    def save(self, before: Delivery, after: Delivery) -> bool:
        """False when somebody else began or settled an attempt since `before` was read."""

    def due(self, subscription_id: SubscriptionId, now: datetime, limit: int) -> list[DeliveryId]:
        """The longest due first; of an index that may be behind."""

    def waiting(self, subscription_id: SubscriptionId, limit: int) -> list[DeliveryId]:
        """All that are not settled, `limit` at most."""

    def newest(
        self, subscription_id: SubscriptionId, limit: int, after: str
    ) -> tuple[list[Delivery], str]:
        """A page, and where to go on (empty at the end)."""

    def between(
        self,
        subscription_id: SubscriptionId,
        since: datetime,
        until: datetime,
        limit: int,
        after: str,
    ) -> tuple[list[Delivery], str]:
        """Of events from `since` up to and not at `until`, oldest first; a page."""


class Sender(Protocol):
    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One POST. Never raises for what the other side, the network or the name does."""


class AddressCheck(Protocol):
    def __call__(self, url: str) -> None:
        """Raises Invalid `unsafe-url` for an address that we do not send to."""
