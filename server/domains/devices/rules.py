"""Whether a device's calibration held at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Validity = Literal["valid", "expired", "failed", "none", "not_required"]


@dataclass(frozen=True, slots=True)
class Calibration:
    calibrated_at: datetime
    valid_until: datetime
    passed: bool


def validity_at(required: bool, calibrations: Iterable[Calibration], at: datetime) -> Validity:
    """The last calibration before `at` decides: a failed one ends what an earlier one allowed."""
    if not required:
        return "not_required"
    last = max((c for c in calibrations if c.calibrated_at <= at), key=lambda c: c.calibrated_at, default=None)
    if last is None:
        return "none"
    if not last.passed:
        return "failed"
    return "valid" if at < last.valid_until else "expired"
