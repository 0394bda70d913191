"""What a node's `calendar` may say."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from oms.inventory.calendar import MOST_PROCESSING_DAYS, NodeCalendar, zone

MOST_HOLIDAYS = 400

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
_WEEK: tuple[Weekday, ...] = get_args(Weekday)


def _known(name: str) -> str:
    zone(name)
    return name


def _different(days: list[Weekday]) -> list[Weekday]:
    if len(set(days)) < len(days):
        raise ValueError("a day stands there twice")
    return days


_Days = Annotated[list[Weekday], AfterValidator(_different)]


class CalendarBody(BaseModel):
    """`{"timezone": "America/New_York", "cut_off": "14:00", "working_days": ["MON", "TUE"],
    "holidays": ["2026-12-25"], "processing_days": 1, "pickup": ["MON"]}`

    Read from JSON: strict mode takes days of the year as text from there only.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    timezone: Annotated[str, StringConstraints(max_length=64), AfterValidator(_known)]
    cut_off: Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    working_days: Annotated[_Days, Field(min_length=1)] = list(_WEEK[:5])
    holidays: Annotated[list[date], Field(max_length=MOST_HOLIDAYS)] = []
    processing_days: Annotated[int, Field(ge=0, le=MOST_PROCESSING_DAYS)] = 0
    pickup: _Days = []

    @field_validator("pickup")
    @classmethod
    def _somebody_hands_over(cls, days: list[Weekday], info: ValidationInfo) -> list[Weekday]:
        working = info.data.get("working_days", days)  # absent when it was refused itself
        if not set(days) <= set(working):
            raise ValueError("collected on a day when nobody works")
        return days

    def to_domain(self) -> NodeCalendar:
        return NodeCalendar(
            timezone=self.timezone,
            cut_off=self.cut_off,
            working_days=_numbers(self.working_days),
            holidays=tuple(sorted(set(self.holidays))),
            processing_days=self.processing_days,
            pickup=_numbers(self.pickup),
        )


def _numbers(days: list[Weekday]) -> tuple[int, ...]:
    return tuple(sorted(_WEEK.index(day) for day in days))
