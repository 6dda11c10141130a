"""T11 genealogy and T12 recall, in their long forms: random graphs and a million edges, against brute force."""

import asyncio
import statistics
import time
from collections import deque
from decimal import Decimal
from uuid import UUID

import asyncpg
import numpy as np

from server.core import db
from server.core.actor import Actor
from server.core.errors import Problem
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains import chain, trace
from server.embedded import Running
from server.wiring import MODELS
from tests.bench.harness import DataSet
from tests.bench.trace_graph import TENANT, Shape, build
from tests.fixtures.graph import Graph
from tests.storm.registry import Storm, acceptance

KINDS = ("consumed", "split", "merged", "reworked", "repaired", "packed")
Edge = tuple[int, int]


async def analyse(running: Running) -> None:
    """Statistics as autovacuum makes them a minute later."""
    connection = await asyncpg.connect(running.dsn("postgres"))
    await connection.execute("ANALYZE")
    await connection.close()


def data_of(running: Running) -> DataSet:
    roles = ("trace_app", "trace_public", "trace_owner", "postgres")
    return DataSet(running.database, *(running.dsn(role) for role in roles))


def actor_of(tenant_id: UUID) -> Actor:
    return Actor("worker", None, "storm", tenant_id, None, frozenset(), frozenset(), "storm")


async def new_tenant(number: int) -> UUID:
    async with db.transaction(Scope.system()):
        found = await db.fetchval(
            "INSERT INTO tenant (name, credit_code, division_code) VALUES ($1, $2, '330106') RETURNING id",
            f"Storm {number}", f"91330106TRAC{number:06d}",
        )  # fmt: skip
    assert isinstance(found, UUID)
    return found


def random_edges(count: int, generator: np.random.Generator) -> list[Edge]:
    """About two links a lot, from lower to higher numbers: near ones mostly, so that there are many levels."""
    edges = {(n - 1, n) for n in range(1, count, 7)}
    for to in range(1, count):
        for _ in range(int(generator.integers(0, 4))):
            reach = 60 if generator.random() < 0.95 else count
            edges.add((max(0, to - 1 - int(generator.integers(0, reach))), to))
    return sorted(edges)


def closure(start: int, onward: dict[int, list[int]]) -> set[int]:
    found, queue = {start}, deque([start])
    while queue:
        for far in onward.get(queue.popleft(), ()):
            if far not in found:
                found.add(far)
                queue.append(far)
    return found


