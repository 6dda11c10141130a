"""Values piled just inside a limit, as a pure rule."""

from collections.abc import Mapping
from decimal import Decimal

from server.domains.quality.limits import Limits

PILED_LEAST, PILED_SHARE, BAND = 5, Decimal("0.6"), Decimal("0.05")


def piled_at_limit(counted: Mapping[Decimal, int], limits: Limits) -> int | None:
    """How many of the values (each with how often it occurs) lie just inside a limit, where it is most of at least five; else
    None. Just inside: within a twentieth of the range between two limits, or of a single limit itself."""
    total = sum(counted.values())
    if total < PILED_LEAST:
        return None
    most = 0
    for _, limit in limits.sets():
        low, high = limit.low, limit.high
        if low is not None and high is not None:
            band = (high - low) * BAND
        else:
            band = abs(low if low is not None else high if high is not None else Decimal(0)) * BAND
        if band == 0:
            continue
        near_low = _within(counted, low, low + band) if low is not None else 0
        near_high = _within(counted, high - band, high) if high is not None else 0
        most = max(most, near_low, near_high)
    return most if most >= PILED_SHARE * total else None


def _within(counted: Mapping[Decimal, int], low: Decimal, high: Decimal) -> int:
    return sum(count for value, count in counted.items() if low <= value <= high)
