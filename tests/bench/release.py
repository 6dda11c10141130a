"""The release review of a lot with 500 records, over a million records stored.

Baseline, in the same run over the same lots, without policies: one bare indexed read of those records.
"""

import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from uuid import UUID

import asyncpg
import uvloop

from server.core import db
from server.core.actor import Actor
from server.core.scope import Scope
from server.domains import quality
from server.wiring import MODELS
from tests.bench.harness import Bench, DataSet, Figure, figure, median
from tests.bench.release_data import TENANT, build
from workers.http import collect_rarely

LOTS, RUNS = 40, 5
BARE = "SELECT * FROM record WHERE tenant_id = $1 AND lot_id = $2"
ACTOR = Actor("worker", None, "bench", TENANT, None, frozenset(), frozenset(), "bench")


def measure(bench: Bench) -> Iterator[Figure]:
    data = bench.data_set("release", build, version=3)
    yield uvloop.run(_measure(data))  # as the server runs


async def _measure(data: DataSet) -> Figure:
    collect_rarely()
    await db.open_pool(data.app_dsn, MODELS, size=2)
    bare = await asyncpg.connect(data.superuser_dsn, server_settings={"jit": "off"})
    try:
        ours, theirs = [], []
        for row in await bare.fetch("SELECT id FROM lot WHERE tenant_id = $1 ORDER BY lot_no LIMIT $2", TENANT, LOTS):
            ours.append(await _best(partial(_ours, row["id"])))
            theirs.append(await _best(partial(_theirs, bare, row["id"])))
    finally:
        await bare.close()
        await db.close()
    return figure("release", median(ours) * 1000, "ms", median(theirs) * 1000, ratio_at_most=3)


async def _ours(lot_id: UUID) -> None:
    async with db.transaction(Scope.tenant(TENANT)):
        await quality.review_lots(ACTOR, [lot_id])


async def _theirs(bare: "asyncpg.Connection[asyncpg.Record]", lot_id: UUID) -> None:
    rows = await bare.fetch(BARE, TENANT, lot_id)
    if len(rows) != 500:
        raise SystemExit(f"{len(rows)} records")


async def _best(run: Callable[[], Awaitable[None]]) -> float:
    best = float("inf")
    gc.collect()
    for _ in range(RUNS):
        started = time.perf_counter()
        await run()
        best = min(best, time.perf_counter() - started)
    return best
