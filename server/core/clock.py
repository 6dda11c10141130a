"""Time inside is UTC; people read Asia/Shanghai."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EDGE = ZoneInfo("Asia/Shanghai")
CLOCKS_DIFFER = timedelta(minutes=5)  # by as much as a good phone's clock may be ahead of ours
_told: ContextVar[datetime | None] = ContextVar("told_at", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC. Gates that decide on use ask the database's clock instead."""
    told = _told.get()
    return datetime.now(UTC) if told is None else told


def lies_ahead(moment: datetime) -> bool:
    """Whether it has not come yet, by more than clocks differ."""
    return moment > now() + CLOCKS_DIFFER


@contextmanager
def told_at(moment: datetime | None) -> Iterator[None]:
    """Inside, it is `moment` for this task: a story of the past, told by the demo's seed alone (nothing that serves may
    import this, which a test keeps). The database's clock follows only where the seed has prepared it."""
    token = _told.set(None if moment is None else moment.astimezone(UTC))
    try:
        yield
    finally:
        _told.reset(token)


def end_of_day(day: date) -> datetime:
    """The first moment after `day` at the edge: goods that expire on `day` may be used all of it."""
    return datetime.combine(day + timedelta(days=1), time.min, EDGE).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """Midnight at the edge at which `day` begins."""
    return datetime.combine(day, time.min, EDGE).astimezone(UTC)
