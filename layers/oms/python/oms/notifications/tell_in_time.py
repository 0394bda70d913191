"""Tell the channel now, or when it can hear again: what a shop could not be told is put off, each
time for longer, and after three days a person hears of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from oms.channels.gaps import Notices
from oms.channels.push import RateLimited
from oms.kernel.clock import Clock
from oms.kernel.errors import Unavailable
from oms.kernel.ids import OrderId
from oms.notifications.tell_channel import TURN, TellChannel

_LONGEST_WAIT = timedelta(hours=1)
GIVES_UP_AFTER = timedelta(days=3)


class What(StrEnum):
    TAKEN = "TAKEN"
    ENDED = "ENDED"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to tell of an order; `number` counts its refunds. `since` is when it was first
    tried and put off."""

    order_id: OrderId
    what: What
    number: int = 0
    tries: int = 0
    since: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.order_id}#{self.what}#{self.number}"


class Later(Protocol):
    """What is to be told later."""

    def put_off(self, telling: Telling, until: datetime, problem: str) -> None: ...

    def settle(self, telling: Telling) -> None: ...


@dataclass(frozen=True, slots=True)
class TellInTime:
    tell: TellChannel
    later: Later
    notices: Notices
    clock: Clock

    def __call__(self, telling: Telling) -> bool:
        """Whether it was told now."""
        try:
            told = self._told(telling)
        except Unavailable as fault:
            self._put_off(telling, fault)
            return False
        if telling.tries:
            self.later.settle(telling)
        return told

    def _told(self, telling: Telling) -> bool:
        match telling.what:
            case What.TAKEN:
                return self.tell.acknowledged(telling.order_id)
            case What.ENDED:
                return self.tell.ended(telling.order_id)
            case What.REFUND:
                return self.tell.refunded(telling.order_id, telling.number)

    def _put_off(self, telling: Telling, fault: Unavailable) -> None:
        now = self.clock.now()
        telling = replace(telling, since=telling.since or now)
        if telling.since and now - telling.since > GIVES_UP_AFTER:
            self._give_up(telling, fault)
            return
        asked_for = fault.wait_seconds if isinstance(fault, RateLimited) else 0.0
        wait = min(TURN * (1 << min(telling.tries, 6)), _LONGEST_WAIT)
        until = now + max(wait, timedelta(seconds=asked_for))
        self.later.put_off(replace(telling, tries=telling.tries + 1), until, str(fault))

    def _give_up(self, telling: Telling, fault: Unavailable) -> None:
        self.notices.raise_notice(
            f"untold#{telling.name}",
            "CHANNEL",
            f"the channel could not be told for three days ({telling.what.lower()}): {fault}",
            {"order_id": telling.order_id},
        )
        self.later.settle(telling)
