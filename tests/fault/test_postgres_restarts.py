"""Promise: PostgreSQL may be restarted in any way under writers. Nothing acknowledged is missing, a repeat with its key is
one row, and the same processes serve on (T03)."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from server import embedded
from tests.fault.serving import Serving, people, serving
from tests.fault.writers import Writers, prove

Mode = Literal["fast", "immediate", "kill"]
HEALTHY_SECONDS = 10.0


async def restarts(running: embedded.Running, system: Serving, modes: Sequence[Mode], between_seconds: float) -> dict[str, object]:  # fmt: skip
    """Restart PostgreSQL in these ways under eight writers and prove the ledger; the figures."""
    slowest = 0.0
    async with people(system) as api:
        writers = await Writers(await api.plant(), 8).prepare()
        writing = asyncio.create_task(writers.run())
        for mode in modes:
            await asyncio.sleep(between_seconds)
            await asyncio.to_thread(running.postgres.stop, mode)
            await asyncio.sleep(0.5)  # requests meet a closed port too
            await asyncio.to_thread(running.postgres.start)
            slowest = max(slowest, await healthy(system, writers))
        await asyncio.sleep(between_seconds)
        writers.stop()
        await writing
        figures = await prove(writers)
        await writers.repeat(most=2000)
        assert await prove(writers) == figures
    assert system.ended() == []
    assert system.errors() == []
    assert_quiet(system, len(modes))
    told = " ".join(f"{status}:{count}" for status, count in sorted(writers.ledger.statuses.items()))
    return {"restarts": len(modes), **figures, "told": told, "healthy_s": round(slowest, 1)}


def assert_quiet(system: Serving, outages: int) -> None:
    """Who meets the absence says so in a line, and in another that it is over; no stack of any library in between."""
    lines = system.log.read_text().splitlines()
    assert [line for line in lines if "Traceback" in line] == []
    told = Counter(line.split()[3] for line in lines if " database away: " in line)
    assert told
    assert max(told.values()) <= 2 * outages  # a statement under way may see it first, the next connection again


async def healthy(system: Serving, writers: Writers) -> float:
    """The seconds from PostgreSQL accepting until the next write is acknowledged and the system calls itself ready."""
    began, known = time.monotonic(), len(writers.ledger.acknowledged())
    while len(writers.ledger.acknowledged()) == known or not await asyncio.to_thread(system.is_ready):
        assert time.monotonic() - began < HEALTHY_SECONDS
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def storm(running: embedded.Running, modes: Sequence[Mode], between_seconds: float) -> dict[str, object]:
    with serving(running) as system:
        return await restarts(running, system, modes, between_seconds)


def test_restarts_of_every_kind_under_writers(own_servers: Callable[..., embedded.Running]) -> None:
    figures = asyncio.run(storm(own_servers(), ["fast", "immediate", "kill"], 0.3))
    assert int(str(figures["writes"])) > 8
