"""Promise: slots, counts, days and changes are what they say, whatever is looked at how often; values piled just inside a limit are
seen, spread ones are not."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domains.quality.inspection.rules import Run, expected_days, first_piece_reasons, piece_counts, slots
from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.piling import near_limit, piled_at_limit

START = datetime(2026, 3, 15, 0, 0, tzinfo=UTC)


def run(**more: object) -> Run:
    return Run(**({"started_at": START, "ended_at": START + timedelta(hours=1), "shift": "早班", "operator": "张工",
                   "materials": frozenset(), "tools": frozenset(), "program": None} | more))  # type: ignore[arg-type]  # fmt: skip


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400))
@settings(derandomize=True, deadline=None)
def test_looking_twice_finds_every_slot_once(tenths: int, first: int, second: int) -> None:
    every = Decimal(tenths) / 10
    until = START + timedelta(hours=first + second)
    once = slots(START, until, every)
    seen = slots(START, START + timedelta(hours=first), every)
    later = slots(START, until, every, seen[-1] if seen else START)
    if len(once) < 1000:
        assert seen + later == once
    assert all(START < each <= until for each in once)


@given(st.lists(st.integers(0, 3000), max_size=8), st.integers(1, 1000))
@settings(derandomize=True, deadline=None)
def test_every_multiple_is_counted_once_however_the_quantity_comes(made: list[int], every: int) -> None:
    counted: list[int] = []
    before = 0
    for quantity in made:
        counted += piece_counts(Decimal(before), Decimal(quantity), Decimal(every))
        before += quantity
    if before / every < 1000:
        assert counted == list(range(1, before // every + 1))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
@settings(derandomize=True, deadline=None)
def test_each_week_and_month_is_expected_once(since: date, span: int) -> None:
    until = since + timedelta(days=span)
    weeks = list(expected_days("weekly", since, until, ()))
    months = list(expected_days("monthly", since, until, ()))
    assert len({each.isocalendar()[:2] for each in weeks}) == len(weeks)
    assert len({(each.year, each.month) for each in months}) == len(months)
    assert all((each + timedelta(days=1)).day == 1 for each in months)
    assert len(list(expected_days("daily", since, until, range(1, 8)))) == span + 1
    assert all(each.isoweekday() <= 5 for each in expected_days("daily", since, until, range(1, 6)))


def test_the_day_begins_at_shanghais_midnight() -> None:
    before = run(started_at=datetime(2026, 3, 15, 15, 30, tzinfo=UTC))  # 23:30 of the 15th
    after = run(started_at=datetime(2026, 3, 15, 16, 30, tzinfo=UTC))  # 00:30 of the 16th
    assert first_piece_reasons(before, after, ("shift_start",), None) == ("shift_start",)


@pytest.mark.parametrize(("hours", "expected"), [(3, ()), (6, ("stop",))])
def test_a_stop_counts_from_the_end_of_what_ran_before(hours: int, expected: tuple[str, ...]) -> None:
    later = run(started_at=START + timedelta(hours=1 + hours))
    assert first_piece_reasons(run(), later, ("stop",), Decimal(4)) == expected


def test_only_what_the_plan_asks_for_is_a_reason() -> None:
    changed = run(operator="李工", program="P2", tools=frozenset())
    assert first_piece_reasons(run(), changed, ("tool", "program"), None) == ("program",)
    assert first_piece_reasons(run(), changed, (), None) == ()
    assert first_piece_reasons(None, changed, ("program",), None) == ("shift_start",)


@pytest.mark.parametrize(
    ("values", "limit", "piled"),
    [
        (["3.11", "3.12", "3.10", "3.13", "3.60"], LimitSet(low=Decimal("3.1")), 4),
        (["3.3", "3.4", "3.5", "3.6", "3.7"], LimitSet(low=Decimal("3.1")), None),
        (["9.96", "9.97", "9.98", "9.99", "10.0"], LimitSet(low=Decimal("9"), high=Decimal("10")), 5),
        (["9.5", "9.5", "9.5", "9.5", "9.5"], LimitSet(low=Decimal("9"), high=Decimal("10")), None),
        (["3.10", "3.11", "3.12"], LimitSet(low=Decimal("3.1")), None),
    ],
)
def test_piled_values(values: list[str], limit: LimitSet, piled: int | None) -> None:
    assert piled_at_limit(Counter(Decimal(each) for each in values), Limits(legal=limit).to_json()) == piled


TENTHS = st.integers(-50, 50).map(lambda tenths: Decimal(tenths) / 10)


@given(st.lists(TENTHS, max_size=12), st.none() | TENTHS, st.none() | TENTHS)
@settings(derandomize=True, deadline=None)
def test_what_is_piled_is_near_and_what_is_not_near_is_not_piled(
    values: list[Decimal], one: Decimal | None, other: Decimal | None
) -> None:
    low, high = (min(one, other), max(one, other)) if one is not None and other is not None else (one, other)
    if low is None and high is None:
        return
    limits = Limits(internal=LimitSet(low=low, high=high)).to_json()
    near = [value for value in values if near_limit(value, limits)]
    piled = piled_at_limit(Counter(values), limits)
    assert piled is None or piled <= len(near)
    assert piled_at_limit(Counter(set(values) - set(near)), limits) is None
