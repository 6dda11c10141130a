"""Threads for SDKs that block: bounded, with a time limit, apart from the loop and from everybody else's threads."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
SIZE = 16
MAX_WAITING = 48


class Busy(Exception):
    """So many calls wait already that one more would only wait in vain; nothing was begun."""


class Threads:
    """At most `size` calls at a time, `waiting` in the queue."""

    def __init__(self, name: str, size: int = SIZE, waiting: int = MAX_WAITING) -> None:
        self._pool = ThreadPoolExecutor(size, name)
        self._lock = threading.Lock()
        self._room = size + waiting

    async def run(self, work: Callable[[], T], *, seconds: float) -> T:
        """`work` in a thread. Busy before it begins; TimeoutError when the caller has waited long enough: the thread then
        ends by the time limits of its own sockets, and keeps its place until then."""
        with self._lock:
            if self._room == 0:
                raise Busy
            self._room -= 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, self._counted(work))
        return await asyncio.wait_for(asyncio.shield(future), seconds)

    def _counted(self, work: Callable[[], T]) -> Callable[[], T]:
        def run() -> T:
            try:
                return work()
            finally:
                with self._lock:
                    self._room += 1

        return run

    def close(self) -> None:
        """What runs, ends by itself; what waits, does not begin."""
        self._pool.shutdown(wait=False, cancel_futures=True)
