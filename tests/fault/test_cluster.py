"""Promise: every test gets a migrated database behind the roles of production, its own per worker."""

import asyncpg
import redis.asyncio

from server.settings import Settings
from tests.fixtures.cluster import Cluster, Database


async def test_application_role_owns_nothing_and_logs_in_with_a_password(database: Database) -> None:
    connection = await asyncpg.connect(database.app_dsn)
    try:
        role = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
        assert role is not None
        assert (role["rolname"], role["rolsuper"], role["rolbypassrls"]) == ("trace_app", False, False)
        assert await connection.fetchval("SELECT count(*) FROM pg_class WHERE relowner = $1", role["oid"]) == 0
    finally:
        await connection.close()


async def test_a_wrong_password_is_refused(cluster: Cluster, database: Database) -> None:
    dsn = f"postgresql://trace_app:wrong@127.0.0.1:{cluster.port}/{database.name}"
    try:
        connection = await asyncpg.connect(dsn)
    except asyncpg.InvalidPasswordError:
        return
    await connection.close()
    raise AssertionError("trust authentication")


async def test_search_by_similarity_sees_chinese(fresh_database: Database) -> None:
    connection = await asyncpg.connect(fresh_database.owner_dsn)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        assert await connection.fetchval("SELECT similarity('奶粉批次', '奶粉')") > 0.3
    finally:
        await connection.close()


async def test_valkey_answers_with_a_password(settings: Settings, clean: None) -> None:
    async with redis.asyncio.Redis.from_url(settings.valkey_url) as client:
        assert await client.dbsize() == 0
