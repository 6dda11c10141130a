"""What the enterprise, or for nobody's the platform, does about a complaint. Every step is a row; the state is the last one's."""

from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.scans.complaints.commands import AnswerComplaint, CloseComplaint, PassOn


class ComplaintClosed(Conflict):
    code = "complaint_closed"


class ComplaintNotClosed(Conflict):
    code = "complaint_not_closed"


async def answer(actor: Actor, complaint_id: UUID, command: AnswerComplaint) -> None:
    """Say something to the person. Raises NotFound, ComplaintClosed."""
    before = await _locked(actor, complaint_id)
    if before == "closed":
        raise ComplaintClosed
    await _step(actor, complaint_id, "answer", command.words)
    if command.close:
        await _step(actor, complaint_id, "closed", None)
    state = "closed" if command.close else "answered"
    await _become(actor, complaint_id, state)
    after = command.model_dump() | {"state": state}
    await audit.record(actor, "complaint.answered", "complaint", complaint_id, before={"state": before}, after=after)


async def close(actor: Actor, complaint_id: UUID, command: CloseComplaint) -> None:
    """End it without a word to the person, such as a flood's. Raises NotFound, ComplaintClosed."""
    before = await _locked(actor, complaint_id)
    if before == "closed":
        raise ComplaintClosed
    await _step(actor, complaint_id, "closed", command.reason)
    await _become(actor, complaint_id, "closed")
    await audit.record(
        actor, "complaint.closed", "complaint", complaint_id, before={"state": before}, after=command.model_dump()
    )


async def reopen(actor: Actor, complaint_id: UUID, command: CloseComplaint) -> None:
    """Take it up again. Raises NotFound, ComplaintNotClosed."""
    if await _locked(actor, complaint_id) != "closed":
        raise ComplaintNotClosed
    await _step(actor, complaint_id, "reopened", command.reason)
    await _become(actor, complaint_id, "open")
    await audit.record(
        actor, "complaint.reopened", "complaint", complaint_id, before={"state": "closed"}, after=command.model_dump()
    )


async def pass_on(actor: Actor, complaint_id: UUID, command: PassOn) -> None:
    """The platform hands it to the enterprise it belongs to, with its photos and what was written. NotFound."""
    actor.require("platform.write")
    await _locked(actor, complaint_id)
    if not await db.fetchval("SELECT true FROM tenant WHERE id = $1", command.tenant_id):
        raise NotFound(field="tenant_id")
    await _step(actor, complaint_id, "passed_on", None)
    await db.fetchval("SELECT pass_complaint_on($1, $2)::text", complaint_id, command.tenant_id)
    await audit.record(
        actor, "complaint.passed_on", "complaint", complaint_id, after=command.model_dump(mode="json"), tenant_id=command.tenant_id
    )  # fmt: skip


async def _locked(actor: Actor, complaint_id: UUID) -> str:
    """The state; nobody else changes it until this is done."""
    state: str | None = await db.fetchval(
        "SELECT state FROM complaint WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2 FOR UPDATE", actor.tenant_id, complaint_id
    )  # fmt: skip
    if state is None:
        raise NotFound
    return state


async def _step(actor: Actor, complaint_id: UUID, kind: str, words: str | None) -> None:
    await db.execute(
        "INSERT INTO complaint_step (tenant_id, id, complaint_id, kind, words, actor_id, actor_name) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant_id, new_id(), complaint_id, kind, words, actor.id, actor.name,
    )  # fmt: skip


async def _become(actor: Actor, complaint_id: UUID, state: str) -> None:
    await db.execute(
        "UPDATE complaint SET state = $3 WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2", actor.tenant_id, complaint_id, state
    )  # fmt: skip
