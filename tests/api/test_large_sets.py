"""Promise: a large write does not use plans that its connection made while tables were small: no foreign key's check reads
the whole table for every row."""

from uuid import UUID

import asyncpg

from server.core import db
from server.core.ids import new_id
from server.domains import response
from server.domains.chain.stock.chunks import MANY
from tests.fixtures.cluster import Database
from tests.fixtures.plant import MODELS, Works, new_works


async def put(works: Works, lots: list[UUID]) -> None:
    async with db.transaction(works.actor.scope()):
        await db.execute(
            "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no) SELECT $1, id, 'finished', $2, id::text FROM unnest($3::uuid[]) id",
            works.actor.tenant, works.products["finished"], lots,
        )  # fmt: skip


def recall(lots: list[UUID]) -> response.OpenRecall:
    return response.OpenRecall(level=2, reason="异物", advice="停止食用", lots=lots)


async def scans_of_lot(works: Works, owner: "asyncpg.Connection[asyncpg.Record]") -> int:
    async with db.transaction(works.actor.scope()):
        await db.execute("SELECT pg_stat_force_next_flush()")
    await owner.execute("SELECT pg_stat_clear_snapshot()")
    count: int = await owner.fetchval("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'lot'")
    return count


async def test_a_large_recall_after_small_ones_on_one_connection(fresh_database: Database) -> None:
    await db.open_pool(fresh_database.app_dsn, MODELS, size=1)
    owner = await asyncpg.connect(fresh_database.superuser_dsn)
    try:
        works = await new_works()
        small, large = [new_id() for _ in range(12)], [new_id() for _ in range(2 * MANY)]
        await put(works, small)
        await owner.execute("ANALYZE")  # as autovacuum does at any moment: the table is known to be a page
        for lot in small:
            await works.run(response.open_recall, recall([lot]))
        await put(works, large)
        before = await scans_of_lot(works, owner)
        assert (await works.run(response.open_recall, recall(large))).lots == len(large)
        assert await scans_of_lot(works, owner) - before < MANY
    finally:
        await owner.close()
        await db.close()
