"""首件记录 and 巡检记录: every check of one trigger on one lot, in time."""

from collections.abc import Sequence
from uuid import UUID

from server.core import db
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.problems import NothingToReport
from server.domains.reports.record_parts import round_blocks
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words

_ROUNDS = """
SELECT t.record_id, i.due_at, i.reason, p.name AS plan FROM inspection i
JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
JOIN inspection_result t ON t.tenant_id = i.tenant_id AND t.inspection_id = i.id
WHERE i.tenant_id = $1 AND i.lot_id = $2 AND i.trigger = ANY($3::text[])
  AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = t.tenant_id AND c.corrects = t.record_id)
"""
_MISSED = """
SELECT p.name AS plan, i.due_at FROM inspection i
JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
WHERE i.tenant_id = $1 AND i.lot_id = $2 AND i.trigger = ANY($3::text[]) AND i.state = 'open' AND i.due_at < now()
ORDER BY i.due_at, i.id
"""


async def first_piece(tenant_id: UUID, lot_id: UUID, words: Words) -> Gathered:
    return await _gather(tenant_id, lot_id, ["first_piece"], words)


async def patrol(tenant_id: UUID, lot_id: UUID, words: Words) -> Gathered:
    return await _gather(tenant_id, lot_id, ["hours", "pieces", "last_piece"], words)


async def _gather(tenant_id: UUID, lot_id: UUID, triggers: Sequence[str], words: Words) -> Gathered:
    """Raises NothingToReport where no such check was recorded. Those that were missed are told by name."""
    lot = await sources.lot_row(tenant_id, lot_id)
    rounds = await db.fetch(_ROUNDS, tenant_id, lot_id, list(triggers))
    if not rounds:
        raise NothingToReport(field="subject_id")
    recorded = await sources.records(tenant_id, [row["record_id"] for row in rounds], words)
    missed = [
        words.say("remark.missed", plan=row["plan"], due=words.time(row["due_at"]))
        for row in await db.fetch(_MISSED, tenant_id, lot_id, list(triggers))
    ]
    verdicts = [row["verdict"] for row in recorded.rows]
    inspected, reviewed, _ = sources.signers_of(recorded.rows, None, words)
    sheet = facts.RoundRecords(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        records=recorded.shown,
        passed=str(verdicts.count("pass")),
        failed=str(verdicts.count("fail")),
        remarks=missed,
        signers=[inspected, reviewed, sources.signer(words, "approved", "")],
    )
    return Gathered(sheet, lot["lot_no"], recorded.secret)


def lay_out(sheet: facts.RoundRecords, words: Words) -> list[blocks.Block]:
    label, lot = words.label, sheet.lot
    return [
        blocks.Grid([
            (label("product"), lot.product), (label("spec"), lot.spec),
            (label("lot_no"), lot.lot_no), (label("batch_size"), lot.quantity),
            (label("produced_on"), lot.produced_on), (label("standard"), lot.standard),
            (label("checks_passed"), sheet.passed), (label("checks_failed"), sheet.failed),
        ]),
        *[blocks.Note(each) for each in sheet.remarks],
        *round_blocks(sheet.records, words),
        *[blocks.Note(each) for each in company_notes(sheet.company, "", [], words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
    ]  # fmt: skip
