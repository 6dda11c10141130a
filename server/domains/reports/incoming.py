"""来料检验单: what came, from whom, what was found of it, and what became of it. For the plant itself: all limits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.domains import quality
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.problems import NothingToReport
from server.domains.reports.record_parts import record_blocks
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words

# What was inspected on receipt of these goods, the first first; and by what the records of this stage or these inspections are.
_INSPECTIONS = """
SELECT i.id, p.name AS plan, i.quantity, i.unit, i.accepted, i.rejected, i.pending, i.sampling::text AS sampling, i.state, i.verdict, i.reason,
       v.sampling ->> 'aql' AS aql, v.sampling ->> 'level' AS level, i.done_at,
       (SELECT sum(x.sample_size) FROM inspection_result x WHERE x.tenant_id = $1 AND x.inspection_id = i.id) AS sample_size,
       (SELECT sum(x.defectives) FROM inspection_result x WHERE x.tenant_id = $1 AND x.inspection_id = i.id) AS defectives,
       ARRAY(SELECT x.record_id FROM inspection_result x WHERE x.tenant_id = $1 AND x.inspection_id = i.id) AS records
FROM inspection i JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
JOIN inspection_plan_version v ON v.tenant_id = i.tenant_id AND v.id = i.plan_version_id
WHERE i.tenant_id = $1 AND i.lot_id = ANY($2::uuid[]) AND i.trigger = 'receipt' ORDER BY i.due_from, i.id
"""
_RECORDS = """
SELECT r.id FROM record r WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[]) AND (r.stage = 'material' OR r.id = ANY($3::uuid[]))
  AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id)
"""


async def gather(tenant_id: UUID, lot_id: UUID, words: Words) -> Gathered:
    """Raises NothingToReport where the lot has neither an inspection nor a file of its supplier."""
    lot = await sources.lot_row(tenant_id, lot_id)
    lots = (await quality.speaking_lots(tenant_id, [lot_id]))[lot_id]
    inspections = [dict(row) for row in await db.fetch(_INSPECTIONS, tenant_id, lots)]
    done = [record_id for row in inspections for record_id in row["records"]]
    ids = [row["id"] for row in await db.fetch(_RECORDS, tenant_id, lots, done)]
    recorded = await sources.records(tenant_id, ids, words)
    attached = (await quality.lot_attachments(tenant_id, [lot_id])).get(lot_id, [])
    if not recorded.rows and not attached:
        raise NothingToReport(field="subject_id")
    decided = await sources.decision(tenant_id, lot_id)
    sheet = facts.IncomingInspection(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        delivery=sources.delivery_facts(lot, words),
        inspections=[_inspected(row, recorded.rows, words) for row in inspections],
        records=recorded.shown,
        files=[facts.File(name=each.title or each.file_name, digest=each.digest.hex()[:16]) for _, each in attached],
        disposition=words.word("disposition", lot["state"]),
        remarks=sources.remarks_of(decided, words),
        signers=sources.signers_of(recorded.rows, decided, words),
    )
    return Gathered(sheet, lot["lot_no"], recorded.secret)


def _inspected(row: Mapping[str, Any], records: Sequence[Mapping[str, Any]], words: Words) -> facts.Inspected:
    own = [each for each in records if each["id"] in row["records"]]
    again = row["reason"] != "receipt"
    known = row["quantity"] is not None
    amounts = {
        name: words.quantity(row[name] if known else None, row["unit"])
        for name in ("quantity", "accepted", "rejected", "pending")
    }
    return facts.Inspected(
        plan=words.beside(row["plan"], words.occasion(row["reason"])) if again else row["plan"], **amounts, sampling=_sampling(row, words),
        sample="" if row["sample_size"] is None else words.say("sample_found", size=row["sample_size"], bad=row["defectives"] or 0),
        verdict=words.word("verdict", row["verdict"]) if row["state"] == "done" else words.say("inspection_open"),
        inspectors=words.join(each["operator_name"] for each in own),
        checkers=words.join(each["checker_name"] for each in own), at=words.time(row["done_at"]),
    )  # fmt: skip


def _sampling(row: Mapping[str, Any], words: Words) -> str:
    """The plan of GB/T 2828.1 that decided it; every item where the sample would be the lot."""
    if row["aql"] is None:
        return ""
    level = {"aql": f"{Decimal(row['aql']):f}", "level": row["level"]}
    plan = None if row["sampling"] is None else db.loads(row["sampling"])
    if plan is None:
        return words.say("sampling_asked", **level)
    severity = words.word("severity", plan["severity"])
    if plan.get("whole"):
        return words.say("sampling_whole", **level, severity=severity)
    numbers = {"n": plan["sample_size"], "accept": plan["accept"], "reject": plan["reject"], "letter": plan["letter"]}
    return words.say("sampling_plan", **level, **numbers, severity=severity)


def _counts(inspections: Sequence[facts.Inspected], words: Words) -> list[blocks.Block]:
    """What came and what became of it; below by which plan and whom."""
    if not inspections:
        return []
    label = words.label
    head = ("inspected_quantity", "accepted_quantity", "rejected_quantity", "pending_quantity", "verdict")
    amounts = [blocks.Column(label("plan"), 0.25), *(blocks.Column(label(name), 0.15, "C") for name in head)]
    counted = [[e.plan, e.quantity, e.accepted, e.rejected, e.pending, e.verdict] for e in inspections]
    bad = frozenset(n for n, each in enumerate(inspections) if each.verdict == words.word("verdict", "fail"))
    widths = (("plan", 0.18), ("sampling", 0.32), ("sample", 0.16), ("inspectors", 0.17), ("checker", 0.17))
    how = [[e.plan, e.sampling, e.sample, e.inspectors, e.checkers] for e in inspections]
    return [
        blocks.Heading(words.say("part.inspected")),
        blocks.Table(amounts, counted, bad),
        blocks.Table([blocks.Column(label(name), width) for name, width in widths], how),
    ]


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
        *_counts(sheet.inspections, words),
        *record_blocks(sheet.records, words),
        *attached,
        blocks.Conclusion(label("disposition"), sheet.disposition),
        *[blocks.Note(each) for each in company_notes(sheet.company, "", sheet.remarks, words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
    ]  # fmt: skip
