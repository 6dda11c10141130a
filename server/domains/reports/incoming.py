"""来料检验单: what came, from whom, what was found of it, and what became of it. For the plant itself: all limits."""

from uuid import UUID

from server.domains import quality
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.problems import NothingToReport
from server.domains.reports.record_parts import record_blocks
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words


async def gather(tenant_id: UUID, lot_id: UUID, words: Words) -> Gathered:
    """Raises NothingToReport where the lot has neither an inspection nor a file of its supplier."""
    lot = await sources.lot_row(tenant_id, lot_id)
    recorded = await sources.records_of_lot(tenant_id, lot_id, ["material"], words)
    attached = (await quality.lot_attachments(tenant_id, [lot_id])).get(lot_id, [])
    if not recorded.rows and not attached:
        raise NothingToReport(field="subject_id")
    decided = await sources.decision(tenant_id, lot_id)
    sheet = facts.IncomingInspection(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        delivery=sources.delivery_facts(lot, words),
        records=recorded.shown,
        files=[facts.File(name=each.title or each.file_name, digest=each.digest.hex()[:16]) for _, each in attached],
        disposition=words.word("disposition", lot["state"]),
        remarks=sources.remarks_of(decided, words),
        signers=sources.signers_of(recorded.rows, decided, words),
    )
    return Gathered(sheet, lot["lot_no"], recorded.secret)


def lay_out(sheet: facts.IncomingInspection, words: Words) -> list[blocks.Block]:
    label, lot, delivery = words.label, sheet.lot, sheet.delivery
    files = blocks.Table(
        [blocks.Column(label("file"), 0.6), blocks.Column(label("file_digest"), 0.4)],
        [[each.name, each.digest] for each in sheet.files],
    )
    attached: list[blocks.Block] = [blocks.Heading(words.say("part.files")), files] if sheet.files else []
    return [
        blocks.Grid([
            (label("material"), lot.product), (label("spec"), lot.spec),
            (label("own_lot_no"), lot.lot_no), (label("supplier_lot_no"), delivery.supplier_lot_no),
            (label("supplier"), delivery.supplier), (label("supplier_contact"), delivery.supplier_contact),
            (label("supplier_address"), delivery.supplier_address), (label("received_on"), delivery.received_on),
            (label("quantity"), lot.quantity), (label("standard"), lot.standard),
            (label("purchase_order"), delivery.purchase_order), (label("delivery_note"), delivery.delivery_note),
            (label("produced_on"), lot.produced_on), (label("expires_on"), lot.expires_on),
        ]),
        *record_blocks(sheet.records, words),
        *attached,
        blocks.Conclusion(label("disposition"), sheet.disposition),
        *[blocks.Note(each) for each in company_notes(sheet.company, "", sheet.remarks, words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
    ]  # fmt: skip
