"""退货单: what goes back to whom, why, and who took it; for the supplier and the guard at the gate."""

from uuid import UUID

from server.core import db
from server.domains import chain
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words

# Why the goods go back was said when that was decided; what was said as they left is another thing.
_DECIDED = """
SELECT n.defect, d.reason FROM disposition d
JOIN nonconformity n ON n.tenant_id = d.tenant_id AND n.id = d.nonconformity_id
WHERE d.tenant_id = $1 AND d.id = $2
"""


async def gather(tenant_id: UUID, return_id: UUID, words: Words) -> Gathered:
    """Raises NotFound."""
    row = await chain.supplier_return(tenant_id, return_id)
    lot = await sources.lot_row(tenant_id, row["lot_id"])
    decided = await db.fetchrow(_DECIDED, tenant_id, row["disposition_id"])
    assert decided is not None
    sheet = facts.SupplierReturn(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        delivery=sources.delivery_facts(lot, words),
        return_no=row["number"],
        supplier=row["supplier_name"],
        quantity=words.quantity(row["quantity"], row["unit"]),
        reason=words.clauses((decided["defect"], decided["reason"])),
        remark="" if row["reason"] == decided["reason"] else row["reason"],
        case_no=row["case_no"],
        carrier=row["carrier"] or "",
        vehicle=row["vehicle"] or "",
        left=words.time(row["left_at"]),
        signers=[
            sources.signer(words, "sent", row["creator_name"], words.day(row["left_at"])),
            sources.signer(words, "carried", ""),
            sources.signer(words, "received", row["receiver"], words.day(row["left_at"]) if row["receiver"] else ""),
        ],
    )
    return Gathered(sheet, row["number"], confidential=False)


def lay_out(sheet: facts.SupplierReturn, words: Words) -> list[blocks.Block]:
    label, lot, delivery = words.label, sheet.lot, sheet.delivery
    return [
        blocks.Grid([
            (label("supplier"), sheet.supplier), (label("return_no"), sheet.return_no),
            (label("material"), lot.product), (label("spec"), lot.spec),
            (label("own_lot_no"), lot.lot_no), (label("supplier_lot_no"), delivery.supplier_lot_no),
            (label("received_on"), delivery.received_on), (label("purchase_order"), delivery.purchase_order),
            (label("delivery_note"), delivery.delivery_note), (label("case_no"), sheet.case_no),
            (label("carrier"), sheet.carrier), (label("vehicle"), sheet.vehicle),
            (label("departed"), sheet.left), (label("returned_quantity"), sheet.quantity),
        ]),
        blocks.Conclusion(label("return_reason"), sheet.reason),
        *[blocks.Note(each) for each in company_notes(sheet.company, "", _remarks(sheet, words), words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
    ]  # fmt: skip


def _remarks(sheet: facts.SupplierReturn, words: Words) -> list[str]:
    return [words.say("remark.left", remark=sheet.remark)] if sheet.remark else []
