"""出厂检验报告: what a lot was tested for, against what outsiders may know, and who let it go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core import db
from server.domains import chain, quality
from server.domains.quality import Limits, PublishedItem
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.problems import LotNotDecided, NothingToReport
from server.domains.reports.words import Words

_TESTERS = """
SELECT r.id, r.operator_name, coalesce(r.checker_name, k.checker_name) AS checker_name, r.captured_at, r.received_at, r.report_no
FROM record r LEFT JOIN record_check k ON k.tenant_id = r.tenant_id AND k.record_id = r.id
WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[]) ORDER BY r.received_at, r.id
"""


async def gather(tenant_id: UUID, lot_id: UUID, words: Words) -> Gathered:
    """Raises LotNotDecided before a decision, NothingToReport where nothing was tested."""
    lot = await sources.lot_row(tenant_id, lot_id)
    decided = await sources.decision(tenant_id, lot_id)
    if decided is None or lot["state"] == "pending":
        raise LotNotDecided(field="subject_id", lot_no=lot["lot_no"])
    items = await quality.published_items(tenant_id, lot_id)
    if not items:
        raise NothingToReport(field="subject_id")
    testers = [dict(row) for row in await db.fetch(_TESTERS, tenant_id, list({item.record_id for item in items}))]
    last = max(row["captured_at"] or row["received_at"] for row in testers)
    report = facts.TestReport(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        certificate_no=decided.certificates(words) if lot["state"] == "released" else "",
        tested_on=words.day(last),
        report_nos=words.join(row["report_no"] for row in testers),
        items=[_item(number, item, words) for number, item in enumerate(items, 1)],
        conclusion=_conclusion(lot, items, words, urgent=decided.urgent),
        remarks=[*sources.remarks_of(decided, words), *await _stops(tenant_id, lot_id, words)],
        signers=sources.signers_of(testers, decided, words),
    )
    return Gathered(report, lot["lot_no"], confidential=False)


async def _stops(tenant_id: UUID, lot_id: UUID, words: Words) -> list[str]:
    """A report made of goods that are stopped says so, not why."""
    rows = await chain.queries.holds(tenant_id, [lot_id], open_only=True)
    kinds = dict.fromkeys(words.word("hold", row["kind"]) for row in rows)
    return [words.say("remark.stopped", kinds=words.join(kinds))] if kinds else []


def _item(number: int, item: PublishedItem, words: Words) -> facts.Item:
    limits = Limits(legal=item.legal, customer=item.customer)
    return facts.Item(
        no=str(number),
        name=words.named({"name": item.name, "name_en": item.name_en}),
        unit=words.unit(item.unit),
        requirement=words.limits(limits, None, item.choices_en),
        result=words.result(item.result, None, item.choices_en),
        method=item.method or "",
        verdict=words.word("verdict", item.verdict) if limits.sets() else "／",
    )


def _conclusion(lot: Mapping[str, Any], items: list[PublishedItem], words: Words, *, urgent: bool) -> str:
    """A pass only where every item that has a requirement meets it and the lot was let go; never while results of an
    urgent release are awaited."""
    demanded = [item for item in items if item.legal is not None or item.customer is not None]
    failed = [words.named({"name": item.name, "name_en": item.name_en}) for item in demanded if item.verdict == "fail"]
    standard = sources.standard_of(lot) or words.say("conclusion.stated")
    if failed:
        return words.say("conclusion.failed", items=words.join(failed))
    if lot["state"] == "rejected":
        return words.say("conclusion.rejected")
    if urgent:
        return words.say("conclusion.urgent")
    if not demanded or any(item.verdict != "pass" for item in demanded):
        return words.say("conclusion.not_judged")
    return words.say("conclusion.passed", standard=standard)


def lay_out(sheet: facts.TestReport, words: Words) -> list[blocks.Block]:
    label = words.label
    lot = sheet.lot
    return [
        blocks.Grid([
            (label("product"), lot.product), (label("spec"), lot.spec),
            (label("lot_no"), lot.lot_no), (label("brand"), lot.brand),
            (label("batch_size"), lot.quantity), (label("standard"), lot.standard),
            (label("produced_on"), lot.produced_on), (label("expires_on"), lot.expires_on),
            (label("tested_on"), sheet.tested_on), (label("certificate_no"), sheet.certificate_no),
        ]),
        blocks.Heading(words.say("part.items")),
        _table(sheet.items, words),
        blocks.Conclusion(label("conclusion"), sheet.conclusion),
        *[blocks.Note(each) for each in company_notes(sheet.company, sheet.report_nos, sheet.remarks, words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
    ]  # fmt: skip


def company_notes(company: facts.Company, report_nos: str, remarks: list[str], words: Words) -> list[str]:
    """What stands small below: whose sheet this is, and what is to be told beside it."""
    notes = [words.say("note.company", credit_code=company.credit_code, address=company.address or "／")]
    if company.licences:
        notes.append(words.say("note.licences", licences=company.licences))
    if report_nos:
        notes.append(words.say("note.report_nos", numbers=report_nos))
    return notes + remarks


def _table(items: list[facts.Item], words: Words) -> blocks.Table:
    label = words.label
    columns = [
        blocks.Column(label("no"), 0.07, "C"),
        blocks.Column(label("item"), 0.16),
        blocks.Column(label("unit"), 0.1, "C"),
        blocks.Column(label("requirement"), 0.27),
        blocks.Column(label("result"), 0.15, "C"),
        blocks.Column(label("method"), 0.15),
        blocks.Column(label("verdict"), 0.1, "C"),
    ]
    rows = [[each.no, each.name, each.unit, each.requirement, each.result, each.method, each.verdict] for each in items]
    bad = words.word("verdict", "fail")
    return blocks.Table(columns, rows, frozenset(n for n, each in enumerate(items) if each.verdict == bad))
