"""Promise: cells are read as people meant them: whole numbers without decimals, days in China time, blank never a value;
headers in Chinese and English, whatever their width, case and marks."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.impossible import ImpossibleValue
from server.domains.integrations import cells
from server.domains.integrations.columns import COLUMNS, LANGUAGES, read_header, title_of

ANY_CELL = st.one_of(st.text(max_size=60), st.floats(), st.booleans(), st.none(), st.datetimes(), st.dates())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (20260301.0, "20260301"),
        (0.1, "0.1"),
        (" 批号 ", "批号"),
        ("", ""),
        (None, ""),
        (date(2026, 3, 1), "2026-03-01"),
    ],
)
def test_text(cell: object, text: str) -> None:
    assert cells.text_of(cell) == text


@pytest.mark.parametrize(
    ("cell", "result"),
    [(5.0, 5), (0.05, 0.05), (" <0.01 ", "<0.01"), ("", None), ("  ", None), (None, None), ("007", "007")],
)
def test_results_stay_as_they_were_written(cell: object, result: object) -> None:
    found = cells.result_of(cell)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("cell", "number"),
    [(0.1 + 0.2, "0.3"), ("1,200.50", "1200.50"), (0.5579494252873564, "0.557949425287"), ("", None)],
)
def test_binary_noise_is_rounded_and_text_is_not(cell: object, number: str | None) -> None:
    assert cells.number_of(cell) == (Decimal(number) if number else None)


@pytest.mark.parametrize("text", ["2026-03-01", "2026/3/1", "2026.3.1", "2026年3月1日", "20260301"])
def test_days_as_people_write_them(text: str) -> None:
    assert cells.day_of(text) == date(2026, 3, 1)
    assert cells.moment_of(text) == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert cells.moment_of(f"{text} 08:30") == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "昨天", "2026-03-01 25:00", "2026"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ImpossibleValue):
        cells.day_or_moment(text)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(ANY_CELL)
def test_any_cell_is_read_or_refused_never_more(cell: object) -> None:
    assert len(cells.shown(cell) or "") <= cells.MOST_SHOWN
    cells.result_of(cell)
    for read in (cells.number_of, cells.day_or_moment, cells.moment_of, cells.day_of, cells.yes_or_no):
        try:
            read(cell)
        except ImpossibleValue:
            continue


@pytest.mark.parametrize("kind", sorted(COLUMNS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_recognised_with_marks_and_remarks(kind: str, language: str) -> None:
    header = [f" {title_of(column.name, language).upper()}（说明）* " for column in COLUMNS[kind]]
    layout, errors = read_header(kind, header)
    assert errors == []
    assert layout is not None
    assert layout.positions == tuple(range(len(header)))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(ANY_CELL, max_size=20))
def test_any_header_is_laid_out_or_refused(header: list[object]) -> None:
    layout, errors = read_header("consumption", header)
    assert (layout is None) == bool(errors)
