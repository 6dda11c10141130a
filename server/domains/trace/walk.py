"""Walking the graph in one direction: one statement, then distances from its links."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core import db
from server.domains.trace.ends import Row
from server.domains.trace.graph import Cut, Limits
from server.domains.trace.queries import WALK, WALK_NEAREST_FIRST, Side
from server.domains.trace.rules import distances

_ENDS: Mapping[Side, tuple[str, str]] = {"materials": ("to_lot", "from_lot"), "products": ("from_lot", "to_lot")}


@dataclass(frozen=True, slots=True)
class Walk:
    """Lots by distance (nearest first, the starts among them) and the links between them."""

    distance: Mapping[str, int]
    links: Sequence[Row]
    cut: Cut | None


async def walk(tenant_id: UUID, starts: Sequence[str], side: Side, limits: Limits) -> Walk:
    """Everything reached from `starts` on one side."""
    asked = (tenant_id, starts, limits.lots + 1, limits.links + 1)
    rows = await db.fetch(WALK[side], *asked)
    if len(rows) - 1 > limits.links:
        rows = await db.fetch(WALK_NEAREST_FIRST[side], *asked)
    return _walked(starts, rows[1:], int(rows[0]["quantity"]), side, limits)


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