def directions(edges: list[Edge]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    up: dict[int, list[int]] = {}
    down: dict[int, list[int]] = {}
    for a, b in edges:
        up.setdefault(b, []).append(a)
        down.setdefault(a, []).append(b)
    return up, down


async def stored(graph: Graph, count: int, edges: list[Edge]) -> list[UUID]:
    lots = await graph.lots(count)
    await graph.links((lots[a], lots[b], KINDS[(a + b) % len(KINDS)], Decimal(a * 7 + b) / 8) for a, b in edges)
    return lots


@acceptance("T11", "genealogy.random")
def random_graphs(storm: Storm) -> dict[str, object]:
    return asyncio.run(_random_graphs(storm.servers(durable=False), storm.seed))


async def _random_graphs(running: Running, seed: int) -> dict[str, object]:
    generator = np.random.default_rng(seed)
    checked = pairs = 0
    await db.open_pool(running.dsn("trace_app"), MODELS, size=2)
    try:
        for number in range(6):
            tenant = await new_tenant(number)
            edges = random_edges(5000, generator)
            async with db.transaction(Scope.tenant(tenant)):
                lots = await stored(await Graph(tenant).open(), 5000, edges)
            await analyse(running)
            for n in generator.integers(0, 5000, size=12):
                pairs += await _check_both(tenant, lots, edges, int(n), generator)
                checked += 1
    finally:
        await db.close()
    return {"graphs": 6, "lots": 30_000, "starts": checked, "pairs": pairs, "differences": 0}


async def _check_both(tenant: UUID, lots: list[UUID], edges: list[Edge], n: int, generator: np.random.Generator) -> int:
    """Both closures and every quantity; and for some x up of y: y down of x. The number of such pairs."""
    names = {str(lot): number for number, lot in enumerate(lots)}
    up, down = directions(edges)
    async with db.transaction(Scope.tenant(tenant)):
        materials = await trace.trace_materials(actor_of(tenant), [lots[n]])
        products = await trace.trace_products(actor_of(tenant), [lots[n]])
        assert {names[lot] for lot in materials.lots} == closure(n, up)
        assert {names[lot] for lot in products.lots} == closure(n, down)
        for found in (materials, products):
            assert found.complete
            for row in found.links:
                assert Decimal(row["quantity"]) == Decimal(names[row["from_lot"]] * 7 + names[row["to_lot"]]) / 8
        above = sorted(closure(n, up) - {n})
        picked = [int(x) for x in generator.permutation(above)[:3]]
        for other in picked:
            back = await trace.trace_products(actor_of(tenant), [lots[other]])
            assert str(lots[n]) in back.lots
    return len(picked)


@acceptance("T11", "genealogy.cycle")
def planted_cycle(storm: Storm) -> dict[str, object]:
    return asyncio.run(_planted_cycle(storm.servers(durable=False)))


async def _planted_cycle(running: Running) -> dict[str, object]:
    """2,000 lots in a ring, and a chord over every tenth: no service would have written it, reading it must end."""
    await db.open_pool(running.dsn("trace_app"), MODELS, size=1)
    try:
        tenant = await new_tenant(1)
        edges = [(n, (n + 1) % 2000) for n in range(2000)] + [(n, (n + 500) % 2000) for n in range(0, 2000, 10)]
        async with db.transaction(Scope.tenant(tenant)):
            lots = await stored(await Graph(tenant).open(), 2000, edges)
        await analyse(running)
        async with db.transaction(Scope.tenant(tenant)):
            found = await trace.trace(actor_of(tenant), [lots[0]], "both")
    finally:
        await db.close()
    assert len(found.lots) == 2000
    assert len(found.links) == len(edges)
    return {"lots": 2000, "took_ms": round(found.took_ms)}


@acceptance("T11", "genealogy.refused")
def cycles_refused(storm: Storm) -> dict[str, object]:
    return asyncio.run(_cycles_refused(storm.servers(durable=False), storm.seed))


async def _cycles_refused(running: Running, seed: int) -> dict[str, object]:
    """100 links that would lead from a lot back to one of its materials: every one is refused on writing."""
    generator = np.random.default_rng(seed)
    edges = random_edges(2000, generator)
    up, _ = directions(edges)
    await db.open_pool(running.dsn("trace_app"), MODELS, size=1)
    refused = 0
    try:
        tenant = await new_tenant(1)
        async with db.transaction(Scope.tenant(tenant)):
            lots = await stored(await Graph(tenant).open(), 2000, edges)
        made = [n for n in range(1000, 2000) if n in up]  # the others are raw lots
        for n in generator.choice(made, size=100, replace=False):
            above = sorted(closure(int(n), up) - {int(n)})
            back = chain.NewLink(from_lot=lots[int(n)], to_lot=lots[int(generator.choice(above))], kind="consumed")
            try:
                async with db.transaction(Scope.tenant(tenant)):
                    await chain.create_link(actor_of(tenant), back)
            except Problem as problem:
                refused += problem.code == "links_form_cycle"
    finally:
        await db.close()
    assert refused == 100
    return {"tried": 100, "refused": refused}


@acceptance("T11", "genealogy.million")
def million_edges(storm: Storm) -> dict[str, object]:
    running = storm.servers()
    data = data_of(running)
    asyncio.run(build(data, Shape(lots=330_000, links=1_000_000, levels=10, window=200, seed=storm.seed)))
    return asyncio.run(_million_edges(data))


async def _million_edges(data: DataSet) -> dict[str, object]:
    """p95 over starts of every level, both directions, in the service: within a second."""
    connection = await asyncpg.connect(data.superuser_dsn)
    await connection.execute("VACUUM (ANALYZE)")
    starts = [row["id"] for row in await connection.fetch("SELECT id FROM lot ORDER BY lot_no")][::3300]
    await connection.close()
    await db.open_pool(data.app_dsn, MODELS, size=1)
    seconds, sizes = [], []
    try:
        for start in starts:
            began = time.perf_counter()
            async with db.transaction(Scope.tenant(TENANT)):
                found = await trace.trace(actor_of(TENANT), [start], "both")
            seconds.append(time.perf_counter() - began)
            sizes.append(len(found.lots))
            assert found.complete
    finally:
        await db.close()
    p95 = statistics.quantiles(seconds, n=20)[-1]
    assert p95 <= 1.0, f"p95 {p95:.2f} s"
    return {"links": 1_000_000, "starts": len(starts), "largest": max(sizes), "p95_ms": round(p95 * 1000)}


@acceptance("T12", "recall.scope")
def recall_scope(storm: Storm) -> dict[str, object]:
    return asyncio.run(_recall_scope(storm.servers(durable=False), storm.seed))


async def _recall_scope(running: Running, seed: int) -> dict[str, object]:
    """200 contaminated lots: the scope is the brute-force set, lots and deliveries, none missing, none extra."""
    generator = np.random.default_rng(seed)
    edges = random_edges(3000, generator)
    _, down = directions(edges)
    lots_reached = shipments_reached = 0
    await db.open_pool(running.dsn("trace_app"), MODELS, size=1)
    try:
        tenant = await new_tenant(1)
        async with db.transaction(Scope.tenant(tenant)):
            graph = await Graph(tenant).open()
            lots = await stored(graph, 3000, edges)
            customer = await graph.insert("customer", {"code": new_id().hex, "name": "C"})
            sent = {
                n: await graph.shipment({"lot_id": lots[n], "quantity": Decimal(1), "unit": "kg"}, customer_id=customer)
                for n in range(0, 3000, 3)
            }
        await analyse(running)
        async with db.transaction(Scope.tenant(tenant)):
            for n in generator.choice(3000, size=200, replace=False):
                scope = await trace.affected(actor_of(tenant), [lots[int(n)]])
                reached = closure(int(n), down)
                assert scope.lots == {lots[m] for m in reached}
                assert scope.shipments == {sent[m] for m in reached if m in sent}
                lots_reached += len(scope.lots)
                shipments_reached += len(scope.shipments)
    finally:
        await db.close()
    return {"recalls": 200, "lots": lots_reached, "shipments": shipments_reached, "missing": 0, "extra": 0}
