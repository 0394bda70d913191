"""What the routes under `/webhook-subscriptions` accept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from oms.inventory.contracts import printable
from oms.notifications.delivery import DeliveryState
from oms.notifications.replay import Span
from oms.notifications.subscribe import NewSubscription
from oms.notifications.subscription import EVERY_EVENT
from oms.notifications.webhook_events import EVENTS


def _known(name: str) -> str:
    if name != EVERY_EVENT and name not in EVENTS:
        raise ValueError("no such event: see docs/webhooks.md, or * for all of them")
    return name


_Event = Annotated[str, StringConstraints(max_length=60), AfterValidator(_known)]
_Events = Annotated[list[_Event], Field(min_length=1, max_length=60)]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WebhookBody(_Body):
    """`{"url": "https://hooks.example.com/oms", "events": ["OrderConfirmed"]}`; the event `*`
    stands for all of them, those to come included."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]
    events: _Events
    description: Annotated[str, StringConstraints(max_length=200), AfterValidator(printable)] = ""

    def to_domain(self) -> NewSubscription:
        return NewSubscription(self.url, tuple(dict.fromkeys(self.events)), self.description)


class WebhookReplayBody(_Body):
    """Either `delivery_id`, or the deliveries of events from `from` up to and not at `to`.

    `rest` is of the answer before, to go on from there; the other fields stay the same then.
    """

    delivery_id: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to")] = None
    events: _Events = [EVERY_EVENT]
    status: DeliveryState | None = None
    rest: Annotated[str, StringConstraints(max_length=400)] = ""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        whole = self.since is not None and self.until is not None
        some = self.since is not None or self.until is not None
        if (self.delivery_id is not None) is some or some is not whole:
            raise ValueError("give either delivery_id, or both from and to")
        return self

    def span(self) -> Span:
        assert self.since and self.until  # the other form has a delivery_id
        since, until = _floor(self.since), _floor(self.until)
        return Span(since, until, tuple(self.events), self.status)


def _floor(at: datetime) -> datetime:
    """Before 1970 there was no event, and no id that begins with such a time."""
    return max(at, datetime.fromtimestamp(0, at.tzinfo))
