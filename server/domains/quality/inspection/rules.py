"""What makes an inspection fall due, as pure rules over facts."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple
from uuid import UUID

from server.core.clock import EDGE

PROGRAM_NAMES = frozenset({"program", "程序", "程序号"})  # the parameter of an operation that names its program
MOST_SLOTS = 1000  # of one operation or one look ahead: a longer stretch is taken up at the next look


class Run(NamedTuple):
    """One operation at a step on a line."""

    started_at: datetime
    ended_at: datetime | None
    shift: str | None
    operator: str | None
    materials: frozenset[UUID]  # the lots charged
    tools: frozenset[UUID]
    program: str | None


def first_piece_reasons(
    before: Run | None, run: Run, wanted: Collection[str], stop_hours: Decimal | None
) -> tuple[str, ...]:
    """Why the first piece of this run is to be inspected; empty where nothing changed. Nothing before it: all is new."""
    if before is None:
        return ("shift_start",) if wanted else ()
    changed = {
        "shift_start": (before.shift, _day(before.started_at)) != (run.shift, _day(run.started_at)),
        "operator": before.operator != run.operator,
        "material": bool(run.materials) and not run.materials <= before.materials,
        "tool": before.tools != run.tools,
        "program": before.program != run.program,
        "stop": stop_hours is not None and _stood(before, run) > float(stop_hours) * 3600,
    }
    return tuple(name for name, is_so in changed.items() if is_so and name in wanted)


def _day(at: datetime) -> date:
    return at.astimezone(EDGE).date()


def _stood(before: Run, run: Run) -> float:
    return (run.started_at - (before.ended_at or before.started_at)).total_seconds()


def slots(start: datetime, until: datetime, every_hours: Decimal, after: datetime | None = None) -> list[datetime]:
    """start + 1, 2, … times the interval, up to `until`; only those later than `after`. MOST_SLOTS at most."""
    interval = timedelta(seconds=float(every_hours * 3600))
    first = 1 if after is None else max(1, int((after - start) / interval) + 1)
    last = int((until - start) / interval)
    return [start + interval * number for number in range(first, min(last, first + MOST_SLOTS - 1) + 1)]


def piece_counts(before: Decimal, made: Decimal, every: Decimal) -> range:
    """The multiples of `every`, as numbers, that counting from `before` by `made` more reaches."""
    first = int((before / every).to_integral_value(ROUND_FLOOR)) + 1
    last = int(((before + made) / every).to_integral_value(ROUND_FLOOR))
    return range(first, min(last, first + MOST_SLOTS - 1) + 1)


def expected_days(trigger: str, since: date, until: date, weekdays: Collection[int]) -> Iterator[date]:
    """The days that a record is expected for, both ends included: each of the weekdays, each Sunday for its week, each
    last day of a month for its month."""
    day = since
    while day <= until:
        tomorrow = day + timedelta(days=1)
        if trigger == "daily":
            wanted = day.isoweekday() in weekdays
        else:
            wanted = day.isoweekday() == 7 if trigger == "weekly" else tomorrow.day == 1
        if wanted:
            yield day
        day = tomorrow
