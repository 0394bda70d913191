"""Telling a channel that a shipment is on its way: once in effect, however often it is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from oms.kernel.errors import OmsError


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """`external_id` is the channel's id of the line."""

    external_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """What a shop learns of one parcel.

    `external_id` is the channel's id of the order. `key` is ours for this very shipment, the
    same each time it is told. `is_last` says that nothing of the order remains to be sent.
    """

    external_id: str
    lines: tuple[ShippedLine, ...]
    tracking_number: str
    carrier: str
    tracking_url: str
    key: str
    is_last: bool = True


class PushOutcome(StrEnum):
    TOLD = "TOLD"
    ALREADY = "ALREADY"  # the shop knew: from us, or because somebody typed it in
    UNSUPPORTED = "UNSUPPORTED"  # nobody is there to tell


class PushRefused(OmsError):
    """The shop says no, and telling it again changes nothing: a task for a person."""

    code = "push-refused"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).code


class TrackingPush(Protocol):
    def tell(self, shipment: ShipmentFacts) -> PushOutcome:
        """Raises PushRefused, or Unavailable when it may or may not have been heard."""
        ...


class NoTrackingPush:
    """For accounts that cannot be told: no such call, or no credentials for it."""

    def tell(self, shipment: ShipmentFacts) -> PushOutcome:
        return PushOutcome.UNSUPPORTED
