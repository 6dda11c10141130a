"""Forward-only migrations: the numbered SQL files of `server/migrations`, each in one transaction with its own record.

Safe to run from many processes at once (an advisory lock), safe to kill (a file is applied and recorded together),
safe under load (short lock and statement time-outs).
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import asyncpg

DIRECTORY = Path(__file__).parent.parent / "migrations"
_LOCK = 0x71726163  # any constant: one lock per database


class ChangedMigration(RuntimeError):
    """A file that was applied has been edited since; migrations are forward-only."""


def _quiet(_: str) -> None:
    return None


async def migrate(owner_dsn: str, progress: Callable[[str], object] = _quiet) -> list[str]:
    """Apply what is missing, as the owner role; the names of the files applied now."""
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, digest text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {r["name"]: r["digest"] for r in await connection.fetch("SELECT name, digest FROM schema_migration")}
        done = []
        for file in sorted(DIRECTORY.glob("[0-9]*.sql")):
            if await _apply(connection, file, applied):
                progress(file.stem)
                done.append(file.stem)
        return done
    finally:
        await connection.close()


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", file: Path, applied: dict[str, str]) -> bool:
    sql = file.read_text(encoding="utf-8")  # noqa: ASYNC240 - a small local file, before anything is served
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if file.stem in applied:
        if applied[file.stem] != digest:
            raise ChangedMigration(file.stem)
        return False
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'")
        await connection.execute(sql)
        await connection.execute("INSERT INTO schema_migration (name, digest) VALUES ($1, $2)", file.stem, digest)
    return True
