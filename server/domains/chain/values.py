"""The kinds of value that commands carry: quantities, moments, days, names."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints

from server.core.clock import end_of_day, start_of_day
from server.core.days import Day, Happened, Moment, aware, existing, usable
from server.core.impossible import ImpossibleValue
from server.core.text import lines, one_line
from server.domains.chain.problems import ExpiresBeforeProduced

__all__ = ["Day", "Happened", "Moment"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Command(BaseModel):
    """What a person or machine asks for; a field we do not know is refused, not dropped."""

    model_config = ConfigDict(extra="forbid")


def _day_or_moment(value: Any) -> Any:
    """A text of ten characters is a day, anything longer a moment. Raises ImpossibleValue for a text that is neither."""
    value = existing(value)
    if not isinstance(value, str):
        return value
    if _DAY.fullmatch(value):
        return date.fromisoformat(value)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ImpossibleValue("input_datetime_parsing") from None
    return value


# Strict: midnight, said as a moment, is not that day. Checked as a whole, so that what is refused names the field alone.
DayOrMoment = Annotated[
    Annotated[date, Strict()] | Annotated[datetime, AfterValidator(aware)],
    BeforeValidator(_day_or_moment),
    AfterValidator(usable),
]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=28, decimal_places=12, allow_inf_nan=False)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=28, decimal_places=12, allow_inf_nan=False)]
Number = Annotated[Decimal, Field(max_digits=28, decimal_places=12, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(one_line)]
LongName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)
]
Reference = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(one_line)
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(lines)]
UnitName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20), AfterValidator(one_line)
]


def begins(value: date | datetime | None) -> datetime | None:
    """The moment meant by a day or moment at which something was; a day means its first moment."""
    if value is None or isinstance(value, datetime):
        return value
    return start_of_day(value)


def expires(value: date | datetime | None) -> datetime | None:
    """The first moment at which goods may no longer be used; a day is good until its end."""
    if value is None or isinstance(value, datetime):
        return value
    return end_of_day(value)


def assert_in_order(produced_at: datetime | None, expires_at: datetime | None) -> None:
    """Raises ExpiresBeforeProduced. Goods made on a day may expire on it."""
    if produced_at is not None and expires_at is not None and expires_at <= produced_at:
        raise ExpiresBeforeProduced(field="expires_at")
