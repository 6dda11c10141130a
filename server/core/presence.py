"""A part that other programs run, seen from here: what its absence looks like, and one line when it goes and when it is back."""

import logging
from typing import Any

import asyncpg
from tortoise.exceptions import DBConnectionError

GONE: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError, asyncpg.InternalClientError, DBConnectionError, OSError, TimeoutError,
)  # fmt: skip
"""PostgreSQL is stopped, starting, out of reach or not the one that takes writes: the same call may succeed later."""

BUSY: tuple[type[BaseException], ...] = (
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
)
"""PostgreSQL is there and could not do this now: a deadlock, a lock, a time limit, no space left."""


class Presence:
    """Says once that something has gone, however many calls meet its absence, and once that it is back."""

    def __init__(self, log: logging.Logger, what: str = "database") -> None:
        self._log = log
        self._what = what
        self._away = False

    def gone(self, error: BaseException) -> None:
        if not self._away:
            self._log.warning("%s away: %s", self._what, type(error).__name__)
        self._away = True

    def back(self) -> None:
        if self._away:
            self._log.info("%s back", self._what)
        self._away = False


class _OneLine(logging.Filter):
    """A pool that cannot connect reports a stack at every try; whoever waits for the connection says it in one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        error: Any = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, GONE)


_QUIET = _OneLine()


def quiet_pools() -> None:
    """From now on asyncpg's pools leave it to their users to say that the database is away."""
    logging.getLogger("asyncpg.pool").addFilter(_QUIET)
