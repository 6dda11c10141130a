"""PostgreSQL and Valkey: reachable, the schema up to date, and a login that row-level security binds."""

import hashlib
import time
from typing import Any

import asyncpg
import redis.asyncio

from server.core.migrate import DIRECTORY
from server.settings import Settings
from workers.ops.doctor.findings import Finding, fail, ok, warn
from workers.ops.doctor.machine import clock
from workers.ops.doctor.patient import Patient

PATIENCE_SECONDS = 5.0
NO_ANSWER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
FREE_ROLES = """
SELECT r.rolname FROM pg_roles r
WHERE (r.rolname = current_user OR pg_has_role(current_user, r.oid, 'SET')) AND (r.rolsuper OR r.rolbypassrls)
  AND (r.rolname = current_user OR r.rolsuper OR EXISTS (
      SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
      AND has_table_privilege(r.oid, c.oid, 'SELECT, UPDATE, DELETE, TRUNCATE')))
"""
OWNED = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
UNPROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY c.relname
"""


async def databases(patient: Patient) -> list[Finding]:
    """Both logins of the serving processes, the clock beside the database's, and the migrations."""
    if patient.settings is None:
        return [] if patient.problems else [warn("demo_not_running", path=patient.data_dir)]
    found: list[Finding] = []
    for role, dsn in (
        ("trace_app", patient.settings.database_dsn),
        ("trace_public", patient.settings.public_database_dsn),
    ):
        try:
            connection = await asyncpg.connect(dsn, timeout=PATIENCE_SECONDS)
        except NO_ANSWER as error:
            return [*found, fail("database_silent", role=role, reason=f"{type(error).__name__}: {error}")]
        try:
            found += await _login(connection, role)
        finally:
            await connection.close()
    return [*found, await _migrations(patient.settings)]


async def _login(connection: Any, role: str) -> list[Finding]:
    begun = time.time()
    theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    difference = (begun + time.time()) / 2 - theirs
    free = [name for (name,) in await connection.fetch(FREE_ROLES)]
    open_tables = [name for (name,) in await connection.fetch(UNPROTECTED)]
    found = [ok("database", role=role)] if role == "trace_app" else []
    if free or await connection.fetchval(OWNED):
        found.append(fail("role_too_strong", role=role, through=", ".join(free) or role))
    elif open_tables and role == "trace_app":
        found.append(fail("tables_unprotected", tables=", ".join(open_tables)))
    else:
        found.append(ok("role_bound", role=role))
    return [*found, clock(difference, "PostgreSQL")] if role == "trace_app" else found


async def _migrations(settings: Settings) -> Finding:
    """Asked as the owner, who alone may read their record."""
    if settings.owner_database_dsn is None:
        return warn("migrations_unseen")
    try:
        connection = await asyncpg.connect(settings.owner_database_dsn, timeout=PATIENCE_SECONDS)
        try:
            rows = await connection.fetch("SELECT name, digest FROM schema_migration")
        finally:
            await connection.close()
    except asyncpg.UndefinedTableError:
        rows = []
    except NO_ANSWER as error:
        return fail("database_silent", role="trace_owner", reason=f"{type(error).__name__}: {error}")
    return judge_migrations({row["name"]: row["digest"] for row in rows}, files())


def files() -> dict[str, str]:
    """The program's migrations: name → digest."""
    return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in DIRECTORY.glob("[0-9]*.sql")}


def judge_migrations(applied: dict[str, str], ours: dict[str, str]) -> Finding:
    """Missing ones come with the next start; changed or unknown ones mean another program made this database."""
    strange = sorted(name for name, digest in applied.items() if ours.get(name) != digest)
    if strange:
        return fail("migrations_strange", names=", ".join(strange))
    missing = sorted(ours.keys() - applied.keys())
    return fail("migrations_missing", names=", ".join(missing)) if missing else ok("migrations", number=len(ours))


async def valkey(patient: Patient) -> list[Finding]:
    """It may be away: slower, nothing lost."""
    if patient.settings is None:
        return []
    client = redis.asyncio.Redis.from_url(
        patient.settings.valkey_url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
    try:
        await client.ping()
    except (redis.RedisError, OSError, TimeoutError) as error:
        return [warn("valkey_silent", reason=type(error).__name__)]
    finally:
        await client.aclose()
    return [ok("valkey")]
