"""A disposition that was carried out by mistake is taken back, as long as nothing was built on it: what was before is again."""

from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains import chain
from server.domains.access import audit, verify_password
from server.domains.chain.stock.goods import Stock
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.after_release import stop_what_fails_still
from server.domains.quality.nonconformity.calling_back import call_back_unjudged
from server.domains.quality.nonconformity.commands import ReverseDisposition
from server.domains.quality.nonconformity.opening import stop
from server.domains.quality.nonconformity.rules import FATES, MAKES_ANEW, takes_part

# It counts no longer: who carried it out and when stays on record, as does the reversal.
_REVERSE = """
UPDATE disposition SET state = 'withdrawn', accounted = NULL, result_lot_id = NULL,
    reversed_at = now(), reversed_by = $3, reverser_name = $4, reverse_reason = $5 WHERE tenant_id = $1 AND id = $2
"""
_REOPEN = """
UPDATE nonconformity SET state = 'open', closed_at = NULL, closed_by = NULL, closer_name = NULL, close_remark = NULL
WHERE tenant_id = $1 AND id = $2 AND state = 'closed'
"""
_END_CONCESSION = """
UPDATE lot SET concession_id = NULL, conceded_until = NULL, conceded_quantity = NULL, conceded_customer_id = $4
WHERE tenant_id = $1 AND id = $2 AND concession_id = $3
"""
_LINK = """
SELECT l.id FROM link l WHERE l.tenant_id = $1 AND l.from_lot = $2 AND l.to_lot = $3 AND l.reverses IS NULL
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id) ORDER BY l.id DESC LIMIT 1
"""
# Another nonconformity took these goods over since.
_OTHER = "SELECT number FROM nonconformity WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[]) AND state = 'open' AND id <> $3 LIMIT 1"


async def reverse_disposition(actor: Actor, disposition_id: UUID, command: ReverseDisposition) -> None:
    """Take back what was carried out, with the password, by somebody who may sign it. The nonconformity is open again and
    stops the goods. Raises NotFound, WrongPassword, SignerHasNoPart, DispositionNotDone, DispositionGone where goods have
    left or a package was opened, DispositionBuiltOn where something was done with what it left, NonconformityAlreadyOpen."""
    if not await db.fetchval(
        "SELECT true FROM disposition WHERE tenant_id = $1 AND id = $2", actor.tenant, disposition_id
    ):
        raise NotFound
    await verify_password(actor, command.password)
    await take_back(actor, disposition_id, command.reason)


async def take_back(actor: Actor, disposition_id: UUID, reason: str) -> None:
    """The same without asking for the password: for callers who hold it."""
    disposition, nonconformity = await _locked(actor.tenant, disposition_id)
    _check(actor, disposition, nonconformity)
    stock = await chain.lock_stock(actor.tenant, nonconformity["lot_id"])
    result_id = disposition["result_lot_id"]
    result = None if result_id is None else await chain.lock_stock(actor.tenant, result_id)
    await _check_undone(actor.tenant, disposition, nonconformity, stock, result)
    await db.execute(_REVERSE, actor.tenant, disposition_id, actor.id, actor.name, reason)
    await _reopen(actor, nonconformity)
    stopped = [stock.id] if result is None or disposition["kind"] in MAKES_ANEW else [*{stock.id, result.id}]
    await stop(actor, stopped, nonconformity["id"], nonconformity["number"], nonconformity["defect"])
    if result is not None:
        await _restore(actor, disposition, stock, result, reason)
    goods = {stock.id, nonconformity["from_lot_id"] or stock.id}
    await call_back_unjudged(actor, goods)
    await stop_what_fails_still(actor, goods, disposition_id)
    before = {"state": disposition["state"], "lot_id": result_id, "accounted": disposition["accounted"]}
    after = {"disposition_id": disposition_id, "kind": disposition["kind"], "reason": reason}
    await audit.record(actor, "disposition.reversed", "nonconformity", nonconformity["id"], before=before, after=after)


async def _locked(tenant_id: UUID, disposition_id: UUID) -> tuple[asyncpg.Record, asyncpg.Record]:
    """A disposition and its nonconformity, open or closed, after the graph's lock."""
    await chain.lock_graph(tenant_id)
    disposition = await db.fetchrow(
        "SELECT * FROM disposition WHERE tenant_id = $1 AND id = $2", tenant_id, disposition_id
    )
    assert disposition is not None
    nonconformity = await db.fetchrow(
        "SELECT n.*, l.kind AS lot_kind FROM nonconformity n JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id"
        " WHERE n.tenant_id = $1 AND n.id = $2",
        tenant_id, disposition["nonconformity_id"],
    )  # fmt: skip
    assert nonconformity is not None
    return disposition, nonconformity


def _check(actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record) -> None:
    if actor.id is None or not takes_part(
        actor.roles, "quality.dispose" in actor.permissions, disposition["needs_roles"]
    ):
        raise problems.SignerHasNoPart
    if disposition["state"] not in ("carried_out", "verified"):
        raise problems.DispositionNotDone
    opened = nonconformity["lot_kind"] == "package" and disposition["kind"] != "concession"
    if disposition["kind"] in FATES or opened:
        raise problems.DispositionGone


async def _check_undone(
    tenant_id: UUID, disposition: asyncpg.Record, nonconformity: asyncpg.Record, stock: Stock, result: Stock | None
) -> None:
    """Nothing was drawn from what it left, what was made anew waits for its release still, and no other nonconformity
    speaks for the goods."""
    goods = [stock.id] if result is None else [stock.id, result.id]
    if number := await db.fetchval(_OTHER, tenant_id, goods, nonconformity["id"]):
        raise problems.NonconformityAlreadyOpen(lot_no=stock.lot_no, number=number)
    if result is None:
        return
    used = result.used > 0
    if result.id == stock.id:  # conceded as a whole: as much may be used as on the day of the signature
        conceded = result.concession
        allowed = 0 if result.is_piece_of_lot else disposition["quantity"]
        used = conceded is None or conceded.id != disposition["id"] or conceded.ceiling - result.used != allowed
    if used or (disposition["kind"] in MAKES_ANEW and result.state != "pending"):
        raise problems.DispositionBuiltOn(lot_no=result.lot_no)


async def _reopen(actor: Actor, nonconformity: asyncpg.Record) -> None:
    if await db.execute(_REOPEN, actor.tenant, nonconformity["id"]):
        await audit.record(
            actor, "nonconformity.reopened", "nonconformity", nonconformity["id"],
            before={"state": "closed"}, after={"state": "open", "number": nonconformity["number"]},
        )  # fmt: skip


async def _restore(actor: Actor, disposition: asyncpg.Record, stock: Stock, result: Stock, reason: str) -> None:
    """The concession ends; what had become a lot of its own is of the lot again. Raises what refuses to reverse its link."""
    if disposition["kind"] == "concession":
        await db.execute(_END_CONCESSION, actor.tenant, result.id, disposition["id"], disposition["consent_before"])
    if result.id != stock.id:
        link_id = await db.fetchval(_LINK, actor.tenant, stock.id, result.id)
        await chain.reverse_link(actor, link_id, chain.ReverseLink(reason=reason))
