"""The Tortoise engine whose every transaction carries its scope, and which knows no statement outside one.

BEGIN and the scope travel in one message, so isolation costs no round trip. If the text of BEGIN ever changed
under us, the role would not be set and every statement would be refused: it fails closed.
"""

from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from server.core.scope import NoScope, current_scope


class ScopedConnection(asyncpg.Connection):
    """Sends the scope together with BEGIN."""

    _preamble = ""

    def arm(self, preamble: str) -> None:
        self._preamble = preamble

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - the signature of asyncpg
        if self._preamble and query == "BEGIN;":
            query, self._preamble = query + self._preamble, ""
        return str(await super().execute(query, *args, timeout=timeout))

    def get_reset_query(self) -> str:
        return ""  # all we set is LOCAL to a transaction; saves a round trip per release


class ScopedWrapper(TransactionWrapper):
    async def begin(self) -> None:
        connection: Any = self._connection
        if connection._top_xact is None:
            connection.arm(current_scope().preamble())
        await super().begin()

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ScopedWrapper(self))


class ScopedContext(TransactionContextPooled):
    """Releases the connection also when BEGIN fails (upstream leaks it)."""

    async def __aenter__(self) -> Any:
        await self.ensure_connection()
        client: Any = self.client
        pool = client._parent._pool
        client._connection = await pool.acquire()
        try:
            await client.begin()
        except BaseException:
            if client.transaction is not None:
                client.transaction._managed = True  # BEGIN may have arrived: release rolls it back, and is no error
            await pool.release(client._connection)
            raise
        self.token = get_connections().set(self.connection_name, client)
        return client


class ScopedClient(AsyncpgDBClient):
    connection_class = ScopedConnection  # type: ignore[assignment]

    def _in_transaction(self) -> TransactionContext:
        return ScopedContext(ScopedWrapper(self), self._pool_init_lock)

    def acquire_connection(self) -> Any:
        raise NoScope("the database is used outside a transaction")


client_class = ScopedClient
