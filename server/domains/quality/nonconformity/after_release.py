"""Goods that were released, or packed, and then fail: outside the customer's limit, or in an inspection that had to be done. They stop
until that is answered."""

from collections.abc import Collection, Mapping
from uuid import UUID

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.quality.inspection.open import inspections_open
from server.domains.quality.nonconformity.calling_back import called_back
from server.domains.quality.nonconformity.failures import customer_failures
from server.domains.quality.nonconformity.law import not_reinspected

CUSTOMER, INSPECTION = "customer_limit:", "inspection:"
CAUSES = (CUSTOMER, INSPECTION)
"""How the causes of these holds begin; behind them stands the record, or the inspection."""
# The lots and all parts of the same goods; a package needs no release.
_GOING = """
WITH RECURSIVE below(lot) AS (
    SELECT l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT k.to_lot FROM below b JOIN link k ON k.tenant_id = $1 AND k.from_lot = b.lot
    WHERE k.kind IN ('split', 'merged') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT b.lot FROM below b JOIN lot l ON l.tenant_id = $1 AND l.id = b.lot WHERE l.state = 'released' OR l.kind = 'package'
"""
_HELD = """
SELECT h.lot_id, h.cause, l.state = 'released' OR l.kind = 'package' AS goes FROM hold h
JOIN lot l ON l.tenant_id = $1 AND l.id = h.lot_id
WHERE h.tenant_id = $1 AND h.closed_at IS NULL AND h.cause LIKE ANY ($3::text[]) AND h.cause IN (
    SELECT cause FROM hold WHERE tenant_id = $1 AND closed_at IS NULL AND lot_id = ANY($2::uuid[]))
ORDER BY h.lot_id, h.cause
"""
_LIKE = [f"{cause}%" for cause in CAUSES]


async def stop_outside_customers_limit(actor: Actor, record_lots: Mapping[UUID, UUID]) -> None:
    """The customer's limit failed after all (record -> lot): what of these goods is released or packed is stopped, unless
    something answers for it. Takes the graph's lock first, so that no release made meanwhile is missed."""
    if not record_lots:
        return
    await chain.lock_graph(actor.tenant)
    failing = await _outside_limit(actor.tenant, await _going(actor.tenant, set(record_lots.values())))
    told = {f"{CUSTOMER}{record_id}" for record_id in record_lots}
    await _hold(actor, {cause: lots for cause, lots in failing.items() if cause in told})


async def stop_rejected(actor: Actor, lot_ids: Collection[UUID]) -> None:
    """Inspections of these goods failed, or rejected some of them: what would bar a release stops what is released or packed."""
    if not lot_ids:
        return
    await chain.lock_graph(actor.tenant)
    await _hold(actor, await _rejected(actor.tenant, await _going(actor.tenant, lot_ids)))


async def stop_what_fails_still(actor: Actor, lot_ids: Collection[UUID], said_by: UUID) -> None:
    """What had answered for a failure of these goods, or of what they came from, was taken back (`said_by`: the record or
    disposition): what of them is released or packed is stopped again, reworked goods too that nothing passes any more."""
    await chain.lock_graph(actor.tenant)
    going = await _going(actor.tenant, lot_ids)
    failing = await _outside_limit(actor.tenant, going) | await _rejected(actor.tenant, going)
    if unpassed := await not_reinspected(actor.tenant, going):
        failing.setdefault(f"{CUSTOMER}{said_by}", []).extend(unpassed)
    await _hold(actor, failing)


async def _going(tenant_id: UUID, lot_ids: Collection[UUID]) -> list[UUID]:
    """Of these lots and all parts of the same goods those that leave without another signature."""
    return [row["lot"] for row in await db.fetch(_GOING, tenant_id, list(lot_ids))]


async def _outside_limit(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[str, list[UUID]]:
    """By cause, the record that nothing answers, the lots that it speaks of."""
    found: dict[str, list[UUID]] = {}
    for lot_id, failures in (await customer_failures(tenant_id, lot_ids)).items():
        for failure in failures:
            found.setdefault(f"{CUSTOMER}{failure.record_id}", []).append(lot_id)
    return found


async def _rejected(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[str, list[UUID]]:
    """By cause, the inspection that had to be done, the lots that it failed or of which it rejected what is among them still. One
    before a shipment stops that shipment by itself; goods that were called back for their own results stop for that already."""
    found: dict[str, list[UUID]] = {}
    own = set(lot_ids) - await called_back(tenant_id, lot_ids)
    for lot_id, inspections in (await inspections_open(tenant_id, own)).items():
        for each in inspections:
            if each.rejecting and each.mandatory and each.trigger != "before_shipment":
                found.setdefault(f"{INSPECTION}{each.inspection_id}", []).append(lot_id)
    return found


async def _hold(actor: Actor, failing: Mapping[str, Collection[UUID]]) -> None:
    """Stop lots, by what fails."""
    for cause, lots in failing.items():
        key = "customer_hold" if cause.startswith(CUSTOMER) else "inspection_hold"
        reason = text(f"nonconformity.{key}", actor.language)
        await chain.open_holds(actor, list(lots), kind="quarantined", cause=cause, reason=reason)


async def stopped_by_failure(tenant_id: UUID, lot_id: UUID) -> bool:
    """Whether such a failure stops these goods: a result may then end it, under the graph's lock."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM hold WHERE tenant_id = $1 AND lot_id = $2 AND closed_at IS NULL AND cause LIKE ANY ($3::text[]))",
            tenant_id, lot_id, _LIKE,
        )
    )  # fmt: skip


async def end_answered(
    actor: Actor, lot_ids: Collection[UUID], *, signed: bool, reason: str | None = None
) -> set[tuple[UUID, str]]:
    """What stopped these lots, and others for the same cause, ends where it is answered. Not `signed`: only for goods that
    wait for their release, and so for a signature. The holds that ended, as (lot, cause)."""
    held = await db.fetch(_HELD, actor.tenant, list(lot_ids), _LIKE)
    waiting = {row["lot_id"] for row in held if signed or not row["goes"]}
    if not waiting:
        return set()
    failing = await _outside_limit(actor.tenant, waiting) | await _rejected(actor.tenant, waiting)
    reworked = await not_reinspected(actor.tenant, waiting)
    why = reason or text("nonconformity.customer_answered", actor.language)
    freed: set[tuple[UUID, str]] = set()
    for row in held:
        lot_id, cause = row["lot_id"], row["cause"]
        if lot_id in waiting and lot_id not in reworked and lot_id not in failing.get(cause, ()):
            await chain.close_holds(actor, cause, why, only=lot_id)
            freed.add((lot_id, cause))
    return freed
