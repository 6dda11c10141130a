"""Secrets that a vendor hands out for hours, and that all processes share: fetched by one, through Valkey, under a lock.

Without Valkey every process keeps its own for as long as it is good; nothing is lost but the sharing.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from redis.exceptions import LockError, LockNotOwnedError

MARGIN_SECONDS = 300  # renewed so long before it ends; the one before stays good meanwhile
LOCK_SECONDS = 15.0
LOCK_WAIT_SECONDS = 8.0
AWAY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Fetched:
    value: str
    seconds: int


class Shared:
    """One such secret. Blocks: used in the threads of `server.adapters.threads` alone."""

    def __init__(
        self, cache: "redis.Redis", key: str, fetch: Callable[[], Fetched], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cache, self._key, self._fetch, self._clock = cache, key, fetch, clock
        self._lock = threading.Lock()
        self._own: tuple[str, float] | None = None
        self._away_until = 0.0

    def get(self, stale: str | None = None) -> str:
        """The secret, but not `stale`, which the vendor has just refused. Raises what `fetch` raises, and TimeoutError
        where another has been fetching it for too long: a vendor that is slow is not asked by everybody at once."""
        if self._clock() >= self._away_until:
            try:
                return self._of_all(stale)
            except LockNotOwnedError:  # fetching took so long that the lock ran out: what was fetched is good
                return self._of_this_process(stale).value
            except LockError:
                raise TimeoutError from None
            except redis.RedisError:
                self._away_until = self._clock() + AWAY_SECONDS
        return self._of_this_process(stale).value

    def _of_all(self, stale: str | None) -> str:
        if found := self._kept(stale):
            return found
        with self._cache.lock(f"{self._key}:lock", timeout=LOCK_SECONDS, blocking_timeout=LOCK_WAIT_SECONDS):
            if found := self._kept(stale):
                return found
            fetched = self._of_this_process(stale)
            self._cache.set(self._key, fetched.value, ex=max(1, fetched.seconds))
            return fetched.value

    def _kept(self, stale: str | None) -> str | None:
        found = self._cache.get(self._key)
        return found if isinstance(found, str) and found != stale else None

    def _of_this_process(self, stale: str | None) -> Fetched:
        """What this process has still good, else a new one; others of this process wait and get the same."""
        if not self._lock.acquire(timeout=LOCK_WAIT_SECONDS):
            raise TimeoutError
        try:
            if self._own and self._own[0] != stale and self._own[1] > self._clock():
                return Fetched(self._own[0], int(self._own[1] - self._clock()))
            fetched = self._fetch()
            seconds = max(1, fetched.seconds - MARGIN_SECONDS)
            self._own = (fetched.value, self._clock() + seconds)
            return Fetched(fetched.value, seconds)
        finally:
            self._lock.release()


def connect_blocking_cache(url: str, size: int) -> "redis.Redis":
    """A client for threads: waits for a free connection, and gives a slow server up quickly."""
    pool = redis.BlockingConnectionPool.from_url(
        url.replace("valkey://", "redis://", 1), decode_responses=True, max_connections=size, timeout=1,
        socket_timeout=0.5, socket_connect_timeout=0.5, health_check_interval=30,
    )  # fmt: skip
    return redis.Redis(connection_pool=pool)
