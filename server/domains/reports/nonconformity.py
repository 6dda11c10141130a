"""不合格品处理单: what failed and how badly, who answers for it, what was decided, by whom, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.record_parts import items
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words

_NONCONFORMITY = """
SELECT n.*, s.name AS supplier, p.name AS step, f.lot_no AS from_lot_no FROM nonconformity n
LEFT JOIN supplier s ON s.tenant_id = n.tenant_id AND s.id = n.supplier_id
LEFT JOIN process_step p ON p.tenant_id = n.tenant_id AND p.id = n.step_id
LEFT JOIN lot f ON f.tenant_id = n.tenant_id AND f.id = n.from_lot_id
WHERE n.tenant_id = $1 AND n.id = $2
"""
_DISPOSITIONS = """
SELECT d.*, c.name AS customer, l.lot_no AS result_lot_no, l.state AS result_state, q.name AS product, b.number AS return_no,
       y.records AS result_records, y.fails AS result_fails
FROM disposition d
LEFT JOIN customer c ON c.tenant_id = d.tenant_id AND c.id = d.customer_id
LEFT JOIN lot l ON l.tenant_id = d.tenant_id AND l.id = d.result_lot_id
LEFT JOIN product q ON q.tenant_id = d.tenant_id AND q.id = d.product_id
LEFT JOIN lot_quality y ON y.tenant_id = d.tenant_id AND y.lot_id = d.result_lot_id
LEFT JOIN supplier_return b ON b.tenant_id = d.tenant_id AND b.disposition_id = d.id
WHERE d.tenant_id = $1 AND d.nonconformity_id = $2
  AND (d.state <> 'withdrawn' OR EXISTS (SELECT FROM disposition_signature s WHERE s.tenant_id = $1 AND s.disposition_id = d.id)) ORDER BY d.proposed_at, d.id
