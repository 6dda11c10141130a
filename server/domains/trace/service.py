"""The two directions, and both at once. Reads only; for whom is the actor's scope."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.trace import queries
from server.domains.trace.ends import Ends, Row, find_ends
from server.domains.trace.graph import Cut, Direction, Limits, Trace
from server.domains.trace.problems import TraceTookTooLong
from server.domains.trace.walk import Walk, walk

_EMPTY = Walk({}, (), None)


async def trace_materials(actor: Actor, lot_ids: Iterable[UUID], limits: Limits | None = None) -> Trace:
    """Everything these lots were made of, over all levels. NotFound where none of them is the actor's."""
    return await trace(actor, lot_ids, "materials", limits)


async def trace_products(actor: Actor, lot_ids: Iterable[UUID], limits: Limits | None = None) -> Trace:
    """Everything these lots went into, over all levels, and to whom it was shipped."""
    return await trace(actor, lot_ids, "products", limits)


async def trace(actor: Actor, lot_ids: Iterable[UUID], direction: Direction, limits: Limits | None = None) -> Trace:
    """One or both directions from these lots. Complete, or `cut` says which limit was met; raises TraceTookTooLong."""
    try:
        return await _traced(actor.tenant, lot_ids, direction, limits or Limits())
    except asyncpg.QueryCanceledError as error:
        raise TraceTookTooLong from error


async def _traced(tenant_id: UUID, lot_ids: Iterable[UUID], direction: Direction, limits: Limits) -> Trace:
    began = time.perf_counter()
    starts = await _known(tenant_id, [str(lot_id) for lot_id in dict.fromkeys(lot_ids)])
    up = await walk(tenant_id, starts, "materials", limits) if direction != "products" else _EMPTY
    down = await walk(tenant_id, starts, "products", limits) if direction != "materials" else _EMPTY
    depth = {lot: -distance for lot, distance in up.distance.items()}
    for lot, distance in down.distance.items():
        if lot not in depth or -depth[lot] > distance:
            depth[lot] = distance
    shipped = list(down.distance)
    return await _described(tenant_id, direction, starts, depth, _links(up, down), shipped, up.cut or down.cut, began)


async def _known(tenant_id: UUID, wanted: Sequence[str]) -> list[str]:
    rows = await db.fetch(
        "SELECT id::text FROM lot WHERE tenant_id = $1 AND id = ANY($2::text[]::uuid[])", tenant_id, wanted
    )
    found = {row["id"] for row in rows}
    if not found:
        raise NotFound
    return [lot_id for lot_id in wanted if lot_id in found]


def _links(up: Walk, down: Walk) -> Sequence[Row]:
    """Every link once: with several starts (or a cycle) one may be met on both sides. Upwards all links into a lot were met."""
    if len(up.distance.keys() & down.distance.keys()) < 2:
        return [*up.links, *down.links]
    return [*up.links, *(link for link in down.links if link["to_lot"] not in up.distance)]


async def _described(
    tenant_id: UUID, direction: Direction, starts: Sequence[str], depth: dict[str, int], links: Sequence[Row],
    shipped: Sequence[str], cut: Cut | None, began: float,
) -> Trace:  # fmt: skip
    """Add what a person wants to know of each lot."""
    lots = await _by_id(queries.LOTS, tenant_id, depth)
    quality = await _by_id(queries.QUALITY, tenant_id, depth)
    holds: defaultdict[str, list[str]] = defaultdict(list)
    for row in await db.fetch(queries.HOLDS, tenant_id, ",".join(depth)):
        holds[row["lot_id"]].append(row["kind"])
    documents = await _documents(tenant_id, [lot_id for lot_id, row in quality.items() if row["documents"]])
    products = await _by_id(queries.PRODUCTS, tenant_id, {row["product_id"] for row in lots.values()})
    suppliers = await _by_id(queries.SUPPLIERS, tenant_id, {row["supplier_id"] for row in lots.values()} - {None})
    pieces = [lot_id for lot_id in shipped if lots[lot_id]["kind"] == "unit"]
    ends = await find_ends(tenant_id, shipped, pieces) if shipped else Ends()
    took_ms = (time.perf_counter() - began) * 1000
    return Trace(
        direction, starts, lots, links, depth, quality, holds, documents, products, suppliers, ends, cut, took_ms
    )


async def _documents(tenant_id: UUID, lot_ids: Sequence[str]) -> dict[str, list[Row]]:
    """The files of these lots and of their current records; asks nothing where there are no lots."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in await db.fetch(queries.DOCUMENTS, tenant_id, ",".join(lot_ids)) if lot_ids else ():
        found[row["lot_id"]].append(row)
    return found


async def _by_id(sql: str, tenant_id: UUID, ids: Iterable[str]) -> dict[str, Row]:
    return {row["id"]: row for row in await db.fetch(sql, tenant_id, ",".join(ids))}
