"""Fixed-window limits: counted in Valkey, and in PostgreSQL while Valkey is away. Never unlimited."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from redis import asyncio as aioredis

Count = Callable[[str, datetime], Awaitable[int]]
_RETRY_SECONDS = 1.0

_INCREMENT = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return used
"""


class Limiter:
    """Counts uses per bucket and window.

    `cache` is Valkey; `fall_back(bucket, window_start) -> used` counts one use in PostgreSQL. While the cache fails,
    every count goes to PostgreSQL, and the cache is tried again once a second.
    """

    def __init__(self, cache: aioredis.Redis, fall_back: Count) -> None:
        self._cache = cache
        self._fall_back = fall_back
        self._increment = cache.register_script(_INCREMENT)
        self._broken_until = 0.0

    async def use(self, bucket: str, *, limit: int, window_seconds: int) -> int:
        """Count one use. 0 while within `limit`, else the seconds until the window ends (at least 1)."""
        seconds = int(time.time())
        start = seconds - seconds % window_seconds
        used = await self._count(bucket, start, window_seconds)
        return 0 if used <= limit else max(1, start + window_seconds - seconds)

    async def _count(self, bucket: str, start: int, window_seconds: int) -> int:
        if time.monotonic() >= self._broken_until:
            try:
                return int(await self._increment(keys=[f"limit:{bucket}:{start}"], args=[window_seconds]))
            except Exception:  # a cache that answers nonsense makes its client fail in ways of every kind
                self._broken_until = time.monotonic() + _RETRY_SECONDS
        return await self._fall_back(bucket, datetime.fromtimestamp(start, UTC))


COUNT_SQL = """
INSERT INTO limit_counter AS c (bucket, window_start, used) VALUES ($1, $2, 1)
ON CONFLICT (bucket, window_start) DO UPDATE SET used = c.used + 1 RETURNING used
"""


def connect_cache(url: str) -> aioredis.Redis:
    """A client for Valkey that waits for a free connection instead of failing, and gives up on a slow server quickly."""
    pool = aioredis.BlockingConnectionPool.from_url(
        url.replace("valkey://", "redis://", 1), decode_responses=True, max_connections=16, timeout=1,
        socket_timeout=0.5, socket_connect_timeout=0.5, health_check_interval=30,
    )  # fmt: skip
    return aioredis.Redis(connection_pool=pool)
