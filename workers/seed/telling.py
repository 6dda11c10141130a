"""The days of the demo are entered at their own time, so that nothing in them looks entered late.

While the seed runs, and in its own transactions only, `now()` means the moment that is being told: for the services through
`server.core.clock`, for the database through a schema of the owner's that stands before PostgreSQL's own. It is taken away
with the end of the seed; a seed that was cut off begins again with an empty database.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from server.core import db
from server.core.clock import told_at

_PREPARE = """
CREATE SCHEMA story;
CREATE FUNCTION story.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(pg_catalog.current_setting('story.at', true), '')::timestamptz, pg_catalog.now()) $$;
GRANT USAGE ON SCHEMA story TO PUBLIC;
"""
_DEFAULTS = """
DO $$
DECLARE each record;
BEGIN
    FOR each IN
        SELECT c.oid::regclass AS name, a.attname FROM pg_attrdef d
        JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND pg_get_expr(d.adbin, d.adrelid) = '{before}'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT {after}', each.name, each.attname);
    END LOOP;
END $$
"""
_AT = "SELECT set_config('search_path', 'story, pg_catalog, public', true), set_config('story.at', $1, true)"


@asynccontextmanager
async def story_time(owner_dsn: str) -> AsyncIterator[None]:
    """Inside, transactions of `telling` see the moment that they tell. Afterwards the schema is as it was migrated."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        async with connection.transaction():
            await connection.execute(_PREPARE)
            await connection.execute(_DEFAULTS.format(before="now()", after="story.now()"))
        yield
        async with connection.transaction():
            await connection.execute(_DEFAULTS.format(before="story.now()", after="now()"))
            await connection.execute("DROP SCHEMA story CASCADE")
    finally:
        await connection.close()


@asynccontextmanager
async def telling(scope: db.Scope, moment: datetime | None) -> AsyncIterator[None]:
    """A transaction at `moment`; None is the present."""
    with told_at(moment):
        async with db.transaction(scope):
            await db.fetchrow(_AT, "" if moment is None else moment.isoformat())
            yield
