"""What the end of an operation changes of what fell due: its last piece and its last hours are due, what is counted by pieces is
counted anew, and what was asked of an hour in which nothing ran any more, or of a stop that there was none, is withdrawn."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.domains.access import audit
from server.domains.quality.inspection.matching import adopt_records
from server.domains.quality.inspection.running import fall_due_for_operations, first_piece_still

# The operation, and those after it whose pieces are counted on from its own.
_COUNTED_ON = """
SELECT o.id FROM operation e JOIN operation o ON o.tenant_id = $1 AND o.step_id IS NOT DISTINCT FROM e.step_id AND o.created_at >= e.created_at
WHERE e.tenant_id = $1 AND e.id = $2 AND (o.id = e.id OR EXISTS (
    SELECT FROM operation_lot x JOIN operation_lot y ON y.tenant_id = $1 AND y.lot_id = x.lot_id AND y.operation_id = o.id AND y.role = 'out'
    WHERE x.tenant_id = $1 AND x.operation_id = e.id AND x.role = 'out'))
"""
_PAST_THE_END = """
SELECT i.id FROM inspection i JOIN operation o ON o.tenant_id = $1 AND o.id = i.operation_id
WHERE i.tenant_id = $1 AND i.operation_id = $2 AND i.trigger = 'hours' AND i.state = 'open' AND i.due_from > o.ended_at
  AND starts_with(i.event_key, 'operation:') ORDER BY i.id FOR UPDATE OF i
"""
# The first piece of the next operation at the same step on the same line, where a stop alone asked for it.
_AFTER_A_STOP = """
SELECT i.id, i.operation_id, v.first_piece_on, v.stop_hours FROM inspection i
JOIN inspection_plan_version v ON v.tenant_id = $1 AND v.id = i.plan_version_id
WHERE i.tenant_id = $1 AND i.trigger = 'first_piece' AND i.reason = 'stop' AND i.state = 'open' AND starts_with(i.event_key, 'operation:')
  AND i.operation_id = (
    SELECT n.id FROM operation e JOIN operation n ON n.tenant_id = $1 AND n.step_id IS NOT DISTINCT FROM e.step_id
     AND n.line_place_id IS NOT DISTINCT FROM e.line_place_id AND (n.started_at, n.id) > (e.started_at, e.id)
    WHERE e.tenant_id = $1 AND e.id = $2 ORDER BY n.started_at, n.id LIMIT 1)
ORDER BY i.id FOR UPDATE OF i
"""
# What was asked of a lot that went in, while nobody knew yet what would come out, is asked of what came out.
_NAMED_NOW = """
UPDATE inspection i SET lot_id = o.lot_id, product_id = o.product_id, supplier_id = o.supplier_id
FROM inspection_plan p CROSS JOIN LATERAL (
    SELECT x.lot_id, l.product_id, l.supplier_id FROM operation_lot x JOIN lot l ON l.tenant_id = $1 AND l.id = x.lot_id
    WHERE x.tenant_id = $1 AND x.operation_id = $2 AND x.role = 'out' AND (p.product_id IS NULL OR l.product_id = p.product_id)
    ORDER BY x.lot_id LIMIT 1) o
WHERE i.tenant_id = $1 AND i.operation_id = $2 AND i.state = 'open' AND starts_with(i.event_key, 'operation:') AND i.lot_id IS NOT NULL
  AND p.tenant_id = $1 AND p.id = i.plan_id AND NOT EXISTS (
    SELECT FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = $2 AND x.role = 'out' AND x.lot_id = i.lot_id)
  AND NOT EXISTS (SELECT FROM inspection_result r WHERE r.tenant_id = $1 AND r.inspection_id = i.id)
"""
_WITHDRAW = """
UPDATE inspection SET state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = $3 WHERE tenant_id = $1 AND id = $2
"""


async def settle_ended(actor: Actor, operation_id: UUID) -> set[UUID]:
    """Make due and withdraw what this operation's end asks for. As good as once, however often it runs. The lots of which a record
    made before rejects something."""
    await db.execute(_NAMED_NOW, actor.tenant, operation_id)
    rows = await db.fetch(_COUNTED_ON, actor.tenant, operation_id)
    made = await fall_due_for_operations(actor.tenant, [row["id"] for row in rows], now())
    rejected = await adopt_records(actor.tenant, made)
    for row in await db.fetch(_PAST_THE_END, actor.tenant, operation_id):
        await _withdraw(actor, row["id"], "operation_ended")
    for row in await db.fetch(_AFTER_A_STOP, actor.tenant, operation_id):
        if not await _stood(actor.tenant, dict(row)):
            await _withdraw(actor, row["id"], "did_not_stand")
    return rejected


async def _stood(tenant_id: UUID, due: Mapping[str, Any]) -> bool:
    return await first_piece_still(tenant_id, due["operation_id"], due["first_piece_on"], due["stop_hours"])


async def _withdraw(actor: Actor, inspection_id: UUID, reason: str) -> None:
    await db.execute(_WITHDRAW, actor.tenant, inspection_id, reason)
    after = {"state": "withdrawn", "reason": reason}
    await audit.record(
        actor, "inspection.withdrawn", "inspection", inspection_id, before={"state": "open"}, after=after
    )
