"""Urgent release (紧急放行): goods leave before their results are there, and are called back where a result fails."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import audit, verify_password
from server.domains.quality.commands import AskUrgent, DecideUrgent
from server.domains.quality.nonconformity.judged import failing_unjudged
from server.domains.quality.releasing.signing import decide_lots


class UrgentAlreadyAsked(Conflict):
    code = "urgent_already_asked"


class UrgentAlreadyDecided(Conflict):
    code = "urgent_already_decided"


class UrgentNeedsAnother(Conflict):
    code = "urgent_needs_another"


class UrgentResultFailed(Conflict):
    """An urgent release goes ahead of results that are awaited, never past one that failed."""

    code = "urgent_result_failed"


class LotNotWaiting(Conflict):
    code = "lot_not_waiting"


async def ask_urgent(actor: Actor, command: AskUrgent) -> UUID:
    """Ask for a lot before its results; id of the request. Raises NotFound, LotNotWaiting, UrgentAlreadyAsked."""
    actor.require("chain.write")
    lot = await db.fetchrow(
        "SELECT state FROM lot WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", actor.tenant, command.lot_id
    )
    if lot is None:
        raise NotFound(field="lot_id")
    if lot["state"] != "pending":
        raise LotNotWaiting(field="lot_id")
    request_id = new_id()
    stored = await db.execute(
        "INSERT INTO urgent_request (tenant_id, id, lot_id, reason, requested_by, requester_name) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (tenant_id, lot_id) WHERE state = 'open' DO NOTHING",
        actor.tenant, request_id, command.lot_id, command.reason, actor.id, actor.name,
    )  # fmt: skip
    if not stored:
        raise UrgentAlreadyAsked(field="lot_id")
    await audit.record(actor, "urgent.asked", "lot", command.lot_id, after=command.model_dump(mode="json"))
    return request_id


async def decide_urgent(actor: Actor, request_id: UUID, command: DecideUrgent) -> UUID | None:
    """Approve, which releases the lot, or refuse; the id of the release. Only awaited results may still be missing.

    Raises NotFound, UrgentAlreadyDecided, UrgentNeedsAnother, UrgentResultFailed, WrongPassword, ReleaseRefused.
    """
    actor.require("quality.release")
    asked = await db.fetchrow(
        "SELECT * FROM urgent_request WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, request_id
    )
    if asked is None:
        raise NotFound
    await verify_password(actor, command.password)
    if asked["state"] != "open":
        raise UrgentAlreadyDecided
    if command.approve and asked["requested_by"] == actor.id:
        raise UrgentNeedsAnother
    if command.approve:
        await _check_nothing_failed(actor.tenant, asked["lot_id"])
    state = "approved" if command.approve else "refused"
    await db.execute(
        "UPDATE urgent_request SET state = $3, decided_by = $4, decider_name = $5, decided_at = now(), remark = $6"
        " WHERE tenant_id = $1 AND id = $2",
        actor.tenant, request_id, state, actor.id, actor.name, command.remark,
    )  # fmt: skip
    await audit.record(
        actor,
        f"urgent.{state}",
        "lot",
        asked["lot_id"],
        after={"request_id": str(request_id), "remark": command.remark},
    )
    if not command.approve:
        return None
    lot_id: UUID = asked["lot_id"]
    signed = await decide_lots(actor, [lot_id], "released", command.remark, kind="urgent", urgent_request_id=request_id)
    return signed[lot_id]


async def _check_nothing_failed(tenant_id: UUID, lot_id: UUID) -> None:
    """Under the lock that a failing result takes too: it is seen here, or it sees the release and calls it back."""
    await chain.lock_graph(tenant_id)
    if await failing_unjudged(tenant_id, [lot_id]):
        raise UrgentResultFailed


async def urgent_requests(tenant_id: UUID, state: str | None, before: UUID | None, limit: int) -> Sequence[Any]:
    """Requests, newest first."""
    return await db.fetch(
        "SELECT u.*, l.lot_no FROM urgent_request u JOIN lot l ON l.tenant_id = u.tenant_id AND l.id = u.lot_id"
        " WHERE u.tenant_id = $1 AND ($2::text IS NULL OR u.state = $2) AND ($3::uuid IS NULL OR u.id < $3) ORDER BY u.id DESC LIMIT $4",
        tenant_id, state, before, limit,
    )  # fmt: skip
