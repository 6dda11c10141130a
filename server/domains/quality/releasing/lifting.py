"""The end of a hold: what a person opened a person lifts; what was stopped automatically, once its cause was judged."""

from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound
from server.domains import chain
from server.domains.quality.nonconformity.after_release import CAUSES as FAILURES
from server.domains.quality.nonconformity.after_release import CUSTOMER, end_answered
from server.domains.quality.nonconformity.calling_back import CAUSE as URGENT
from server.domains.quality.nonconformity.calling_back import HELD, goods_unjudged, same_goods
from server.domains.quality.nonconformity.judged import failing_unjudged
from server.domains.quality.nonconformity.law import CAUSE as LEGAL
from server.domains.quality.nonconformity.law import end_outside_law, legally_barred, reworked_and_passed

# Something was decided about the very lot since it was called back, as a whole, and done.
_DISPOSED_SINCE = """
SELECT EXISTS (SELECT FROM nonconformity n JOIN disposition d ON d.tenant_id = $1 AND d.nonconformity_id = n.id
               WHERE n.tenant_id = $1 AND n.lot_id = $2 AND n.id > $3 AND d.state IN ('carried_out', 'verified')
                 AND (n.state = 'closed' OR d.kind = 'concession' AND d.quantity >= n.quantity))
"""


class UrgentFailureNotJudged(Conflict):
    """Called back, and the failing result stands: it is corrected, passed again, or disposed of by signature first."""

    code = "urgent_failure_not_judged"


class CustomerFailureStands(Conflict):
    """Stopped by the customer's limit, and nothing answers for that failure yet."""

    code = "customer_failure_stands"


class InspectionFailureStands(Conflict):
    """Stopped by an inspection that failed or rejected some of the goods, and nothing answers for that yet."""

    code = "inspection_failure_stands"


class LegalFailureStands(Conflict):
    """Stopped by a legal limit that the goods still fail."""

    code = "legal_failure_stands"


async def lift_hold(actor: Actor, hold_id: UUID, command: chain.CloseHold) -> None:
    """Lift one hold. That of an urgent release ends wherever it stands, downstream too, once its failing results are judged;
    for a reworked lot once it passed. Raises NotFound, UrgentFailureNotJudged, LegalFailureStands, CustomerFailureStands,
    InspectionFailureStands, HoldHasOtherCause."""
    hold = await db.fetchrow("SELECT * FROM hold WHERE tenant_id = $1 AND id = $2", actor.tenant, hold_id)
    if hold is None:
        raise NotFound
    if hold["closed_at"] is None and hold["cause"].startswith(URGENT):
        await _end_call_back(actor, hold, command.reason)
    elif hold["closed_at"] is None and hold["cause"].startswith(LEGAL):
        await chain.lock_graph(actor.tenant)
        if hold["lot_id"] not in await end_outside_law(actor, [hold["lot_id"]]):
            raise LegalFailureStands
    elif hold["closed_at"] is None and hold["cause"].startswith(FAILURES):
        actor.require("quality.release")
        await chain.lock_graph(actor.tenant)
        freed = await end_answered(actor, [hold["lot_id"]], signed=True, reason=command.reason)
        if (hold["lot_id"], hold["cause"]) not in freed:
            raise CustomerFailureStands if hold["cause"].startswith(CUSTOMER) else InspectionFailureStands
    else:
        await chain.close_hold(actor, hold_id, command)


async def _end_call_back(actor: Actor, hold: asyncpg.Record, reason: str) -> None:
    """Once all of the goods that were released are judged, everywhere; else of the lots that are judged by themselves."""
    actor.require("quality.release")
    await chain.lock_graph(actor.tenant)
    cause: str = hold["cause"]
    released = await db.fetchval(
        "SELECT lot_id FROM release WHERE tenant_id = $1 AND id = $2", actor.tenant, UUID(cause.removeprefix(URGENT))
    )
    held = {row["lot_id"] for row in await db.fetch(HELD, actor.tenant, cause)}
    unjudged = await goods_unjudged(actor.tenant, released, held)
    if not unjudged:
        await chain.close_holds(actor, cause, reason)
    elif await _judged_alone(actor.tenant, hold, released, unjudged):
        await chain.close_holds(actor, cause, reason, only=hold["lot_id"])
    else:
        raise UrgentFailureNotJudged


async def _judged_alone(tenant_id: UUID, hold: asyncpg.Record, released: UUID, unjudged: set[UUID]) -> bool:
    """Whether this lot goes on while others of the goods are not judged: it is of the same goods and nothing of it is open, or it
    was worked on again and passed, or something was decided about it as a whole."""
    lot_id = hold["lot_id"]
    if lot_id in await same_goods(tenant_id, released) and lot_id not in unjudged:
        return True
    if await legally_barred(tenant_id, [lot_id]):
        return False
    if await db.fetchval(_DISPOSED_SINCE, tenant_id, lot_id, hold["id"]):
        return True
    return await reworked_and_passed(tenant_id, lot_id) and not await failing_unjudged(tenant_id, [lot_id])
