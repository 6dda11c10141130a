"""No lot is its own ancestor: new links are checked against the open ones before they are written."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from server.core import db

Edge = tuple[UUID, UUID]

_ENOUGH = 5_000  # lots after which the other direction is tried
_OPEN = "l.until IS NULL AND l.reverses IS NULL"
_STANDING = _OPEN + " AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)"
# The recursion stops as soon as the limit is reached.
_WALK = f"""
WITH RECURSIVE walk(lot) AS (
    SELECT lot FROM unnest($2::uuid[]) AS lot
  UNION
    SELECT l.{{far}} FROM walk w JOIN link l ON l.tenant_id = $1 AND l.{{near}} = w.lot WHERE {_OPEN}
)
SELECT lot FROM walk LIMIT $3
"""  # noqa: S608 - our own texts
_EDGES = (
    f"SELECT l.from_lot, l.to_lot FROM link l WHERE l.tenant_id = $1 AND l.{{near}} = ANY($2::uuid[]) AND {_STANDING}"  # noqa: S608
)
_DOWN, _UP = {"near": "from_lot", "far": "to_lot"}, {"near": "to_lot", "far": "from_lot"}


async def _around(tenant_id: UUID, edges: Sequence[Edge]) -> list[Edge]:
    """All stored links that a cycle through a new one could use: those below its target, or those above its source,
    whichever are few. New lots have nothing below, materials have nothing above."""
    ends = {"from_lot": sorted({target for _, target in edges}), "to_lot": sorted({source for source, _ in edges})}
    for way in (_DOWN, _UP):
        rows = await db.fetch(_WALK.format(**way), tenant_id, ends[way["near"]], len(ends[way["near"]]) + _ENOUGH)
        if len(rows) < len(ends[way["near"]]) + _ENOUGH:
            return await _edges(tenant_id, way, [row["lot"] for row in rows])
    rows = await db.fetch(_WALK.format(**_DOWN), tenant_id, ends["from_lot"], None)
    return await _edges(tenant_id, _DOWN, [row["lot"] for row in rows])


async def _edges(tenant_id: UUID, way: dict[str, str], lots: Sequence[UUID]) -> list[Edge]:
    rows = await db.fetch(_EDGES.format(**way), tenant_id, lots)
    return [(row["from_lot"], row["to_lot"]) for row in rows]


async def find_cycles(tenant_id: UUID, edges: Sequence[Edge]) -> dict[int, list[UUID]]:
    """Which of these new links (by position) would close a cycle with open links or earlier ones of them, and the
    lots along it, first and last the same. The caller holds the graph's lock.
    """
    known = await _around(tenant_id, edges)
    if not _has_cycle([*known, *edges]):
        return {}
    return _closing(known, edges)


def _has_cycle(edges: Iterable[Edge]) -> bool:
    """Whether taking away lots without inputs, again and again, leaves some over."""
    outputs: dict[UUID, list[UUID]] = {}
    inputs: dict[UUID, int] = {}
    for source, target in edges:
        outputs.setdefault(source, []).append(target)
        inputs[target] = inputs.get(target, 0) + 1
        inputs.setdefault(source, 0)
    ready = [lot for lot, count in inputs.items() if count == 0]
    gone = 0
    while ready:
        lot = ready.pop()
        gone += 1
        for target in outputs.get(lot, ()):
            inputs[target] -= 1
            if inputs[target] == 0:
                ready.append(target)
    return gone < len(inputs)


def _closing(known: Iterable[Edge], edges: Sequence[Edge]) -> dict[int, list[UUID]]:
    """Add the new links one after the other, and leave out those that close a cycle."""
    outputs: dict[UUID, set[UUID]] = {}
    for source, target in known:
        outputs.setdefault(source, set()).add(target)
    found: dict[int, list[UUID]] = {}
    for position, (source, target) in enumerate(edges):
        path = _path(outputs, target, source)
        if path:
            found[position] = [source, *path]
        else:
            outputs.setdefault(source, set()).add(target)
    return found


def _path(outputs: dict[UUID, set[UUID]], start: UUID, goal: UUID) -> list[UUID]:
    """A shortest way from start to goal, both included; empty where there is none."""
    came_from: dict[UUID, UUID | None] = {start: None}
    queue = [start]
    for lot in queue:
        if lot == goal:
            return _walk_back(came_from, goal)
        for target in outputs.get(lot, ()):
            if target not in came_from:
                came_from[target] = lot
                queue.append(target)
    return []


def _walk_back(came_from: dict[UUID, UUID | None], goal: UUID) -> list[UUID]:
    path, at = [], goal
    step: UUID | None = at
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]
