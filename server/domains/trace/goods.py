"""Where the goods of a lot are that got another number after its labels were printed: split off, merged, packed."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal
from uuid import UUID

from server.core import db
from server.core.actor import Actor

SameGoodsReason = Literal["split", "merged", "packed"]

# Struck-out links count no more; what was taken out of its case is not in it any more.
# OFFSET 0 has the links of each lot looked up by their index: where the planner still believes the tables to be small, it
# would compare every lot with every link.
_ONWARD = """
goods CROSS JOIN LATERAL (
    SELECT k.id, k.from_lot, k.to_lot, k.kind, k.until, k.reverses FROM link k
    WHERE k.tenant_id = $1 AND k.from_lot = goods.id
    OFFSET 0) onward
WHERE onward.kind IN ('split', 'merged', 'packed') AND onward.until IS NULL AND onward.reverses IS NULL
  AND onward.id NOT IN (SELECT r.reverses FROM link r WHERE r.tenant_id = $1 AND r.reverses IS NOT NULL)
"""
_SAME_GOODS = f"""
WITH RECURSIVE goods(id) AS (
    SELECT unnest($2::uuid[])
  UNION
    SELECT onward.to_lot FROM {_ONWARD}
)
SELECT onward.from_lot, onward.to_lot, onward.kind FROM {_ONWARD}
"""  # noqa: S608 - our own condition
_NUMBERS = "SELECT id, lot_no FROM lot WHERE tenant_id = $1 AND id = ANY(ARRAY(SELECT unnest($2::uuid[])))"
_NEARNESS = {"split": 0, "merged": 1, "packed": 2}  # to being the very same goods


@dataclass(frozen=True, slots=True)
class SameGoods:
    """A lot that holds goods of another: `reason` is how they came into it, `from_lot_no` from which."""

    lot_id: UUID
    lot_no: str
    reason: SameGoodsReason
    from_lot_no: str


async def same_goods(actor: Actor, lot_ids: Iterable[UUID]) -> list[SameGoods]:
    """Every other lot that holds goods of these today, at any depth, without those made of them, in the order they were made.

    A lot reached in several ways is named once, by the nearest to being the very same goods.
    """
    asked = set(lot_ids)
    links = [link for link in await db.fetch(_SAME_GOODS, actor.tenant, list(asked)) if link["to_lot"] not in asked]
    named = {end for link in links for end in (link["from_lot"], link["to_lot"])}
    numbers = {row["id"]: row["lot_no"] for row in await db.fetch(_NUMBERS, actor.tenant, list(named))}
    links.sort(key=lambda link: (link["to_lot"], _NEARNESS[link["kind"]], numbers[link["from_lot"]]))
    nearest = (next(ways) for _, ways in groupby(links, key=itemgetter("to_lot")))
    return [
        SameGoods(link["to_lot"], numbers[link["to_lot"]], link["kind"], numbers[link["from_lot"]]) for link in nearest
    ]
