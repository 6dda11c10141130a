"""Both directions, with quality, holds, balance and customers, through the real service under row-level security.

Baseline, in the same run over the same lots, without policies: the recursive query that comes to mind first, which
returns every lot it reaches together with the edge it came by. The walk that returns bare ids is printed beside it.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.scope import Scope
from server.domains import trace
from server.http.answers import encode
from server.open_api.trace_views import trace_out
from server.wiring import MODELS
from tests.bench.harness import Bench, DataSet, Figure, figure, median, note
from tests.bench.trace_graph import TENANT, build
from workers.http import collect_rarely

PAIRS = 7
RUNS = 4
_WALK = """
WITH RECURSIVE w(id) AS (SELECT $2::uuid UNION SELECT k.{far} FROM w JOIN link k ON k.tenant_id = $1 AND k.{near} = w.id)
"""
_BARE = (
    _WALK
    + """
SELECT l.id, l.lot_no, l.kind, k.from_lot, k.to_lot, k.quantity, k.unit
FROM w JOIN lot l ON l.tenant_id = $1 AND l.id = w.id LEFT JOIN link k ON k.tenant_id = $1 AND k.{near} = w.id
"""
)
_IDS = _WALK + "SELECT w.id, k.{far} FROM w LEFT JOIN link k ON k.tenant_id = $1 AND k.{near} = w.id"
UP, DOWN = {"near": "to_lot", "far": "from_lot"}, {"near": "from_lot", "far": "to_lot"}
BARE = (_BARE.format(**UP), _BARE.format(**DOWN))
IDS = (_IDS.format(**UP), _IDS.format(**DOWN))
ACTOR = Actor("worker", None, "bench", TENANT, None, frozenset(), frozenset(), "bench")
Pair = tuple[UUID, UUID]


def measure(bench: Bench) -> Iterator[Figure]:
    data = bench.data_set("trace", build, version=3)
    yield asyncio.run(_measure(data))


async def _measure(data: DataSet) -> Figure:
    collect_rarely()  # as the process does that serves traces; the baseline gains by it too
    await db.open_pool(data.app_dsn, MODELS, size=2)
    bare = await asyncpg.connect(data.superuser_dsn, server_settings={"jit": "off"})
    try:
        ours, theirs, ids, encoded = [], [], [], []
        for pair in await _pairs(bare):
            ours.append(await _best(partial(_ours, pair)))
            theirs.append(await _best(partial(_theirs, bare, BARE, pair)))
            ids.append(await _best(partial(_theirs, bare, IDS, pair)))
            encoded.append(await _encoded(pair))
    finally:
        await bare.close()
        await db.close()
    note(f"  bare ids {median(ids):.3f} s; making the JSON of both answers {median(encoded):.3f} s")
    return figure("trace", median(ours), "s", median(theirs), p99=max(ours) * 1000, ratio_at_most=2, value_at_most=0.5)


async def _pairs(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Pair]:
    """Finished lots (their materials) with raw lots (their products), spread over the plant."""
    sql = "SELECT id FROM lot WHERE tenant_id = $1 AND kind = $2 ORDER BY lot_no"
    finished = [row["id"] for row in await connection.fetch(sql, TENANT, "finished")]
    raw = [row["id"] for row in await connection.fetch(sql, TENANT, "material")]
    return [(finished[len(finished) * n // (PAIRS + 1)], raw[len(raw) * n // (PAIRS + 1)]) for n in range(1, PAIRS + 1)]


async def _best(run: Callable[[], Awaitable[object]]) -> float:
    """Seconds of the best of RUNS: on a shared machine the others measure the neighbours."""
    times = []
    for _ in range(RUNS):
        gc.collect()  # nobody pays for the rows of the run before
        started = time.perf_counter()
        await run()
        times.append(time.perf_counter() - started)
    return min(times)


async def _ours(pair: Pair) -> tuple[trace.Trace, trace.Trace]:
    async with db.transaction(Scope.tenant(TENANT)):
        return await trace.trace_materials(ACTOR, [pair[0]]), await trace.trace_products(ACTOR, [pair[1]])


async def _theirs(connection: "asyncpg.Connection[asyncpg.Record]", sql: tuple[str, str], pair: Pair) -> None:
    await connection.fetch(sql[0], TENANT, pair[0])
    await connection.fetch(sql[1], TENANT, pair[1])


async def _encoded(pair: Pair) -> float:
    """Seconds to make the answer's bytes of both."""
    found = await _ours(pair)
    started = time.perf_counter()
    for one in found:
        encode(trace_out(one, masked=False))
    return time.perf_counter() - started
