"""What a scanned code is: one status, the first that applies, decided inside the statement that counts the scan.

The rule stands in SQL because the same statement writes it into the scan's row; there is no second copy of it.
"""

from enum import IntEnum
from typing import Final, Literal

StatusText = Literal[
    "genuine", "lot_released", "expired", "inactive", "under_investigation", "voided", "recalled", "unknown",
    "typing_slip",
]  # fmt: skip
Reason = Literal["voided", "lost", "returned"]


class Result(IntEnum):
    """`scan.result`. Numbers are stored, so they never change their meaning."""

    RECALLED = 1
    VOIDED = 2
    LOST = 3
    RETURNED = 4
    UNDER_INVESTIGATION = 5
    INACTIVE = 6
    EXPIRED = 7
    GENUINE = 8
    LOT_RELEASED = 9

    @property
    def status(self) -> StatusText:
        """The word a reader gets: a lost or returned code is `voided`, the reason says more."""
        return _WORDS[self]

    @property
    def reason(self) -> Reason | None:
        """Why a voided code is voided; None for every other status."""
        return _REASONS.get(self)


_WORDS: Final[dict[Result, StatusText]] = {
    Result.RECALLED: "recalled", Result.VOIDED: "voided", Result.LOST: "voided", Result.RETURNED: "voided",
    Result.UNDER_INVESTIGATION: "under_investigation", Result.INACTIVE: "inactive", Result.EXPIRED: "expired",
    Result.GENUINE: "genuine", Result.LOT_RELEASED: "lot_released",
}  # fmt: skip
_REASONS: Final[dict[Result, Reason]] = {
    Result.VOIDED: "voided",
    Result.LOST: "lost",
    Result.RETURNED: "returned",
}

LOT_KIND: Final = 2
"""`code.kind` of a public lot code; 1 is a public item code, above 2 nothing is shown to the public."""

# c: the code · n: the gravest open notice · p: the publication · l: the lot itself, read only while nothing is published
RULE: Final = f"""CASE
    WHEN n.kind = 'recall' THEN {Result.RECALLED:d}
    WHEN c.state = 5 THEN {Result.VOIDED:d}
    WHEN c.state = 6 THEN {Result.LOST:d}
    WHEN c.state = 7 THEN {Result.RETURNED:d}
    WHEN n.kind = 'investigation' THEN {Result.UNDER_INVESTIGATION:d}
    WHEN c.state < 3 THEN {Result.INACTIVE:d}
    WHEN c.kind = {LOT_KIND} AND p.version IS NULL AND l.released IS NOT TRUE THEN {Result.INACTIVE:d}
    WHEN coalesce(p.expires_at, l.expires_at) <= now() THEN {Result.EXPIRED:d}
    WHEN c.kind = {LOT_KIND} THEN {Result.LOT_RELEASED:d}
    ELSE {Result.GENUINE:d} END"""
