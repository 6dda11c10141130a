"""The review of what failed (MRB): who must sign, what is proposed, and the signatures that let it take effect."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import audit, permissions_of, verify_password
from server.domains.chain.stock.goods import Stock
from server.domains.chain.stock.quantities import converted, plain
from server.domains.chain.values import expires
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.carrying import assert_consent, grant
from server.domains.quality.nonconformity.commands import (
    NewDisposition,
    ReviewRule,
    SignDisposition,
    WithdrawDisposition,
)  # fmt: skip
from server.domains.quality.nonconformity.opening import locked, locked_disposition
from server.domains.quality.nonconformity.packages import assert_one_content, assert_within_law, supplier_of
from server.domains.quality.nonconformity.rules import MAKES_ANEW, Needed, Signature, still_needed, takes_part

_RULE = """
SELECT * FROM review_rule WHERE tenant_id = $1 AND (product_id = $2 OR product_id IS NULL) ORDER BY product_id NULLS LAST LIMIT 1
"""
_SET_RULE = """
INSERT INTO review_rule (tenant_id, id, product_id, roles, people, customer_consent) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, product_id) DO UPDATE
SET roles = excluded.roles, people = excluded.people, customer_consent = excluded.customer_consent RETURNING id
"""
# What dispositions take care of: what they did, or shall do as far as they still may.
_PLANNED = """
SELECT coalesce(sum(coalesce(accounted, quantity)), 0) FROM disposition
WHERE tenant_id = $1 AND nonconformity_id = $2 AND state NOT IN ('refused', 'withdrawn')
"""
_PROPOSE = """
INSERT INTO disposition (tenant_id, id, nonconformity_id, kind, quantity, unit, reason, product_id, expires_at, customer_id,
    consent_attachment_id, needs_people, needs_roles, proposed_by, proposer_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_SIGN = """
INSERT INTO disposition_signature (tenant_id, id, disposition_id, decision, signer_id, signer_name, roles, remark)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def set_review_rule(actor: Actor, command: ReviewRule) -> UUID:
    """Say who signs from now on; what is proposed already keeps the rule it was proposed under. Raises NotFound."""
    if command.product_id is not None and not await db.fetchval(
        "SELECT true FROM product WHERE tenant_id = $1 AND id = $2", actor.tenant, command.product_id
    ):
        raise NotFound(field="product_id")
    before = await db.fetchrow(
        "SELECT roles, people, customer_consent FROM review_rule WHERE tenant_id = $1 AND product_id IS NOT DISTINCT FROM $2",
        actor.tenant, command.product_id,
    )  # fmt: skip
    rule_id: UUID = await db.fetchval(
        _SET_RULE, actor.tenant, new_id(), command.product_id, command.roles, command.people, command.customer_consent
    )
    said = dict(before) if before else ReviewRule().model_dump(exclude={"product_id"})
    await audit.record(
        actor, "review_rule.changed", "review_rule", rule_id, before=said, after=command.model_dump(mode="json")
    )
    return rule_id


async def review_rules(tenant_id: UUID) -> list[ReviewRule]:
    """The rule for every product first, then those of single products. Without one, one more person signs."""
    rows = await db.fetch(
        "SELECT product_id, roles, people, customer_consent FROM review_rule WHERE tenant_id = $1"
        " ORDER BY product_id NULLS FIRST",
        tenant_id,
    )
    found = [ReviewRule.model_construct(**dict(row)) for row in rows]
    return found if found and found[0].product_id is None else [ReviewRule(), *found]


async def propose_disposition(actor: Actor, nonconformity_id: UUID, command: NewDisposition) -> UUID:
    """Propose what shall become of the goods. Raises LegalLimitFailed, MoreThanNonconforming, ConsentNeeded,
    ConcessionInThePast, ConsentOfAnother, NoSupplier, SameProduct."""
    nonconformity = await locked(actor.tenant, nonconformity_id)
    stock = await chain.lock_stock(actor.tenant, nonconformity["lot_id"])
    await assert_within_law(actor.tenant, command.kind, stock, "kind")
    rule = await db.fetchrow(_RULE, actor.tenant, stock.product_id) or ReviewRule().model_dump()
    await _check_kind(actor.tenant, nonconformity, stock, command, rule["customer_consent"])
    quantity = await _quantity(actor.tenant, nonconformity, stock, command)
    disposition_id = new_id()
    await db.execute(
        _PROPOSE, actor.tenant, disposition_id, nonconformity_id, command.kind, quantity, nonconformity["unit"], command.reason,
        command.product_id, expires(command.expires_at), command.customer_id, command.consent_attachment_id, rule["people"],
        rule["roles"], actor.id, actor.name,
    )  # fmt: skip
    after = command.model_dump(mode="json", exclude_none=True) | {
        "quantity": quantity,
        "disposition_id": disposition_id,
    }
    await audit.record(actor, "disposition.proposed", "nonconformity", nonconformity_id, after=after)
    return disposition_id


async def _check_kind(
    tenant_id: UUID, nonconformity: asyncpg.Record, stock: Stock, command: NewDisposition, consent: bool
) -> None:
    if command.kind == "concession":
        if consent and command.customer_id is None:
            raise problems.ConsentNeeded(field="customer_id")
        assert_consent(stock, command.customer_id)
        end = expires(command.expires_at)
        if end is not None and end <= now():
            raise problems.ConcessionInThePast(field="expires_at")
    if command.kind == "downgrade" and command.product_id == stock.product_id:
        raise problems.SameProduct(field="product_id")
    if command.kind == "return":
        await supplier_of(tenant_id, nonconformity, stock, "kind")
    if command.kind in MAKES_ANEW:
        assert_one_content(stock, "kind")


async def _quantity(tenant_id: UUID, nonconformity: asyncpg.Record, stock: Stock, command: NewDisposition) -> Decimal:
    """What of the goods it is about, in the nonconformity's unit; all that nothing else is planned for where not said."""
    planned = await db.fetchval(_PLANNED, tenant_id, nonconformity["id"])
    left: Decimal = nonconforming(nonconformity, stock) - planned
    wanted = left if command.quantity is None else converted(command.quantity, command.unit or stock.unit or "", stock)
    if stock.kind == "package" and wanted != nonconformity["quantity"]:
        raise chain.problems.OnePiece(field="quantity", lot_no=stock.lot_no)
    if wanted <= 0 or wanted > left:
        raise problems.MoreThanNonconforming(field="quantity", left=plain(left), unit=nonconformity["unit"])
    return wanted


def nonconforming(nonconformity: asyncpg.Record, stock: Stock) -> Decimal:
    """The quantity to account for: as stated when it was opened, corrected by what physical counts found since."""
    quantity: Decimal = nonconformity["quantity"] + stock.difference - nonconformity["counted_before"]
    return quantity


async def sign_disposition(actor: Actor, disposition_id: UUID, command: SignDisposition) -> Needed:
    """Sign, with the password; what the review still lacks. Raises NotFound, WrongPassword, SignerHasNoPart, SignedAlready."""
    if not await db.fetchval(
        "SELECT true FROM disposition WHERE tenant_id = $1 AND id = $2", actor.tenant, disposition_id
    ):
        raise NotFound
    await verify_password(actor, command.password)
    return await add_signature(actor, disposition_id, command.decision, command.remark)


async def add_signature(actor: Actor, disposition_id: UUID, decision: str, remark: str | None = None) -> Needed:
    """The signature without asking for the password: for callers who hold it. The one that completes the review lets the
    disposition take effect, a concession at once."""
    disposition, nonconformity = await locked_disposition(actor.tenant, disposition_id)
    if disposition["state"] != "proposed":
        raise problems.DispositionNotOpen
    disposing = "quality.dispose" in actor.permissions
    if actor.id is None or not takes_part(actor.roles, disposing, disposition["needs_roles"]):
        raise problems.SignerHasNoPart
    await db.execute(
        _SIGN, actor.tenant, new_id(), disposition_id, decision, actor.id, actor.name, sorted(actor.roles), remark
    )
    needed = await needed_of(actor.tenant, disposition)
    after = {"disposition_id": disposition_id, "decision": decision, "remark": remark, "complete": needed.complete}
    await audit.record(actor, "disposition.signed", "nonconformity", nonconformity["id"], after=after)
    if decision == "refuse":
        await _set_state(actor.tenant, disposition_id, "refused")
    elif needed.complete:
        await _approve(actor, disposition, nonconformity)
    return needed


async def needed_of(tenant_id: UUID, disposition: asyncpg.Record) -> Needed:
    """What the review of this disposition lacks."""
    rows = await db.fetch(
        "SELECT signer_id, roles FROM disposition_signature WHERE tenant_id = $1 AND disposition_id = $2 AND decision = 'approve'",
        tenant_id, disposition["id"],
    )  # fmt: skip
    signatures = [signature_of(row) for row in rows]
    return still_needed(
        disposition["needs_people"], disposition["needs_roles"], signatures, disposition["proposed_by"],
        concession=disposition["kind"] == "concession",
    )  # fmt: skip


def signature_of(row: asyncpg.Record) -> Signature:
    """A signature with what its signer might do then."""
    roles = frozenset(row["roles"])
    return Signature(row["signer_id"], roles, "quality.dispose" in permissions_of(roles))


async def _approve(actor: Actor, disposition: asyncpg.Record, nonconformity: asyncpg.Record) -> None:
    stock = await chain.lock_stock(actor.tenant, nonconformity["lot_id"])
    await assert_within_law(actor.tenant, disposition["kind"], stock)
    await db.execute(
        "UPDATE disposition SET state = 'approved', approved_at = now(), approver_id = $3, approver_name = $4"
        " WHERE tenant_id = $1 AND id = $2",
        actor.tenant, disposition["id"], actor.id, actor.name,
    )  # fmt: skip
    if disposition["kind"] == "concession":
        await grant(actor, disposition, nonconformity)


async def withdraw_disposition(actor: Actor, disposition_id: UUID, command: WithdrawDisposition) -> None:
    """Take back what was proposed or approved and not done. Raises DispositionNotOpen."""
    disposition, nonconformity = await locked_disposition(actor.tenant, disposition_id)
    if disposition["state"] not in ("proposed", "approved"):
        raise problems.DispositionNotOpen
    await _set_state(actor.tenant, disposition_id, "withdrawn")
    after = {"disposition_id": disposition_id, "reason": command.reason}
    await audit.record(actor, "disposition.withdrawn", "nonconformity", nonconformity["id"], after=after)


async def _set_state(tenant_id: UUID, disposition_id: UUID, state: str) -> None:
    await db.execute(
        "UPDATE disposition SET state = $3 WHERE tenant_id = $1 AND id = $2", tenant_id, disposition_id, state
    )


async def signatures_of(tenant_id: UUID, disposition_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Every signature of these dispositions in the order they were given."""
    return await db.fetch(
        "SELECT * FROM disposition_signature WHERE tenant_id = $1 AND disposition_id = ANY($2::uuid[]) ORDER BY id",
        tenant_id, list(disposition_ids),
    )  # fmt: skip
