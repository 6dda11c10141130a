"""Goods that were released before their results: a result that fails stops them and everything they went into."""

from collections.abc import Collection, Mapping
from uuid import UUID

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.domains import chain

# The result may be of the goods that the lot was split off or merged from.
_URGENT = """
WITH RECURSIVE goods(lot) AS (
    SELECT lot FROM unnest($2::uuid[]) AS lot
  UNION
    SELECT k.to_lot FROM goods g JOIN link k ON k.tenant_id = $1 AND k.from_lot = g.lot
    WHERE k.kind IN ('split', 'merged') AND k.reverses IS NULL
)
SELECT g.lot, r.id AS release_id FROM goods g
JOIN LATERAL (SELECT id, kind FROM release WHERE tenant_id = $1 AND lot_id = g.lot ORDER BY id DESC LIMIT 1) r ON r.kind = 'urgent'
"""


async def urgently_released(tenant_id: UUID, lot_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Of these goods the lots whose last release was urgent and is not yet confirmed: release by lot."""
    return {row["lot"]: row["release_id"] for row in await db.fetch(_URGENT, tenant_id, list(lot_ids))}


async def call_back(actor: Actor, failed: Collection[UUID]) -> None:
    """A result of these lots failed. What of them was released urgently is held, with every lot it went into.

    Takes the graph's lock first, so that nothing goes on meanwhile.
    """
    if not failed or not await urgently_released(actor.tenant, failed):
        return
    await chain.lock_graph(actor.tenant)
    for lot_id, release_id in (await urgently_released(actor.tenant, failed)).items():
        reached = await chain.queries.reached_from(actor.tenant, [lot_id])
        reason = text("release.urgent_failed", actor.language)
        await chain.open_holds(actor, reached, kind="quarantined", cause=f"urgent:{release_id}", reason=reason)
