"""Promise: moments and days in the text of a problem read as people write them (China time, no fractions of a second),
wherever the problem is shown."""

from datetime import UTC, date, datetime

import orjson
import pytest

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
