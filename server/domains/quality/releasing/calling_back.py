"""Goods that were released before their results: a result that fails stops them and everything they went into."""

from collections.abc import Collection, Mapping
from uuid import UUID

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.quality.releasing.judged import SAME_GOODS

CAUSE = "urgent:"
"""How the cause of a hold begins that calls back what was released urgently; behind it stands the release."""
# The result may be of a part, or of what the lot was split off or merged from. An ordinary release confirms an urgent one
# where something of these goods had passed by then.
_URGENT = f"""
{SAME_GOODS}
SELECT DISTINCT g.lot, u.id AS release_id FROM goods g
JOIN LATERAL (
    SELECT id FROM release WHERE tenant_id = $1 AND lot_id = g.lot AND kind = 'urgent' ORDER BY id DESC LIMIT 1
) u ON true
WHERE NOT EXISTS (
    SELECT FROM release c WHERE c.tenant_id = $1 AND c.lot_id = g.lot AND c.id > u.id AND EXISTS (
        SELECT FROM goods h JOIN record r ON r.tenant_id = $1 AND r.lot_id = h.lot AND r.verdict = 'pass' AND r.received_at <= c.signed_at
        WHERE h.root = g.root))
"""  # noqa: S608 - constants


async def urgently_released(tenant_id: UUID, lot_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Of these goods the lots that were released urgently and are not yet confirmed: release by lot."""
    return {row["lot"]: row["release_id"] for row in await db.fetch(_URGENT, tenant_id, list(lot_ids))}


async def call_back(actor: Actor, failed: Collection[UUID]) -> None:
    """A result of these lots failed. What of their goods was released urgently is held, with every lot it went into.

    Takes the graph's lock first: an approval under way is waited for, a later one sees the result.
    """
    if not failed:
        return
    await chain.lock_graph(actor.tenant)
    for lot_id, release_id in (await urgently_released(actor.tenant, failed)).items():
        reached = await chain.queries.reached_from(actor.tenant, [lot_id])
        reason = text("release.urgent_failed", actor.language)
        await chain.open_holds(actor, reached, kind="quarantined", cause=f"{CAUSE}{release_id}", reason=reason)
