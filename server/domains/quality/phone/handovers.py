"""A task handed to a colleague. It binds nobody: whoever does the inspection has done it."""

from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.phone.commands import NewHandover
from server.domains.quality.phone.problems import HandoverPointless

_OPEN = """
SELECT h.id, h.inspection_id, h.from_user, h.from_name, h.to_user AS to_user_id, u.display_name AS to_name, h.remark, h.created_at
FROM inspection_handover h JOIN inspection i ON i.tenant_id = h.tenant_id AND i.id = h.inspection_id AND i.state = 'open'
JOIN user_account u ON u.id = h.to_user
WHERE h.tenant_id = $1 AND h.ended_at IS NULL ORDER BY h.id
"""


async def hand_over(actor: Actor, command: NewHandover) -> UUID:
    """Give a task to a colleague, in place of who had it. NotFound, HandoverPointless where it is done."""
    state = await db.fetchval(
        "SELECT state FROM inspection WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, command.inspection_id
    )
    if state is None:
        raise NotFound(field="inspection_id")
    if state != "open":
        raise HandoverPointless(field="inspection_id")
    if not await db.fetchval(
        "SELECT true FROM membership WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND disabled_at IS NULL",
        actor.tenant, command.to_user_id,
    ):  # fmt: skip
        raise NotFound(field="to_user_id")
    await db.execute(
        "UPDATE inspection_handover SET ended_at = now() WHERE tenant_id = $1 AND inspection_id = $2 AND ended_at IS NULL",
        actor.tenant, command.inspection_id,
    )  # fmt: skip
    handover_id = new_id()
    await db.execute(
        "INSERT INTO inspection_handover (tenant_id, id, inspection_id, from_user, from_name, to_user, remark) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, handover_id, command.inspection_id, actor.id if actor.kind == "user" else None, actor.name,
        command.to_user_id, command.remark,
    )  # fmt: skip
    await audit.record(
        actor, "inspection.handed_over", "inspection", command.inspection_id, after=command.model_dump(mode="json")
    )
    return handover_id


async def end_handover(actor: Actor, handover_id: UUID) -> None:
    """Taken back by who gave it, or declined by who was given it; NotFound for anybody else."""
    inspection_id = await db.fetchval(
        "UPDATE inspection_handover SET ended_at = now() WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL"
        " AND $3 IN (from_user, to_user) RETURNING inspection_id",
        actor.tenant, handover_id, actor.id,
    )  # fmt: skip
    if inspection_id is None:
        raise NotFound
    after = {"handover_id": handover_id}
    await audit.record(actor, "inspection.handover_ended", "inspection", inspection_id, after=after)


async def open_handovers(tenant_id: UUID) -> list[dict[str, Any]]:
    """Tasks that were handed over and are not done."""
    return [dict(row) for row in await db.fetch(_OPEN, tenant_id)]
