"""A row of any enterprise's table, made of nothing but the table's own description: what a stranger may not find."""

import re
from typing import Any
from uuid import UUID

import asyncpg

from server.core.ids import new_id

_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
       (SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)) AS checks
FROM pg_attribute a
WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
  AND a.attidentity = ''
"""
_VALUES = {
    "uuid": "gen_random_uuid()", "text": "md5(random()::text)", "integer": "1", "bigint": "1", "smallint": "1",
    "numeric": "1", "double precision": "1", "boolean": "false", "jsonb": "'{}'", "bytea": "sha256(random()::text::bytea)",
    "timestamp with time zone": "now()", "date": "current_date", "text[]": "'{viewer}'", "uuid[]": "'{}'",
}  # fmt: skip

# What no single column's description says.
_MORE: dict[str, dict[str, str]] = {
    "import_job": {"state": "'failed'"},  # no worker takes it up
    "inspection": {"working_day": "current_date"},
    "record": {"working_day": "current_date"},
    "verification_file": {"host": "'x.example'", "name": "left(md5(random()::text), 20) || '.txt'"},
    "withdrawal": {"reason": "'retained_sample'"},
}


# The table that each reference which may not be empty points to (references carry the tenant: two columns).
_REFERENCES = r"""
SELECT k.confrelid::regclass::text AS target, a.attname AS name
FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey) AS c (number)
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number AND a.attnotnull AND a.attname LIKE '%\_id' AND a.attname <> 'tenant_id'
WHERE k.contype = 'f' AND k.conrelid = $1::regclass AND cardinality(k.conkey) = 2
"""


async def stranger_row(superuser_dsn: str, table: str, tenant_id: UUID) -> UUID:
    """Insert one row of `table` for this enterprise, and the rows it refers to."""
    connection = await asyncpg.connect(superuser_dsn)
    try:
        await connection.execute("SET session_replication_role = replica")
        return await _insert(connection, table, tenant_id)
    finally:
        await connection.close()


async def _insert(connection: "asyncpg.Connection[asyncpg.Record]", table: str, tenant_id: UUID) -> UUID:
    row_id = new_id()
    columns: dict[str, Any] = {r["name"]: _value(r) for r in await connection.fetch(_COLUMNS, table)}
    for reference in await connection.fetch(_REFERENCES, table):
        if reference["target"] != table:
            columns[reference["name"]] = f"'{await _insert(connection, reference['target'], tenant_id)}'"
    columns |= {"tenant_id": f"'{tenant_id}'", "id": f"'{row_id}'"} | _MORE.get(table, {})
    await connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})")
    return row_id


def _value(column: "asyncpg.Record") -> str:
    """The first value that a CHECK lists, else any of the type."""
    listed = re.search(rf"\(*{column['name']}\)* = ANY \(ARRAY\['([^']*)'", column["checks"] or "")
    if listed:
        return f"'{listed[1]}'"
    if "0-9]{6}" in (column["checks"] or ""):
        return "'330106'"
    return _VALUES[column["type"]]
