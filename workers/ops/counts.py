"""What a database holds, as lines of text: rows of every table, newest audit entry, digest of every file, and who may do what.

Two databases that hold the same give the same lines in the same order.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from workers.ops.postgres_tools import READER
from workers.ops.refusals import Refused

Connection = asyncpg.Connection  # [asyncpg.Record], which only a type checker may subscript
ROLES = (
    "trace_owner", "trace_app", "trace_public", "trace_tenant", "trace_jurisdiction", "trace_system", "trace_bulk",
    "trace_definer", "trace_backup",
)  # fmt: skip
SCHEMA = "relnamespace = 'public'::regnamespace"
QUERIES = (
    "SELECT 'migration', name, digest FROM schema_migration ORDER BY name",
    """SELECT 'role', rolname, concat_ws(',', CASE WHEN rolsuper THEN 'super' END, CASE WHEN rolbypassrls THEN 'bypass' END,
           CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolcreaterole THEN 'createrole' END,
           CASE WHEN rolinherit THEN 'inherit' END, '-')
       FROM pg_roles WHERE rolname = ANY ($1) ORDER BY rolname""",
    """SELECT 'member', m.roleid::regrole::text, m.member::regrole::text, m.inherit_option, m.set_option, m.admin_option
       FROM pg_auth_members m WHERE m.member::regrole::text = ANY ($1) ORDER BY 2, 3""",
    f"""SELECT 'security', c.relname, relowner::regrole::text, relrowsecurity, relforcerowsecurity,
           md5((SELECT string_agg(DISTINCT g, ',' ORDER BY g) FROM (
               SELECT concat_ws(':', grantee::regrole, privilege_type) AS g
               FROM aclexplode(coalesce(relacl, acldefault('r', relowner))) UNION ALL
               SELECT concat_ws(':', attname, grantee::regrole, privilege_type) FROM pg_attribute, aclexplode(attacl)
               WHERE attrelid = c.oid) AS granted))
       FROM pg_class c WHERE relkind IN ('r', 'p') AND {SCHEMA} ORDER BY c.relname""",  # noqa: S608
    """SELECT 'policy', tablename, policyname, cmd, md5(concat_ws('|', permissive, roles, qual, with_check))
       FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname""",
    """SELECT 'trigger', tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
       WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace ORDER BY 2, 3""",
    """SELECT 'function', replace(p.oid::regprocedure::text, ' ', ''), proowner::regrole::text, prosecdef, md5(prosrc),
           md5((SELECT string_agg(concat_ws(':', grantee::regrole, privilege_type), ',' ORDER BY grantee::regrole::text)
                FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))))
       FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 2""",
    """SELECT 'newest', 'audit_entry', id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
       FROM audit_entry ORDER BY at DESC, id DESC LIMIT 1""",
    "SELECT 'scans', coalesce(sum(scan_count), 0) FROM code",
    """SELECT 'file', tenant_id, encode(digest, 'hex'), size_bytes, encode(sha256(sealed), 'hex')
       FROM blob ORDER BY tenant_id, digest""",
)
TABLES = f"SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r' AND {SCHEMA} ORDER BY relname"  # noqa: S608


async def lines(connection: "Connection[asyncpg.Record]") -> list[str]:
    """The lines; the transaction must be a `reading` one."""
    found = []
    for query in QUERIES:
        rows = await connection.fetch(query, *([list(ROLES)] if "$1" in query else []))
        found += [" ".join(_word(value) for value in row) for row in rows]
    for (table,) in await connection.fetch(TABLES):
        found.append(f"table {table} {await connection.fetchval(f'SELECT count(*) FROM {table}')}")  # noqa: S608
    return found


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def differences(expected: list[str], found: list[str]) -> list[str]:
    """What is missing (`-`) and what is there instead or besides (`+`), line by line."""
    wanted, present = set(expected), set(found)
    missing = [f"- {line}" for line in expected if line not in present]
    return missing + [f"+ {line}" for line in found if line not in wanted]


async def connect(dsn: str) -> "Connection[asyncpg.Record]":
    """A connection, or Refused with the reason and without the address's password."""
    try:
        return await asyncpg.connect(dsn, timeout=10, command_timeout=None)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused("no_database", reason=f"{type(error).__name__}: {error}") from None


@asynccontextmanager
async def reading(owner_dsn: str) -> "AsyncIterator[Connection[asyncpg.Record]]":
    """A transaction that sees every row as of one moment, and can change none."""
    connection = await connect(owner_dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            try:
                await connection.execute(f"SET LOCAL ROLE {READER}")
            except (
                asyncpg.InvalidParameterValueError,
                asyncpg.InsufficientPrivilegeError,
                asyncpg.UndefinedObjectError,
            ):
                raise Refused("role_missing", role=READER) from None
            # A policy that would hide a row makes the statement fail instead.
            await connection.execute(
                "SET LOCAL row_security = off; SET LOCAL statement_timeout = 0;"
                "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL search_path = public"
            )
            yield connection
    finally:
        await connection.close()
