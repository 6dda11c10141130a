"""The sandbox on a free port, its accounts made once a process (RSA keys take a moment), its clock in the test's hands."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from workers.sandbox import Accounts, Sandbox


@cache
def accounts() -> Accounts:
    return Accounts.make()


class Clock:
    """The vendors' time: `clock.now += 7200`."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@contextmanager
def sandboxed(clock: Clock | None = None) -> Iterator[Sandbox]:
    with Sandbox(accounts(), clock=clock or Clock()) as sandbox:
        yield sandbox
