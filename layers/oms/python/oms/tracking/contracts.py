"""What carriers post to `/webhooks/carriers/{carrier}`, checked before anybody believes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Limits

from oms.tracking.model import Scan, ScanStatus

MOST_EVENTS = 100


def _stored_time(at: datetime) -> datetime:
    """UTC in whole milliseconds, as we store times: a scan read back must equal itself."""
    if not 2000 <= at.year < 2100:
        raise ValueError("not a time a parcel can be seen")
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
SeenAt = Annotated[AwareDatetime, AfterValidator(_stored_time)]


class _Contract(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class OfflineCarrierEvent(_Contract):
    """One scan. `at` is ISO 8601 with an offset; `place` a city; `status` a ScanStatus."""

    id: Name
    tracking_number: Name
    status: ScanStatus
    at: SeenAt
    place: Annotated[str, Limits(max_length=100)] = ""
    detail: Annotated[str, Limits(max_length=500)] = ""

    def to_domain(self) -> tuple[str, Scan]:
        scan = Scan(self.id, self.at, self.status, self.place, self.detail)
        return self.tracking_number, scan


class OfflineCarrierEvents(_Contract):
    """The body of `POST /webhooks/carriers/offline`. Read it with `model_validate_json`.

    Strict mode takes dates and enums as text from JSON only. Raises pydantic's
    ValidationError when one event is bad: the carrier sends all of them again.
    """

    events: Annotated[list[OfflineCarrierEvent], Limits(max_length=MOST_EVENTS)]

    def to_domain(self) -> list[tuple[str, Scan]]:
        """(tracking number, scan) in the order sent."""
        return [event.to_domain() for event in self.events]
