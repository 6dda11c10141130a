"""Time inside is UTC; people read Asia/Shanghai."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EDGE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC. Gates that decide on use ask the database's clock instead."""
    return datetime.now(UTC)


def end_of_day(day: date) -> datetime:
    """The first moment after `day` at the edge: goods that expire on `day` may be used all of it."""
    return datetime.combine(day + timedelta(days=1), time.min, EDGE).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """Midnight at the edge at which `day` begins."""
    return datetime.combine(day, time.min, EDGE).astimezone(UTC)
