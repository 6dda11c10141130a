"""Promise: moments and days in the text of a problem read as people write them (China time, no fractions of a second),
wherever the problem is shown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import orjson
import pytest
from pydantic import BaseModel, Field, ValidationError

from i18n import readable
from server.core.errors import FieldError, Invalid, Problem
from server.domains.quality.releasing.points import Point
from server.http import problems

MOMENT = datetime(2026, 3, 1, 17, 30, 5, 123456, tzinfo=UTC)
DAY = date(2026, 3, 31)


def test_moments_and_days_are_readable_and_all_else_stays() -> None:
    assert readable({"at": MOMENT, "day": DAY, "n": 3, "lot_no": "A1"}) == {
        "at": "2026-03-02 01:30",
        "day": "2026-03-31",
        "n": 3,
        "lot_no": "A1",
    }


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_in_the_problem_and_in_each_of_its_entries(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Problem):
        code = "late"

    monkeypatch.setattr(problems, "text", lambda key, language, **params: f"{key} {params}")
    for problem in (Late(at=MOMENT), Invalid([FieldError("at", "late", {"at": MOMENT, "until": DAY})])):
        body = problems.render(problem, language, "r").body
        assert body is not None
        shown = orjson.loads(body)
        words = [shown["title"], *(entry["text"] for entry in shown.get("errors", ()))][-1]
        assert "2026-03-02 01:30'" in words
        assert "123456" not in words
        assert "datetime" not in words


def test_in_the_release_review() -> None:
    assert Point("error.late", {"at": MOMENT}).said("A1") == {"lot_no": "A1", "at": "2026-03-02 01:30"}


class Body(BaseModel):
    mode: Literal["all_or_nothing", "good_rows", "none"] = "none"
    two: Literal["a", "b"] = "a"
    quantity: Annotated[Decimal, Field(max_digits=28, decimal_places=12)] = Decimal(1)


@pytest.mark.parametrize(
    ("wrong", "chinese", "english"),
    [
        ({"mode": "x"}, "只能是：all_or_nothing、good_rows 或 none。", "all_or_nothing, good_rows or none"),
        ({"two": "x"}, "只能是：a 或 b。", "a or b"),
        ({"quantity": "1e40"}, "数字总位数最多 28 位。", "At most 28 digits in all."),
        ({"quantity": "12345678901234567"}, "小数点前最多 16 位。", "At most 16 digits before the decimal point."),
        ({"quantity": "0.1234567890123"}, "小数点后最多 12 位。", "At most 12 digits after the decimal point."),
    ],
)
def test_choices_and_bounds_in_the_readers_language(wrong: dict[str, str], chinese: str, english: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate(wrong)
    (error,) = problems.of_validation(refused.value).errors
    assert problems.said(error.code, "zh_CN", error.params) == chinese
    assert english in problems.said(error.code, "en", error.params)
