"""Passwords: argon2id in a small thread pool of its own, so that neither the loop nor the memory is overrun."""

import asyncio
import re
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.core.errors import Unavailable

T = TypeVar("T")
THREADS = 2
MAX_WAITING = 32  # beyond it, come back later: some 32 x 80 ms are ahead in the queue
MIN_LENGTH = 10
MAX_LENGTH = 128
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_COMMON = re.compile(
    r"pass(word)?|admin|qwert|asdf|abc|iloveyou|welcome|letmein|mima|woaini|112233|123|000|111|520|666|888"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs: rounds and KiB of memory."""

    rounds: int
    memory_kib: int


PRODUCTION_COST = Cost(2, 64 * 1024)
TEST_COST = Cost(1, 8)  # for settings in mode `test` only


class Passwords:
    """Hashes and verifies. At most THREADS at a time, MAX_WAITING in the queue; Unavailable beyond."""

    def __init__(self, cost: Cost) -> None:
        self._hasher = PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, "passwords")
        self._lock = threading.Lock()
        self._inside = 0
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the one; without a stored hash the same work is done for nothing, and it is not."""
        matches = await self._run(lambda: self._matches(password, stored or self._nobody))
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        with self._lock:
            if self._inside >= THREADS + MAX_WAITING:
                raise Unavailable(retry_after_seconds=3)
            self._inside += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._leave)  # a caller who hangs up still occupies the thread until it is done
        return await asyncio.shield(future)

    def _leave(self, _: object) -> None:
        with self._lock:
            self._inside -= 1


_passwords: Passwords | None = None
_cost = PRODUCTION_COST


def use_cost(cost: Cost) -> None:
    """Choose the cost of this process, before the first password is seen."""
    global _passwords, _cost
    if cost != _cost:
        _passwords, _cost = None, cost


def passwords() -> Passwords:
    """The one pool of this process."""
    global _passwords
    if _passwords is None:
        _passwords = Passwords(_cost)
    return _passwords


def one_time_password() -> str:
    """Fifteen characters without look-alikes (74 random bits), in groups that can be read out."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))


def is_weak(password: str, username: str) -> bool:
    """Short, long beyond use, made of few characters or of digits only, holding the username, or nothing but common parts."""
    lowered = password.lower()
    rest = _COMMON.sub("", lowered)
    return (
        not MIN_LENGTH <= len(password) <= MAX_LENGTH
        or len(set(lowered)) < 5
        or username.lower() in lowered
        or len(rest) < 5
        or password.isdigit()
    )
