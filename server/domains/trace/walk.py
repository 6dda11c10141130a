"""Walking the graph in one direction: by links in one statement, by operations where they tell more, then distances."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core import db
from server.domains.trace.ends import Row
from server.domains.trace.graph import Cut, Limits
from server.domains.trace.queries import USES, WALK, WALK_NEAREST_FIRST, Side
from server.domains.trace.rules import distances

_ENDS: Mapping[Side, tuple[str, str]] = {"materials": ("to_lot", "from_lot"), "products": ("from_lot", "to_lot")}


@dataclass(frozen=True, slots=True)
class Walk:
    """Lots by distance (nearest first, the starts among them) and the links between them."""

    distance: Mapping[str, int]
    links: Sequence[Row]
    cut: Cut | None


async def walk(tenant_id: UUID, starts: Sequence[str], side: Side, limits: Limits) -> Walk:
    """Everything reached from `starts` on one side, by links, and by operations that no link tells of."""
    far = _ENDS[side][1]
    begun = list(starts)
    while True:
        links, reached = await _linked(tenant_id, begun, side, limits)
        onward = {*begun, *(link[far] for link in links)}
        uses = await db.fetch(USES[side], tenant_id, ",".join(onward))
        beyond = {use[far] for use in uses} - onward
        if not beyond or reached > limits.lots:
            return _walked(starts, [*links, *uses], reached, side, limits)
        begun += beyond


async def _linked(tenant_id: UUID, starts: Sequence[str], side: Side, limits: Limits) -> tuple[Sequence[Row], int]:
    """The links from `starts` on, and how many lots they reached, struck-out ones included."""
    asked = (tenant_id, starts, limits.lots + 1, limits.links + 1)
    rows = await db.fetch(WALK[side], *asked)
    if len(rows) - 1 > limits.links:
        rows = await db.fetch(WALK_NEAREST_FIRST[side], *asked)
    return rows[1:], int(rows[0]["quantity"])


def _walked(starts: Sequence[str], links: Sequence[Row], reached: int, side: Side, limits: Limits) -> Walk:
    near, far = _ENDS[side]
    cut = Cut("links", limits.links) if len(links) > limits.links else None
    links = links[: limits.links]
    onward: defaultdict[str, list[str]] = defaultdict(list)
    for link in links:
        onward[link[near]].append(link[far])
    distance: Mapping[str, int] = distances(starts, onward)
    if reached > limits.lots or len(distance) > limits.lots:
        cut = Cut("lots", limits.lots)
        distance = dict(list(distance.items())[: limits.lots])
    if cut or len(distance) < reached:
        links = [link for link in links if link[near] in distance and link[far] in distance]
    return Walk(distance, links, cut)
