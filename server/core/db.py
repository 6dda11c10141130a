"""The one door to PostgreSQL: a transaction in a scope. Inside it, plain SQL and Tortoise models share one connection."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import orjson
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from server.core.presence import quiet_pools
from server.core.scope import NoScope, Scope, _scope, current_scope

__all__ = [
    "NoScope", "Scope", "bulk_copy", "bulk_copy_binary", "close", "copy_records", "current_scope", "execute",
    "executemany", "fetch", "fetchrow", "fetchval", "loads", "open_pool", "transaction",
]  # fmt: skip

SESSION = {
    "jit": "off",
    "statement_timeout": "30s",
    "client_connection_check_interval": "5s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""What a connection asks of PostgreSQL. The last four: what a dead server holds (locks, keys in flight) is free within 30 s,
also where its host is gone without a word, or it died waiting for a lock."""

_connection: "ContextVar[asyncpg.Connection[Any] | None]" = ContextVar("connection", default=None)


def credentials(dsn: str) -> dict[str, Any]:
    """The parts of a PostgreSQL DSN as Tortoise and asyncpg take them."""
    parts = urlsplit(dsn)
    query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    return {
        "host": query.get("host") or unquote(parts.hostname or "127.0.0.1"),
        "port": int(query.get("port") or parts.port or 5432),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.lstrip("/")),
    }


async def open_pool(dsn: str, models: Sequence[str], *, size: int = 10) -> None:
    """Connect this process: `models` are the modules of the domains' Tortoise models."""
    quiet_pools()
    await Tortoise.init(
        config={
            "connections": {
                "default": {
                    "engine": "server.core.engine",
                    "credentials": credentials(dsn)
                    | {"minsize": 1, "maxsize": size, "server_settings": SESSION,
                       "command_timeout": 60, "timeout": 5},
                }
            },
            "apps": {"trace": {"models": list(models), "default_connection": "default"}},
            "use_tz": True,
        },
        _enable_global_fallback=True,
    )  # fmt: skip


async def close() -> None:
    """Disconnect this process."""
    await Tortoise.close_connections()


@asynccontextmanager
async def transaction(scope: Scope) -> AsyncIterator[None]:
    """One command, one transaction. Inside another of the same scope it is a savepoint; the scope never changes half-way."""
    outer = _scope.get()
    if outer is not None and outer != scope:
        raise NoScope("a transaction cannot change its scope")
    scope_token = _scope.set(scope)
    try:
        async with in_transaction("default") as client:
            connection_token = _connection.set(cast("asyncpg.Connection[Any]", cast(Any, client)._connection))
            try:
                yield
            finally:
                _connection.reset(connection_token)
    finally:
        _scope.reset(scope_token)


def connection() -> "asyncpg.Connection[Any]":
    """The connection of the running transaction; NoScope outside one."""
    found = _connection.get()
    if found is None:
        raise NoScope("the database is used outside a transaction")
    return found


async def fetch(sql: str, *args: Any) -> "list[asyncpg.Record]":
    return await connection().fetch(sql, *args)


async def fetchrow(sql: str, *args: Any) -> "asyncpg.Record | None":
    return await connection().fetchrow(sql, *args)


async def fetchval(sql: str, *args: Any) -> Any:
    return await connection().fetchval(sql, *args)


async def execute(sql: str, *args: Any) -> int:
    """Run one statement; the number of rows it touched."""
    status = await connection().execute(sql, *args)
    count = status.rsplit(" ", 1)[-1]
    return int(count) if count.isdigit() else 0


async def executemany(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    await connection().executemany(sql, rows)


async def copy_records(table: str, records: Iterable[Sequence[Any]], columns: Sequence[str]) -> None:
    """COPY into a table without policies (a temporary one): PostgreSQL refuses it elsewhere."""
    await connection().copy_records_to_table(table, records=records, columns=columns)


@asynccontextmanager
async def _bulk_role() -> AsyncIterator[None]:
    """Step into the role that may insert into the flood tables, exempt from their policies, and back."""
    role = current_scope().role
    await connection().execute("SET LOCAL ROLE trace_bulk")
    yield  # after an error the transaction is lost anyway, and the role with it
    await connection().execute(f"SET LOCAL ROLE {role}")


async def bulk_copy(table: str, records: Iterable[Sequence[Any]], columns: Sequence[str]) -> None:
    """COPY rows of the active tenant into a flood table. The caller made the rows: their first column is `tenant_id`."""
    tenant = current_scope().tenant_id
    if tenant is None or columns[0] != "tenant_id":
        raise NoScope("bulk rows belong to one tenant and begin with it")
    rows = list(records)
    if any(row[0] != tenant for row in rows):
        raise NoScope("a bulk row names another tenant")
    async with _bulk_role():
        await connection().copy_records_to_table(table, records=rows, columns=columns)


async def bulk_copy_binary(table: str, payload: bytes, columns: Sequence[str]) -> None:
    """COPY a prepared binary payload into a flood table; who builds it stamps every row with the active tenant."""
    if current_scope().tenant_id is None:
        raise NoScope("bulk rows belong to one tenant")

    async def source() -> AsyncIterator[bytes]:
        yield payload

    async with _bulk_role():
        await connection().copy_to_table(table, source=source(), columns=columns, format="binary")


def loads(value: Any) -> Any:
    """A jsonb column as Python: asyncpg hands it over as text."""
    return None if value is None else orjson.loads(value)


def dumps(value: Any) -> str:
    """Python as the text of a jsonb parameter; Decimals keep their digits as strings."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
