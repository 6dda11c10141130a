"""Promise: a day that no calendar has and a time that no clock shows are refused by name, at their field, wherever days and
moments are taken; what exists is taken as before."""

import pytest
from pydantic import BaseModel, ValidationError

from server.core.days import Day, Moment, ZonedMoment
from server.core.errors import FieldError
from server.domains.chain.values import DayOrMoment
from server.http import problems


class Given(BaseModel):
    day: Day | None = None
    moment: Moment | None = None
    zoned: ZonedMoment | None = None
    either: DayOrMoment | None = None


def refused(**given: str) -> FieldError:
    with pytest.raises(ValidationError) as caught:
        Given.model_validate(given)
    (error,) = problems.of_validation(caught.value).errors
    return error


@pytest.mark.parametrize("field", ["day", "moment", "zoned", "either"])
@pytest.mark.parametrize("day", ["2026-02-30", "2025-02-29", "2026-13-01", "2026-04-31", "2026-00-10"])
def test_a_day_that_is_in_no_calendar_is_named(field: str, day: str) -> None:
    error = refused(**{field: day})
    assert (error.field, error.code, error.params) == (field, "day_not_in_calendar", {"day": day})
    assert day in problems.said(error.code, "zh_CN", error.params)
    assert day in problems.said(error.code, "en", error.params)
    if field != "day":
        assert refused(**{field: f"{day}T08:00:00+08:00"}).params == {"day": day}


@pytest.mark.parametrize("field", ["moment", "zoned", "either"])
def test_a_time_that_no_clock_shows_is_named(field: str) -> None:
    error = refused(**{field: "2026-02-20T25:10:00+08:00"})
    assert (error.field, error.code, error.params) == (field, "time_not_on_clock", {"time": "25:10:00"})


@pytest.mark.parametrize("given", ["gestern", "2026-2-3", ""])
def test_what_is_no_day_at_all_is_said_at_the_field_alone(given: str) -> None:
    for field in ("day", "moment", "zoned", "either"):
        error = refused(**{field: given})
        assert error.field == field
        assert "有效的" in problems.said(error.code, "zh_CN", error.params)


def test_what_exists_is_taken() -> None:
    taken = Given.model_validate(
        {"day": "2028-02-29", "moment": "2026-02-28T23:59", "zoned": "2026-02-28T23:59:59Z", "either": "2026-12-31"}
    )
    assert None not in taken.model_dump().values()
    assert str(taken.either) == "2026-12-31"