"""
_SIGNATURES = """
SELECT s.decision, s.signer_name, s.roles, s.remark, s.signed_at, d.kind FROM disposition_signature s
JOIN disposition d ON d.tenant_id = s.tenant_id AND d.id = s.disposition_id
WHERE s.tenant_id = $1 AND d.nonconformity_id = $2 ORDER BY s.signed_at, s.id
"""
_EVIDENCE = """
SELECT coalesce(a.title, a.file_name, f.name || coalesce(' ' || r.report_no, '')) AS name, r.id AS record_id
FROM nonconformity_evidence e
LEFT JOIN attachment a ON a.tenant_id = e.tenant_id AND a.id = e.attachment_id
LEFT JOIN record r ON r.tenant_id = e.tenant_id AND r.id = e.record_id
LEFT JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
LEFT JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE e.tenant_id = $1 AND e.nonconformity_id = $2 ORDER BY e.id
"""


async def gather(tenant_id: UUID, nonconformity_id: UUID, words: Words) -> Gathered:
    """Raises NotFound."""
    row = await db.fetchrow(_NONCONFORMITY, tenant_id, nonconformity_id)
    if row is None:
        raise NotFound(field="subject_id")
    lot = await sources.lot_row(tenant_id, row["lot_id"])
    dispositions = await db.fetch(_DISPOSITIONS, tenant_id, nonconformity_id)
    signatures = await db.fetch(_SIGNATURES, tenant_id, nonconformity_id)
    evidence = await db.fetch(_EVIDENCE, tenant_id, nonconformity_id)
    failing = [each["record_id"] for each in evidence if each["record_id"]] or [row["record_id"]]
    recorded = await sources.records(tenant_id, [each for each in dict.fromkeys(failing) if each], words)
    sheet = facts.Nonconformity(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        case_no=row["number"],
        from_lot_no=row["from_lot_no"] or "",
        found_at=words.time(row["opened_at"]),
        found_by=row["opener_name"],
        quantity=words.quantity(row["quantity"], row["unit"]),
        defect=row["defect"],
        defect_class=words.word("defect_class", row["defect_class"]),
        stage=words.word("stage", row["stage"]),
        party=words.join((words.word("party", row["party"]), row["supplier"], row["step"], row["carrier"])),
        cause=row["party_reason"] or "",
        evidence=words.join(each["name"] for each in evidence),
        dispositions=[_disposition(dict(each), words) for each in dispositions],
        reviews=[_review(dict(each), words) for each in signatures],
        items=[
            item for record in recorded.shown for item in record.items if item.verdict == words.word("verdict", "fail")
        ],
        state=words.word("case_state", row["state"]),
        closing=row["close_remark"] or "",
        signers=_signers(dict(row), [dict(each) for each in dispositions], words),
    )
    return Gathered(sheet, row["number"], recorded.secret)


def _disposition(row: Mapping[str, Any], words: Words) -> facts.Disposition:
    concession = ""
    if row["kind"] == "concession":
        concession = words.say("concession_until", until=words.last_day(row["expires_at"]))
        if row["customer"]:
            concession += words.say("consented", customer=row["customer"])
    done = words.join((row["carried_out_name"], words.time(row["carried_out_at"])))
    returned = row["return_no"] and words.say("returned_under", number=row["return_no"])
    result = words.join((row["detail"], *_result_lot(row, words), returned, _taken_back(row, words)))
    return facts.Disposition(
        kind=words.word("disposition_kind", row["kind"]),
        quantity=words.quantity(row["quantity"], row["unit"]),
        reason=words.join((row["reason"], row["product"], concession)),
        proposed=f"{row['proposer_name']} {words.time(row['proposed_at'])}",
        state=words.word("disposition_state", row["state"]),
        done=done,
        result=result,
    )


def _taken_back(row: Mapping[str, Any], words: Words) -> str:
    """Who took back what had been carried out, when and why."""
    if row["reversed_at"] is None:
        return ""
    at, name, reason = words.time(row["reversed_at"]), row["reverser_name"], row["reverse_reason"]
    return words.say("taken_back", name=name, at=at, reason=reason)


def _result_lot(row: Mapping[str, Any], words: Words) -> list[str]:
    """The lot that came of it, how it stands, and what its inspection after the work found."""
    if row["result_lot_no"] is None:
        return []
    found = [words.say("result_lot", lot_no=row["result_lot_no"]), words.word("state", row["result_state"])]
    if row["kind"] != "concession":
        records, fails = row["result_records"] or 0, row["result_fails"] or 0
        key = "reinspected_not" if not records else "reinspected_bad" if fails else "reinspected_good"
        found.append(words.say(key, records=records, fails=fails))
    return found


def _review(row: Mapping[str, Any], words: Words) -> facts.Review:
    return facts.Review(
        name=row["signer_name"],
        roles=words.join(words.word("person", role) for role in row["roles"]),
        decision=words.word("review", row["decision"]),
        about=words.word("disposition_kind", row["kind"]),
        remark=row["remark"] or "",
        at=words.time(row["signed_at"]),
    )


def _signers(row: Mapping[str, Any], dispositions: Sequence[Mapping[str, Any]], words: Words) -> list[facts.Signer]:
    standing = [each for each in dispositions if each["state"] != "withdrawn"]
    approved = [each for each in standing if each["approved_at"]]
    done = [each for each in standing if each["carried_out_at"]]
    return [
        sources.signer(words, "found", row["opener_name"], words.day(row["opened_at"])),
        _last(words, "approved", approved, "approver_name", "approved_at"),
        _last(words, "carried_out", done, "carried_out_name", "carried_out_at"),
        sources.signer(words, "closed", row["closer_name"], words.day(row["closed_at"])),
    ]


def _last(words: Words, role: str, rows: Sequence[Mapping[str, Any]], name: str, at: str) -> facts.Signer:
    latest = max((each[at] for each in rows), default=None)
    return sources.signer(words, role, words.join(each[name] for each in rows), words.day(latest))


def lay_out(sheet: facts.Nonconformity, words: Words) -> list[blocks.Block]:
    label, lot = words.label, sheet.lot
    decided = [blocks.Column(label(name), width) for name, width in (
        ("disposition_kind", 0.13), ("quantity", 0.12), ("reason", 0.25), ("proposed", 0.17), ("state", 0.1), ("outcome", 0.23),
    )]  # fmt: skip
    reviewed = [blocks.Column(label(name), width) for name, width in (
        ("name", 0.15), ("role", 0.18), ("about", 0.13), ("decision", 0.1), ("remark", 0.26), ("at", 0.18),
    )]  # fmt: skip
    found: list[blocks.Block] = [
        blocks.Grid([
            (label("product"), lot.product), (label("spec"), lot.spec),
            (label("lot_no"), lot.lot_no), (label("from_lot_no"), sheet.from_lot_no),
            (label("case_no"), sheet.case_no), (label("nonconforming_quantity"), sheet.quantity),
            (label("defect"), sheet.defect), (label("defect_class"), sheet.defect_class),
            (label("found_at"), sheet.found_at), (label("found_by"), sheet.found_by),
            (label("stage"), sheet.stage), (label("party"), sheet.party),
            (label("cause"), sheet.cause), (label("evidence"), sheet.evidence),
            (label("case_state"), sheet.state), (label("closing"), sheet.closing),
        ]),
    ]  # fmt: skip
    if sheet.items:
        found += [blocks.Heading(words.say("part.failed_items")), items(sheet.items, words)]
    rows = [
        [e.kind, e.quantity, e.reason, e.proposed, e.state, words.join((e.done, e.result))] for e in sheet.dispositions
    ]
    found += [blocks.Heading(words.say("part.dispositions")), blocks.Table(decided, rows or [[""] * len(decided)])]
    signed = [[e.name, e.roles, e.about, e.decision, e.remark, e.at] for e in sheet.reviews]
    found += [blocks.Heading(words.say("part.reviews")), blocks.Table(reviewed, signed or [[""] * len(reviewed)])]
    found += [blocks.Note(each) for each in company_notes(sheet.company, "", [], words)]
    return [*found, blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers])]
