"""What every role that works in rounds shares: stop on SIGTERM or SIGINT, wait while PostgreSQL is away."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

from server.core.presence import BUSY, GONE, Presence

AWAY = (*GONE, *BUSY)
AWAY_SECONDS = 1.0


def stop_on_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait, or stop waiting when told to stop."""
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def rounds(stopping: asyncio.Event, work: Callable[[], Awaitable[float]], log: logging.Logger) -> None:
    """Call `work` until told to stop; it says how many seconds to rest. One line when the database goes, one when it is back."""
    database = Presence(log)
    while not stopping.is_set():
        try:
            seconds = await work()
            database.back()
        except AWAY as error:
            database.gone(error)
            seconds = AWAY_SECONDS
        if seconds:
            await pause(stopping, seconds)
        else:
            await asyncio.sleep(0)
