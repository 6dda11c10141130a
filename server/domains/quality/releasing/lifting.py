"""The end of a hold: what a person opened a person lifts; what was stopped automatically, once its cause was judged."""

from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound
from server.domains import chain
from server.domains.quality.nonconformity.customers_limit import CAUSE as CUSTOMER
from server.domains.quality.nonconformity.customers_limit import end_answered
from server.domains.quality.nonconformity.law import CAUSE as LEGAL
from server.domains.quality.nonconformity.law import end_outside_law, legally_barred, reworked_and_passed
from server.domains.quality.releasing.calling_back import CAUSE as URGENT
from server.domains.quality.releasing.judged import failing_unjudged


class UrgentFailureNotJudged(Conflict):
    """Called back, and the failing result stands: it is corrected, passed again, or disposed of by signature first."""

    code = "urgent_failure_not_judged"


class CustomerFailureStands(Conflict):
    """Stopped by the customer's limit, and nothing answers for that failure yet."""

    code = "customer_failure_stands"


class LegalFailureStands(Conflict):
    """Stopped by a legal limit that the goods still fail."""

    code = "legal_failure_stands"


async def lift_hold(actor: Actor, hold_id: UUID, command: chain.CloseHold) -> None:
    """Lift one hold. That of an urgent release ends wherever it stands, downstream too, once its failing results are judged;
    for a reworked lot once it passed. Raises NotFound, UrgentFailureNotJudged, LegalFailureStands, CustomerFailureStands,
    HoldHasOtherCause."""
    hold = await db.fetchrow("SELECT * FROM hold WHERE tenant_id = $1 AND id = $2", actor.tenant, hold_id)
    if hold is None:
        raise NotFound
    if hold["closed_at"] is None and hold["cause"].startswith(URGENT):
        await _end_call_back(actor, hold, command.reason)
    elif hold["closed_at"] is None and hold["cause"].startswith(LEGAL):
        await chain.lock_graph(actor.tenant)
        if hold["lot_id"] not in await end_outside_law(actor, [hold["lot_id"]]):
            raise LegalFailureStands
    elif hold["closed_at"] is None and hold["cause"].startswith(CUSTOMER):
        actor.require("quality.release")
        await chain.lock_graph(actor.tenant)
        freed = await end_answered(actor, [hold["lot_id"]], signed=True, reason=command.reason)
        if (hold["lot_id"], hold["cause"]) not in freed:
            raise CustomerFailureStands
    else:
        await chain.close_hold(actor, hold_id, command)


async def _end_call_back(actor: Actor, hold: asyncpg.Record, reason: str) -> None:
    actor.require("quality.release")
    await chain.lock_graph(actor.tenant)
    cause: str = hold["cause"]
    released = await db.fetchval(
        "SELECT lot_id FROM release WHERE tenant_id = $1 AND id = $2", actor.tenant, UUID(cause.removeprefix(URGENT))
    )
    if not await failing_unjudged(actor.tenant, [released]):
        await chain.close_holds(actor, cause, reason)
    elif await _good_again(actor.tenant, hold["lot_id"]):
        await chain.close_holds(actor, cause, reason, only=hold["lot_id"])
    else:
        raise UrgentFailureNotJudged


async def _good_again(tenant_id: UUID, lot_id: UUID) -> bool:
    """Whether this lot was worked on again, passed what had failed, and fails nothing itself."""
    if not await reworked_and_passed(tenant_id, lot_id) or await legally_barred(tenant_id, [lot_id]):
        return False
    return not await failing_unjudged(tenant_id, [lot_id])
