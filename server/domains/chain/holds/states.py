"""States of lots. Quality decides; here the decision takes effect, for one lot or for many at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.access import audit
from server.domains.chain.holds.notices import close_rejections, open_rejections
from server.domains.chain.stock.chunks import chunks, plan_for_many
from server.domains.chain.stock.locking import lock_graph

_CHANGE = """
WITH before AS (
    SELECT id, state FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
), changed AS (
    UPDATE lot SET state = $3, released_at = CASE WHEN $3 = 'released' THEN coalesce($4, now()) END
    FROM before WHERE lot.tenant_id = $1 AND lot.id = before.id AND before.state <> $3
    RETURNING lot.id, before.state
), history AS (
    INSERT INTO lot_history (tenant_id, lot_id, state_from, state_to, reason, actor_id, actor_name)
    SELECT $1, id, state, $3, $5, $6, $7 FROM changed
)
SELECT (SELECT count(*) FROM before) AS found, (SELECT array_agg(id ORDER BY id) FROM changed) AS changed
"""


async def mark_released(
    actor: Actor, lot_ids: Sequence[UUID], released_at: datetime | None = None, reason: str | None = None
) -> list[UUID]:
    """Let lots be used; those that were not released before. Raises NotFound if one of them does not exist.

    The caller holds the signed act; `released_at` defaults to now.
    """
    return await _change(actor, lot_ids, "released", released_at, reason)


async def mark_rejected(actor: Actor, lot_ids: Sequence[UUID], reason: str | None = None) -> list[UUID]:
    """Bar lots from use; those that were not rejected before. Raises NotFound if one of them does not exist."""
    return await _change(actor, lot_ids, "rejected", None, reason)


async def _change(
    actor: Actor, lot_ids: Sequence[UUID], state: str, released_at: datetime | None, reason: str | None
) -> list[UUID]:
    wanted = sorted(set(lot_ids))
    await lock_graph(actor.tenant)
    await plan_for_many(len(wanted))
    changed: list[UUID] = []
    for part in chunks(wanted):
        row = await db.fetchrow(_CHANGE, actor.tenant, part, state, released_at, reason, actor.id, actor.name)
        if row is None or row["found"] != len(part):
            raise NotFound
        changed += row["changed"] or []
    if changed:
        await (open_rejections if state == "rejected" else close_rejections)(actor, changed)
        after = {"state": state, "lots": len(changed), "ids": changed[:1000], "released_at": released_at}
        await audit.record(actor, f"lot.{state}", "lot", changed[0], after=after)
    return changed
