"""What was decided is done: each disposition drives the chain, and what it made is inspected again."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.domains import chain
from server.domains.access import audit
from server.domains.chain.stock.goods import ZERO, Stock
from server.domains.chain.stock.quantities import plain
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.after_release import end_answered
from server.domains.quality.nonconformity.commands import CarryOut
from server.domains.quality.nonconformity.law import not_reinspected, sorted_without_inspection
from server.domains.quality.nonconformity.opening import cause_of, locked_disposition
from server.domains.quality.nonconformity.packages import (
    assert_within_law,
    only_content,
    open_for_sorting,
    supplier_of,
    take_all_apart,
)
from server.domains.quality.nonconformity.rules import FATES, INSPECTED_AGAIN, NEEDS_EVIDENCE

_DONE = """
UPDATE disposition SET state = 'carried_out', carried_out_at = now(), carried_out_by = $3, carried_out_name = $4, accounted = $5,
    result_lot_id = $6, detail = $7 WHERE tenant_id = $1 AND id = $2
"""
_FILES = (
    "INSERT INTO disposition_attachment (tenant_id, disposition_id, attachment_id) SELECT $1, $2, unnest($3::uuid[])"
)
_CONSENT_BEFORE = """
UPDATE disposition SET consent_before = (SELECT conceded_customer_id FROM lot WHERE tenant_id = $1 AND id = $3)
WHERE tenant_id = $1 AND id = $2
"""
_CONCEDE = """
UPDATE lot SET concession_id = $3, conceded_until = $4, conceded_quantity = used_quantity + $5,
    conceded_customer_id = coalesce(conceded_customer_id, $6)
WHERE tenant_id = $1 AND id = $2
"""

# Goods of the lot that lie in packages: they were never among what is conceded of what is left of it.
_IN_PACKAGES = """
SELECT EXISTS (SELECT FROM link k WHERE k.tenant_id = $1 AND k.from_lot = $2 AND k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
               AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id))
"""


async def carry_out(actor: Actor, disposition_id: UUID, command: CarryOut) -> UUID | None:
    """Do what was approved; the lot it made. Raises DispositionNotApproved, EvidenceNeeded, GoodQuantityNeeded,
    LegalLimitFailed, and what refuses the chain's part of it."""
    disposition, nonconformity = await locked_disposition(actor.tenant, disposition_id)
    if disposition["state"] != "approved":
        raise problems.DispositionNotApproved
    kind, stock = disposition["kind"], await chain.lock_stock(actor.tenant, nonconformity["lot_id"])
    await assert_within_law(actor.tenant, kind, stock)
    if kind in NEEDS_EVIDENCE and not command.attachment_ids:
        raise problems.EvidenceNeeded(field="attachment_ids")
    await _attach(actor.tenant, disposition["id"], command.attachment_ids)
    accounted: Decimal = disposition["quantity"]
    result: UUID | None = None
    if kind in FATES:
        await _remove(actor, disposition, nonconformity, stock, command)
    elif kind == "sort" and stock.kind == "package":
        await open_for_sorting(actor, nonconformity, stock, command.detail or disposition["reason"])
    elif kind == "sort":
        accounted = _good(disposition, command)
        result = await _part(actor, nonconformity, stock, accounted, command.lot_no, "H") if accounted else None
    else:
        result = await _rework(actor, disposition, nonconformity, stock, command)
    await _done(actor, disposition, nonconformity, accounted, result, command.detail)
    return result


async def _attach(tenant_id: UUID, disposition_id: UUID, files: list[UUID]) -> None:
    known = await db.fetchval(
        "SELECT count(*) FROM attachment WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, files
    )
    if known != len(set(files)):
        raise NotFound(field="attachment_ids")
    await db.execute(_FILES, tenant_id, disposition_id, sorted(set(files)))


