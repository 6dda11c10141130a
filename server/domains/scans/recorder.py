"""Counts scans durably and in groups: what arrives while one batch commits is the next batch.

Every caller waits for the commit that holds its own scan. Several scans of one code in a batch get consecutive counts,
so exactly one of them is the first.
"""

import asyncio
import contextlib
import logging
from operator import itemgetter
from typing import Any, NamedTuple

import asyncpg

from server.core.errors import Unavailable
from server.core.presence import Presence
from server.domains.scans.queries import COUNT_SCANS, LOOK_UP

log = logging.getLogger("server.scans")

LARGEST_BATCH = 512
SESSION = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""Settings of a counting connection: nested loops over the sorted codes keep one lock order, planned once."""

Connection = Any  # asyncpg's pool hands out proxies of a connection
Waiting = tuple[str, int, bytes, "asyncio.Future[Seen | None]"]


class Seen(NamedTuple):
    """One scan as it was counted: the facts of the code, and which scan of it this was (its own count); or, where it was
    not `counted`, the count as it stands."""

    facts: Any
    number: int
    counted: bool = True


class Recorder:
    """The scans of one process. One batch commits at a time: what arrives meanwhile makes a larger batch, and a larger
    batch costs less of everything."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool
        self._waiting: list[Waiting] = []
        self._wake = asyncio.Event()
        self._in_flight: asyncio.Event | None = None
        self._closing = False
        self._database = Presence(log, "database that counts scans")
        self._writer = asyncio.create_task(self._write(), name="scan-writer")

    async def record(self, code: str, channel: int, device_hash: bytes) -> Seen | None:
        """Count one scan; None where there is no such public code. Raises Unavailable while PostgreSQL is away."""
        if self._closing:
            raise Unavailable(retry_after_seconds=2)
        answer: asyncio.Future[Seen | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((code, channel, device_hash, answer))
        if not self._wake.is_set():
            self._wake.set()
        return await answer

    async def look(self, code: str) -> Seen | None:
        """The same answer with the present count, counting nothing."""
        try:
            facts = await self._pool.fetchrow(LOOK_UP, code, timeout=5)
        except AWAY as error:
            raise Unavailable(retry_after_seconds=2) from error
        return None if facts is None else Seen(facts, facts["scan_count"], counted=False)

    async def keep_pace(self) -> None:
        """Wait as long as a scan would that arrived now, reading nothing: a made-up code and one that was
        never issued then take the same time. That is the batch in flight, and the one after it."""
        for _ in range(2):
            if self._in_flight is None:
                await asyncio.sleep(0)
            else:
                await self._in_flight.wait()

    async def close(self) -> None:
        """Take no more scans, commit what waits, end the writer."""
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._writer], timeout=10)
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        """The writer holds its connection as long as it works, and takes a fresh one after a failure."""
        async with contextlib.AsyncExitStack() as held:
            connection: Connection = None
            while batch := await self._next_batch():
                self._in_flight = done = asyncio.Event()
                try:
                    if _is_lost(connection):
                        await held.aclose()
                        connection = await held.enter_async_context(self._connected())
                    await self._commit(connection, batch)
                    self._database.back()
                except Exception as error:
                    if isinstance(error, AWAY):
                        self._database.gone(error)
                    _refuse(batch, error)
                    await held.aclose()
                    connection = None
                finally:
                    self._in_flight = None
                    done.set()

    async def _next_batch(self) -> list[Waiting]:
        """The scans that wait, at most LARGEST_BATCH; empty only when closing and nothing is left."""
        while not self._waiting:
            if self._closing:
                return []
            self._wake.clear()
            await self._wake.wait()
        batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        return batch

    @contextlib.asynccontextmanager
    async def _connected(self) -> Any:
        connection = await self._pool.acquire(timeout=5)
        try:
            for name, value in SESSION.items():
                await connection.execute("SELECT set_config($1, $2, false)", name, value)
            yield connection
        finally:
            with contextlib.suppress(*AWAY):
                await self._pool.release(connection, timeout=2)

    async def _commit(self, connection: Connection, batch: list[Waiting]) -> None:
        first, times, others = _grouped(batch)
        arguments = (
            [scan[0] for scan in first],
            times,
            [scan[1] for scan in first],
            [scan[2] for scan in first],
            [scan[0] for scan in others],
            [scan[1] for scan in others],
            [scan[2] for scan in others],
        )
        try:
            rows = await connection.fetch(COUNT_SCANS, *arguments)
        except asyncpg.DeadlockDetectedError:  # rolled back whole: nothing was counted
            rows = await connection.fetch(COUNT_SCANS, *arguments)
        _answer(batch, dict(zip(arguments[0], times, strict=True)), {row["text"]: row for row in rows})


AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, asyncio.TimeoutError)


def _is_lost(connection: Connection) -> bool:
    """Not there yet, or gone since the last batch, as after a restart while nobody scanned."""
    try:
        return connection is None or bool(connection.is_closed())
    except asyncpg.InterfaceError:  # the pool took it back when it broke
        return True


def _grouped(batch: list[Waiting]) -> tuple[list[Waiting], list[int], list[Waiting]]:
    """By code, in one order everywhere: one scan of each code, how often each code stands, and the other scans."""
    first: list[Waiting] = []
    times: list[int] = []
    others: list[Waiting] = []
    for scan in sorted(batch, key=itemgetter(0)):
        if first and first[-1][0] == scan[0]:
            others.append(scan)
            times[-1] += 1
        else:
            first.append(scan)
            times.append(1)
    return first, times, others


def _answer(batch: list[Waiting], times: dict[str, int], rows: dict[str, Any]) -> None:
    """Hand each caller its own count: the row holds the last one of the batch."""
    for code, _, _, answer in batch:
        row = rows.get(code)
        if row is None:
            seen = None
        else:
            times[code] -= 1
            seen = Seen(row, row["scan_count"] - times[code])
        if not answer.done():  # the client may have hung up; its scan counts all the same
            answer.set_result(seen)


def _refuse(batch: list[Waiting], error: Exception) -> None:
    """Nobody is told that a scan was counted when that is not known."""
    if not isinstance(error, AWAY):
        log.error("%d scans not counted: %s", len(batch), type(error).__name__, exc_info=error)
    for _, _, _, answer in batch:
        if not answer.done():
            answer.set_exception(Unavailable(retry_after_seconds=2))
