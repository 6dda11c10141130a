"""How often one address, and one beginning of a code, may ask for what does not exist.

A code that proves by its keyed check to be ours is always answered: many people share one address behind a mobile
network, and 65 random bits cannot be guessed at any rate. Other texts may be sequences, so an address over its
limit is refused before they are looked up.
"""

import time
from collections import OrderedDict

from server.core.limits import Limiter

WINDOW_SECONDS = 60
UNKNOWN_PER_ADDRESS = 30
UNKNOWN_PER_PREFIX = 30
SLIPS_PER_ADDRESS = 120
PREFIX_LENGTH = 4
MOST_REMEMBERED = 20_000


class Unknowns:
    """Counts misses. What is over its limit is remembered here until its window ends, so a flood costs no round trips."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._over: OrderedDict[str, float] = OrderedDict()

    def wait_of(self, bucket: str) -> int:
        """Seconds that this bucket is still refused; 0 where it is not."""
        until = self._over.get(bucket)
        if until is None:
            return 0
        left = until - time.monotonic()
        if left <= 0:
            self._over.pop(bucket, None)
            return 0
        return int(left) + 1

    async def miss(self, address: str, code: str) -> int:
        """Count a code that does not exist; the seconds to wait, or 0 where it may be answered."""
        by_address = await self._use(f"scan:unknown:{address}", UNKNOWN_PER_ADDRESS)
        if by_address:
            return by_address
        return await self._use(f"scan:prefix:{code[:PREFIX_LENGTH]}", UNKNOWN_PER_PREFIX)

    async def slip(self, address: str) -> int:
        """Count a typing slip: it costs nothing to answer, but not without end."""
        return await self._use(f"scan:slip:{address}", SLIPS_PER_ADDRESS)

    def refused(self, address: str) -> int:
        """Seconds that an address is refused texts we cannot tell to be ours; 0 where it is not."""
        return self.wait_of(f"scan:unknown:{address}")

    async def _use(self, bucket: str, limit: int) -> int:
        if wait := self.wait_of(bucket):
            return wait
        wait = await self._limiter.use(bucket, limit=limit, window_seconds=WINDOW_SECONDS)
        if wait:
            self._over[bucket] = time.monotonic() + wait
            if len(self._over) > MOST_REMEMBERED:
                self._over.popitem(last=False)
        return wait
