"""Promise: distances are those of the nearest start and end on cycles; a blank is never a pass; times leave in one form."""

import pytest

from server.domains.trace.rules import distances, verdict_of
from server.open_api.trace_views import time_of


def test_the_nearest_way_counts():
    steps = {"a": ["b", "d"], "b": ["c"], "c": ["d"]}
    assert distances(["a"], steps) == {"a": 0, "b": 1, "d": 1, "c": 2}


def test_a_cycle_ends():
    assert distances(["a"], {"a": ["b"], "b": ["c"], "c": ["a"]}) == {"a": 0, "b": 1, "c": 2}


def test_nearest_lots_come_first():
    steps = {"a": ["b", "x"], "b": ["c"], "c": ["d"]}
    assert list(distances(["a"], steps)) == ["a", "b", "x", "c", "d"]


def test_what_no_start_reaches_is_left_out():
    assert distances(["a"], {"x": ["y"]}) == {"a": 0}


@pytest.mark.parametrize(
    ("quality", "verdict"),
    [
        ({"records": None, "fails": None, "not_judged": None}, "not_judged"),
        ({"records": 0, "fails": 0, "not_judged": 0}, "not_judged"),
        ({"records": 3, "fails": 0, "not_judged": 0}, "pass"),
        ({"records": 3, "fails": 0, "not_judged": 1}, "not_judged"),
        ({"records": 3, "fails": 1, "not_judged": 1}, "fail"),
    ],
)
def test_one_word_for_the_records_of_a_lot(quality, verdict):
    assert verdict_of(quality) == verdict


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (None, None),
        ("2026-11-22 09:30:00+00", "2026-11-22T09:30:00Z"),
        ("2026-11-22 09:30:00.25+08", "2026-11-22T09:30:00.25+08:00"),
        ("2026-11-22 09:30:00+05:30", "2026-11-22T09:30:00+05:30"),
    ],
)
def test_times_leave_as_rfc_3339(written, shown):
    assert time_of(written) == shown
