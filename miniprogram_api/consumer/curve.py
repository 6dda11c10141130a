"""The temperature curve of a leg, as the geometry of a small SVG without scripts or styles."""

from dataclasses import dataclass
from datetime import datetime

from miniprogram_api.consumer.snapshot import Temperature

WIDTH, HEIGHT = 600, 120
MOST_BUCKETS = 60


@dataclass(frozen=True, slots=True)
class Curve:
    """SVG coordinates in a WIDTH × HEIGHT box, and the figures a reader needs beside it."""

    path: str
    high_y: int | None
    low_y: int | None
    highest: float
    lowest: float
    started_at: datetime
    ended_at: datetime
    outside: bool


def draw(temperature: Temperature) -> Curve | None:
    """Return the curve, or None for fewer than two readings. Extremes are always kept."""
    points = temperature.points
    if len(points) < 2 or points[-1][0] <= points[0][0]:
        return None
    values = [value for _, value in points]
    high, low = temperature.limit_high, temperature.limit_low
    shown = values + [limit for limit in (high, low) if limit is not None]
    top, bottom = max(shown), min(shown)
    margin = (top - bottom or 1.0) * 0.12
    scale = HEIGHT / (top - bottom + 2 * margin)

    def y(value: float) -> int:
        return round((top + margin - value) * scale)

    start, end = points[0][0], points[-1][0]
    span = (end - start).total_seconds()
    line = [(round((at - start).total_seconds() / span * WIDTH), y(value)) for at, value in _thin(points)]
    return Curve(
        path="M" + "L".join(f"{x} {height}" for x, height in line),
        high_y=None if high is None else y(high),
        low_y=None if low is None else y(low),
        highest=max(values),
        lowest=min(values),
        started_at=start,
        ended_at=end,
        outside=(high is not None and max(values) > high) or (low is not None and min(values) < low),
    )


def _thin(points: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Keep the lowest and the highest reading of each bucket, in time order, and both ends."""
    if len(points) <= 2 * MOST_BUCKETS:
        return points
    size = -(-len(points) // MOST_BUCKETS)
    kept = {0, len(points) - 1}
    for first in range(0, len(points), size):
        bucket = range(first, min(first + size, len(points)))
        kept.add(min(bucket, key=lambda index: points[index][1]))
        kept.add(max(bucket, key=lambda index: points[index][1]))
    return [points[index] for index in sorted(kept)]
