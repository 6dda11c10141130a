"""Promise: no table keeps statistics of how many rows an enterprise has, so none is taken for empty (decision 0170)."""

import asyncpg

from tests.fixtures.cluster import Database

COUNTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity
  AND a.attname = 'tenant_id' AND a.attstattarget IS DISTINCT FROM 0 ORDER BY 1
"""


async def test_tenant_id_has_no_statistics(fresh_database: Database) -> None:
    connection = await asyncpg.connect(fresh_database.superuser_dsn)
    try:
        assert [row["relname"] for row in await connection.fetch(COUNTED)] == []
        await connection.execute("ANALYZE")
        kept = await connection.fetch(
            "SELECT tablename FROM pg_stats WHERE attname = 'tenant_id' AND schemaname = 'public'"
        )
        assert [row["tablename"] for row in kept] == []
    finally:
        await connection.close()
