"""Values piled just inside a limit, as a pure rule. Just inside: within a twentieth of the range between two limits, or of a single
limit itself."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from server.domains.quality.limits import Limits

PILED_LEAST, PILED_SHARE, BAND = 5, Decimal("0.6"), Decimal("0.05")
Band = tuple[Decimal, Decimal]


def piled_at_limit(counted: Mapping[Decimal, int], limits_json: str) -> int | None:
    """How many of the values (each with how often it occurs) lie just inside a limit, where it is most of at least five; else
    None. `limits_json`: `Limits` as they are kept."""
    total = sum(counted.values())
    if total < PILED_LEAST:
        return None
    most = max((_within(counted, band) for band in _bands(limits_json)), default=0)
    return most if most >= PILED_SHARE * total else None


def near_limit(value: Decimal | None, limits_json: str | None) -> bool:
    """Whether the value counts among those just inside any of the limits; of each measurement it is kept, so that what lies far
    from all limits need not be read again."""
    return (
        value is not None and limits_json is not None and any(low <= value <= high for low, high in _bands(limits_json))
    )


@lru_cache(maxsize=4096)
def _bands(limits_json: str) -> tuple[Band, ...]:
    found: list[Band] = []
    for _, limit in Limits.model_validate_json(limits_json).sets():
        low, high = limit.low, limit.high
        width = high - low if low is not None and high is not None else abs(low or high or Decimal(0))
        if width == 0:
            continue
        if low is not None:
            found.append((low, low + width * BAND))
        if high is not None:
            found.append((high - width * BAND, high))
    return tuple(found)


def _within(counted: Mapping[Decimal, int], band: Band) -> int:
    low, high = band
    return sum(count for value, count in counted.items() if low <= value <= high)
