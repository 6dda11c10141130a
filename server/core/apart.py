"""A transaction of its own, on a connection of its own: for what must stay although the running one rolls back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from tortoise.connection import get_connections

from server.core.scope import Scope


@asynccontextmanager
async def connection() -> "AsyncIterator[asyncpg.Connection[Any]]":
    """A fresh connection whose statements run in transactions opened with `async with apart.transaction(c, scope)`.

    It costs a connect (some 10 ms) and takes nothing from the pool, so a caller that holds a pooled connection
    cannot wait for itself. For rare acts: counting a wrong password while the act it should sign is undone.
    """
    config: Any = get_connections().db_config
    credentials = {k: config["default"]["credentials"][k] for k in ("host", "port", "user", "password", "database")}
    opened = await asyncpg.connect(**credentials, timeout=5, command_timeout=10)
    try:
        yield opened
    finally:
        await opened.close(timeout=5)


@asynccontextmanager
async def transaction(opened: "asyncpg.Connection[Any]", scope: Scope) -> AsyncIterator[None]:
    """One transaction of that connection, in this scope."""
    async with opened.transaction():
        await opened.execute(scope.preamble())
        yield
