"""A subscriber of our events: where it listens, what it hears, and how it has been doing."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from oms.kernel.errors import NotFound, Refused

SubscriptionId = NewType("SubscriptionId", str)

EVERY_EVENT = "*"
MOST_SUBSCRIPTIONS = 100
OVERLAP = timedelta(hours=24)  # how long a rotated secret goes on signing
LONGEST_FAILURE = timedelta(days=3)
_MOST_SECRETS = 4
_SECRET_BYTES = 32  # the scheme asks for 24 to 64
_FAILURES_IN_A_ROW = 5
_NOTED_EVERY = timedelta(minutes=1)


class SubscriptionState(StrEnum):
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    REMOVED = "REMOVED"


class Cause(StrEnum):
    """Why a subscription is not active."""

    NONE = ""
    ASKED = "ASKED"  # a person did it
    FAILING = "FAILING"  # nothing got through for three days
    GONE = "GONE"  # its server answered 410


class SubscriptionInactive(Refused):
    """It is disabled or removed: nothing is sent to it."""

    code = "webhook-disabled"


class TooManySubscriptions(Refused):
    """Each event costs a row and a request for every subscription."""

    code = "too-many-webhooks"


class TooManySecrets(Refused):
    """Older secrets still sign: dropping one would break the promise that it lasts a day."""

    code = "rotated-often"


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """`value` is `whsec_<base64>`. It signs up to `until`; the newest one has no end."""

    value: str = field(repr=False)
    until: datetime | None = None

    def signs(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Subscription:
    """`secrets` has the newest first; `digest` is of the request that made it."""

    subscription_id: SubscriptionId
    url: str
    events: tuple[str, ...]
    secrets: tuple[SigningSecret, ...]
    created_at: datetime
    owner: str
    description: str = ""
    state: SubscriptionState = SubscriptionState.ACTIVE
    cause: Cause = Cause.NONE
    disabled_at: datetime | None = None
    disabled_by: str = ""
    digest: str = ""
    version: int = 1

    @property
    def is_active(self) -> bool:
        return self.state is SubscriptionState.ACTIVE

    def wants(self, event: str) -> bool:
        return EVERY_EVENT in self.events or event in self.events

    def signing(self, now: datetime) -> tuple[str, ...]:
        return tuple(each.value for each in self.secrets if each.signs(now))

    def rotated(self, value: str, now: datetime) -> Subscription:
        """With a new secret; the one before signs for a day on. Raises TooManySecrets."""
        newest, *older = self.secrets
        kept = [replace(newest, until=now + OVERLAP), *(each for each in older if each.signs(now))]
        if len(kept) >= _MOST_SECRETS:
            raise TooManySecrets(f"{len(kept)} secrets are in use: wait until one has run out")
        return replace(self, secrets=(SigningSecret(value), *kept))

    def enabled(self) -> Subscription:
        return replace(
            self, state=SubscriptionState.ACTIVE, cause=Cause.NONE, disabled_at=None, disabled_by=""
        )

    def ended(
        self, state: SubscriptionState, cause: Cause, actor: str, now: datetime
    ) -> Subscription:
        return replace(self, state=state, cause=cause, disabled_at=now, disabled_by=actor)


@dataclass(frozen=True, slots=True)
class Health:
    """How deliveries have fared. `failures` are in a row, since `failing_since`."""

    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    last_error: str = ""
    is_slow: bool = False

    @property
    def must_wait(self) -> bool:
        """Whether new deliveries are left to the sweep, so that nobody waits behind this one."""
        return self.is_slow or self.failures >= _FAILURES_IN_A_ROW

    def is_fresh(self, now: datetime) -> bool:
        """Whether the last success is noted well enough: not each one is worth a write."""
        return self.last_success_at is not None and now - self.last_success_at < _NOTED_EVERY

    def has_failed_for_long(self, now: datetime) -> bool:
        return self.failing_since is not None and now - self.failing_since >= LONGEST_FAILURE


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def no_such_subscription(subscription_id: str) -> NotFound:
    return NotFound(f"there is no webhook subscription {subscription_id[:40]}")
