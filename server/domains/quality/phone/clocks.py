"""The phone's clock against ours. What it says is kept as a claim; what counts is never ahead of us."""

from datetime import datetime, timedelta
from typing import NamedTuple

from server.core.clock import CLOCKS_DIFFER

SKEW_SECONDS = int(CLOCKS_DIFFER.total_seconds())


class Clock(NamedTuple):
    """When a batch was sent by the phone's clock, and when it came by ours."""

    sent_at: datetime
    received_at: datetime

    @property
    def skew(self) -> timedelta:
        """By how much the phone's clock is ahead."""
        return self.sent_at - self.received_at

    @property
    def skewed(self) -> bool:
        return abs(self.skew) > CLOCKS_DIFFER


class Told(NamedTuple):
    """`at`: when something was done as far as it can be told; None where the claim cannot be (the clock jumped)."""

    at: datetime | None
    jumped: bool


def tell(claimed: datetime, clock: Clock, before: datetime | None, after: datetime | None) -> Told:
    """When an entry was made. A clock that is wrong by a known amount is put right by it; one that agrees with ours is
    believed. `before`, `after`: the claims of the entries next to this one in the phone's own order."""
    jumped = claimed > clock.sent_at
    jumped |= before is not None and before > claimed
    jumped |= after is not None and after < claimed
    if claimed > clock.sent_at:
        return Told(None, True)
    at = claimed - clock.skew if clock.skewed else claimed
    return Told(min(at, clock.received_at), jumped)