async def _done(
    actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record, accounted: Decimal, result: UUID | None,
    detail: str | None,
) -> None:  # fmt: skip
    await db.execute(
        _DONE, actor.tenant, disposition["id"], actor.id, actor.name, accounted, result, detail
    )  # fmt: skip
    touched = {nonconformity["lot_id"], nonconformity["from_lot_id"], result} - {None}
    await end_answered(actor, touched, signed=True)
    after = {"disposition_id": disposition["id"], "kind": disposition["kind"], "accounted": accounted, "lot_id": result}
    await audit.record(actor, "disposition.carried_out", "nonconformity", nonconformity["id"], after=after)


async def _remove(
    actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record, stock: Stock, command: CarryOut
) -> None:
    """Scrapped, destroyed or returned: the goods leave the books, a package with all that is in it, what is returned under
    a number of its own."""
    fate: Any = FATES[disposition["kind"]]
    cause, reason = cause_of(nonconformity["id"]), command.detail or disposition["reason"]
    supplier = await supplier_of(actor.tenant, nonconformity, stock) if fate == "returned" else None
    if stock.kind == "package":
        for inside in await take_all_apart(actor, nonconformity, stock, reason):
            await _scrap_all(actor, inside, nonconformity["defect"], reason, cause, fate)
    scrap = chain.ScrapLot(
        quantity=disposition["quantity"], unit=disposition["unit"], defect=nonconformity["defect"][:80],
        reason=reason,
    )  # fmt: skip
    if supplier is not None:
        leaving = chain.Leaving(command.carrier, command.vehicle, command.receiver, command.left_at)
        await chain.return_to_supplier(actor, stock.id, supplier, disposition["id"], scrap, leaving, cause=cause)
        return
    await chain.scrap_lot(actor, stock.id, scrap, cause=cause, fate=fate)


async def _scrap_all(actor: Actor, stock: Stock, defect: str, reason: str, cause: str, fate: Any) -> None:
    """All of what lay in a package goes its way; it was shown to be something when it was taken out."""
    assert stock.left is not None
    scrap = chain.ScrapLot(quantity=stock.left, unit=stock.unit, defect=defect[:80], reason=reason)
    await chain.scrap_lot(actor, stock.id, scrap, cause=cause, fate=fate)


async def _rework(
    actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record, stock: Stock, command: CarryOut
) -> UUID:
    """Reworked, repaired or downgraded: a new lot that waits for an inspection and a release of its own."""
    quantity, unit = disposition["quantity"], disposition["unit"]
    if stock.kind == "package":
        stock = await only_content(actor, nonconformity, stock, command.detail or disposition["reason"])
        assert stock.left is not None
        quantity, unit = stock.left, stock.unit
    product_id = disposition["product_id"] or stock.product_id
    mark = "J" if disposition["kind"] == "downgrade" else "FX"
    rework = chain.ReworkLot(
        kind="repaired" if disposition["kind"] == "repair" else "reworked",
        lot_no=command.lot_no or await chain.free_number(actor.tenant, stock, mark, product_id),
        quantity=quantity, unit=unit, quantity_out=command.quantity_out, product_id=product_id,
        operation_id=command.operation_id, remark=disposition["reason"],
    )  # fmt: skip
    return await chain.rework_lot(actor, stock.id, rework, cause=cause_of(nonconformity["id"]))


def _good(disposition: asyncpg.Record, command: CarryOut) -> Decimal:
    """What was found good of what was sorted; the rest stays stopped and is disposed of otherwise."""
    good = command.good_quantity
    if good is None or good > disposition["quantity"]:
        raise problems.GoodQuantityNeeded(
            field="good_quantity", quantity=plain(disposition["quantity"]), unit=disposition["unit"]
        )  # fmt: skip
    return good


async def _part(
    actor: Actor, nonconformity: asyncpg.Record, stock: Stock, quantity: Decimal, lot_no: str | None, mark: str
) -> UUID:
    """A part with another fate is a lot of its own; it stays stopped for now."""
    part = chain.SplitLot(
        lot_no=lot_no or await chain.free_number(actor.tenant, stock, mark), quantity=quantity, unit=stock.unit
    )  # fmt: skip
    return await chain.split_lot(actor, stock.id, part, cause=cause_of(nonconformity["id"]), unnamed=True)


