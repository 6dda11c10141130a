"""Days and moments as commands carry them: of a calendar on which one can still count a day, or a shelf life, onwards.

The ends of Python's own calendar are not usable: midnight in Shanghai of its first day, and the end of its last, do not exist.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from server.core.clock import EDGE, lies_ahead
from server.core.impossible import ImpossibleValue

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)
_D = TypeVar("_D", bound=date)  # a moment is a date too
_WRITTEN = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_MOST = (23, 59, 59)  # hours, minutes, seconds


def existing(value: Any) -> Any:
    """What was written, unless it is a day that no calendar has or a time that no clock shows: ImpossibleValue
    `day_not_in_calendar` or `time_not_on_clock`, naming it. What is no day at all is left to the type."""
    written = _WRITTEN.match(value) if isinstance(value, str) else None
    if written is None:
        return value
    year, month, day, *clock = written.groups()
    try:
        date(int(year) or 1, int(month), int(day))
    except ValueError:
        raise ImpossibleValue("day_not_in_calendar", day=f"{year}-{month}-{day}") from None
    if any(part and int(part) > most for part, most in zip(clock, _MOST, strict=True)):
        raise ImpossibleValue("time_not_on_clock", time=":".join(part for part in clock if part))
    return value


def usable(value: _D) -> _D:
    """The day or moment, if it lies in the years between; ImpossibleValue `day_out_of_range` otherwise."""
    if not FIRST_DAY.year <= value.year <= LAST_DAY.year:
        raise ImpossibleValue("day_out_of_range", day=value.isoformat()[:10], first=FIRST_DAY, last=LAST_DAY)
    return value


def aware(value: datetime) -> datetime:
    """A moment without a zone is one in Shanghai."""
    return value if value.tzinfo else value.replace(tzinfo=EDGE)


def happened(at: datetime) -> datetime:
    """The moment, if it does not lie ahead of our clock by more than clocks differ; ImpossibleValue `happens_in_future` otherwise."""
    if lies_ahead(at):
        raise ImpossibleValue("happens_in_future", at=at)
    return at


Day = Annotated[date, BeforeValidator(existing), AfterValidator(usable)]
Moment = Annotated[datetime, BeforeValidator(existing), AfterValidator(usable), AfterValidator(aware)]
ZonedMoment = Annotated[AwareDatetime, BeforeValidator(existing), AfterValidator(usable)]
Happened = Annotated[Moment, AfterValidator(happened)]
"""When something took place."""
