"""Days and moments as commands carry them: of a calendar on which one can still count a day, or a shelf life, onwards.

The ends of Python's own calendar are not usable: midnight in Shanghai of its first day, and the end of its last, do not exist.
"""

from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime

from server.core.clock import EDGE
from server.core.impossible import ImpossibleValue

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)
_D = TypeVar("_D", bound=date)  # a moment is a date too


def usable(value: _D) -> _D:
    """The day or moment, if it lies in the years between; ImpossibleValue `day_out_of_range` otherwise."""
    if not FIRST_DAY.year <= value.year <= LAST_DAY.year:
        raise ImpossibleValue("day_out_of_range", day=value.isoformat()[:10], first=FIRST_DAY, last=LAST_DAY)
    return value


def aware(value: datetime) -> datetime:
    """A moment without a zone is one in Shanghai."""
    return value if value.tzinfo else value.replace(tzinfo=EDGE)


Day = Annotated[date, AfterValidator(usable)]
Moment = Annotated[datetime, AfterValidator(usable), AfterValidator(aware)]
ZonedMoment = Annotated[AwareDatetime, AfterValidator(usable)]