def assert_consent(stock: Stock, customer_id: UUID | None) -> None:
    """Raises ConsentOfAnother where an earlier concession of these goods holds for another customer alone."""
    earlier = stock.concession
    if customer_id is not None and earlier is not None and earlier.customer_id not in (None, customer_id):
        raise problems.ConsentOfAnother(
            field="customer_id", lot_no=stock.lot_no, customer=earlier.customer_name or ""
        )  # fmt: skip


async def grant(actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record) -> None:
    """A signed concession takes effect: the conceded quantity, as a lot of its own, may be used until the concession
    ends, as far as nothing else stops it. Raises ConsentOfAnother where an earlier one holds for another customer alone."""
    if disposition["expires_at"] <= now():
        raise problems.ConcessionInThePast
    stock = await chain.lock_stock(actor.tenant, nonconformity["lot_id"])
    assert_consent(stock, disposition["customer_id"])
    in_packages = await db.fetchval(_IN_PACKAGES, actor.tenant, stock.id)
    whole = stock.is_piece_of_lot or (stock.left == disposition["quantity"] and not in_packages)
    quantity = disposition["quantity"]
    lot_id = stock.id if whole else await _part(actor, nonconformity, stock, quantity, None, "TC")
    allowed = ZERO if stock.is_piece_of_lot else quantity
    await db.execute(_CONSENT_BEFORE, actor.tenant, disposition["id"], lot_id)
    await db.execute(
        _CONCEDE,
        actor.tenant,
        lot_id,
        disposition["id"],
        disposition["expires_at"],
        allowed,
        disposition["customer_id"],
    )
    await _done(actor, disposition, nonconformity, quantity, lot_id, None)
    reason = text("nonconformity.conceded", actor.language, number=nonconformity["number"])
    await chain.close_holds(actor, cause_of(nonconformity["id"]), reason, only=lot_id)


async def verify_disposition(actor: Actor, disposition_id: UUID) -> None:
    """What was made was inspected again and is good; a part sorted out is stopped no longer. Raises
    DispositionNotApproved where nothing was done yet, NotReinspected, which names what is missing."""
    await verify(actor, *await locked_disposition(actor.tenant, disposition_id))


async def verify(actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record) -> None:
    """The same under the locks."""
    if disposition["state"] != "carried_out" or disposition["kind"] not in INSPECTED_AGAIN:
        raise problems.DispositionNotApproved
    result = disposition["result_lot_id"]
    if result is not None:
        missing = await _missing(actor.tenant, disposition, nonconformity)
        if missing is not None:
            lot_no = await db.fetchval("SELECT lot_no FROM lot WHERE tenant_id = $1 AND id = $2", actor.tenant, result)
            raise problems.NotReinspected(lot_no=lot_no, names="、".join(missing))
        if disposition["kind"] == "sort":
            reason = text("nonconformity.sorted_good", actor.language, number=nonconformity["number"])
            await chain.close_holds(actor, cause_of(nonconformity["id"]), reason, only=result)
    await db.execute(
        "UPDATE disposition SET state = 'verified' WHERE tenant_id = $1 AND id = $2", actor.tenant, disposition["id"]
    )
    if result is not None:
        await end_answered(actor, [result], signed=True)
    after = {"disposition_id": disposition["id"], "lot_id": result}
    await audit.record(actor, "disposition.verified", "nonconformity", nonconformity["id"], after=after)


async def _missing(tenant_id: UUID, disposition: asyncpg.Record, nonconformity: asyncpg.Record) -> list[str] | None:
    result = disposition["result_lot_id"]
    if disposition["kind"] == "sort":
        return await sorted_without_inspection(tenant_id, result, nonconformity["lot_id"])
    return (await not_reinspected(tenant_id, [result])).get(result)
