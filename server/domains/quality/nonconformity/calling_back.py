"""Goods that were released before their results: a result that fails stops them and everything they went into."""

from collections.abc import Collection, Mapping
from uuid import UUID

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.quality.nonconformity.judged import SAME_GOODS, failing_unjudged

CAUSE = "urgent:"
"""How the cause of a hold begins that calls back what was released urgently; behind it stands the release."""
HELD = "SELECT lot_id FROM hold WHERE tenant_id = $1 AND cause = $2 AND closed_at IS NULL"
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
_GOODS = f"{SAME_GOODS} SELECT DISTINCT lot FROM goods"  # noqa: S608 - constants


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
        await _hold(actor, release_id, await chain.queries.reached_from(actor.tenant, [lot_id]))


async def call_back_unjudged(actor: Actor, lot_ids: Collection[UUID]) -> None:
    """What had judged a failing result of these goods was taken back: what was called back because of it is so again, but for
    parts that were judged by themselves. Under the graph's lock."""
    for lot_id, release_id in (await urgently_released(actor.tenant, lot_ids)).items():
        reached = await chain.queries.reached_from(actor.tenant, [lot_id])
        unjudged = await goods_unjudged(actor.tenant, lot_id, reached)
        if unjudged:
            judged = await same_goods(actor.tenant, lot_id) - unjudged
            await _hold(actor, release_id, [each for each in reached if each not in judged])


async def called_back(tenant_id: UUID, lot_ids: Collection[UUID]) -> set[UUID]:
    """Lots that are held because results of the very same goods failed after an urgent release; not what those went into, of which
    nobody is asked what its own results say."""
    found: set[UUID] = set()
    for lot_id, release_id in (await urgently_released(tenant_id, lot_ids)).items():
        held = {row["lot_id"] for row in await db.fetch(HELD, tenant_id, f"{CAUSE}{release_id}")}
        found |= held and held & await same_goods(tenant_id, lot_id)
    return found


async def same_goods(tenant_id: UUID, lot_id: UUID) -> set[UUID]:
    """The lot, what it was split off, merged or packed from, and all parts of that."""
    return {row["lot"] for row in await db.fetch(_GOODS, tenant_id, [lot_id])}


async def goods_unjudged(tenant_id: UUID, released: UUID, held: Collection[UUID]) -> set[UUID]:
    """Of the lot that was released urgently and, among those held, the lots of the same goods: those of which a failing result
    stands that nobody judged."""
    return await failing_unjudged(tenant_id, {released} | (await same_goods(tenant_id, released)).intersection(held))


async def _hold(actor: Actor, release_id: UUID, lots: Collection[UUID]) -> None:
    reason = text("release.urgent_failed", actor.language)
    await chain.open_holds(actor, list(lots), kind="quarantined", cause=f"{CAUSE}{release_id}", reason=reason)
