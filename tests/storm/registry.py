"""Each acceptance test registers a function here; it raises when the system fails, and returns its figures."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from server import embedded
from server.core.migrate import migrate
from tests.fixtures.cluster import new_data_dir, remove


@dataclass
class Storm:
    """What a test may ask for. `seed` (STORM_SEED) makes a failure repeatable; it is printed with it."""

    seed: int = field(default_factory=lambda: int(os.environ.get("STORM_SEED", "1")))
    _started: list[embedded.Running] = field(default_factory=list)

    def servers(self, *, durable: bool = True) -> embedded.Running:
        """PostgreSQL and Valkey of this test alone, migrated. Called outside a running event loop."""
        running = embedded.start(new_data_dir(), embedded.Options(durable=durable))
        self._started.append(running)
        asyncio.run(migrate(running.dsn("trace_owner")))
        return running

    def close(self) -> None:
        while self._started:
            remove(self._started.pop())


Test = Callable[[Storm], Mapping[str, object] | Awaitable[Mapping[str, object]]]


@dataclass(frozen=True)
class Acceptance:
    """One registered test: `number` as in the list of acceptance tests."""

    number: str
    title: str
    run: Test


TESTS: list[Acceptance] = []


def acceptance(number: str, title: str) -> Callable[[Test], Test]:
    """Register a test under its number; several may share one."""

    def register(test: Test) -> Test:
        TESTS.append(Acceptance(number, title, test))
        return test

    return register
