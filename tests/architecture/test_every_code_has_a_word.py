"""Promise: every code that people may meet has a word in both languages: every value of every fixed list that the database or
the commands know, every act and object of the audit trail, every reason for which an inspection falls due."""

import re
from pathlib import Path
from typing import get_args

import asyncpg
import pytest

from i18n import has_key
from server.domains.quality.inspection import sampling
from server.domains.quality.inspection.commands import CallInspection, FirstPieceOn, Trigger
from tests.fixtures.cluster import Database

ROOT = Path(__file__).parents[2]
LANGUAGES = ("zh_CN", "en")
# The groups of texts in which each list of the database is said; a list that is none of people's words stands below.
LISTS: dict[str, tuple[str, ...]] = {
    "characteristic.comparison_rule": ("comparison_rule",),
    "characteristic.result_kind": ("result_kind",),
    "characteristic.severity": ("severity",),
    "charge_exception.kind": ("charge.finding",),
    "code_order.audience": ("admin.audience",),
    "code_order.level": ("admin.level",),
    "code_order.state": ("admin.order_state",),
    "code_rule.audience": ("admin.audience",),
    "code_rule.level": ("admin.level",),
    "complaint.source": ("complaint_source",),
    "complaint.state": ("complaint_state",),
    "complaint.topic": ("complaint_topic",),
    "complaint_step.kind": ("complaint_step",),
    "delivery.state": ("admin.delivery_state",),
    "delivery_line.source": ("admin.line_source",),
    "disposition.kind": ("sheet.disposition_kind",),
    "disposition.state": ("sheet.disposition_state",),
    "disposition_signature.decision": ("sheet.review", "admin.signature"),
    "document.kind": ("sheet.kind",),
    "entry_conflict.resolution": ("conflict_resolution",),
    "external_identity.way": ("sign_in_way",),
    "form.stage": ("stage", "sheet.stage"),
    "form.subject_kind": ("admin.subject_kind",),
    "gauge_rule.overdue": ("overdue",),
    "handover.kind": ("admin.handover_kind",),
    "inspection.withdrawn_reason": ("inspection.withdrawn",),
    "hold.kind": ("admin.hold_kind", "chain.hold", "sheet.hold"),
    "import_job.kind": ("import.kind",),
    "import_job.policy": ("import_policy",),
    "import_job.state": ("import_state",),
    "inspection.state": ("admin.inspection_list",),
    "inspection.verdict": ("verdict", "quality.verdict", "sheet.verdict"),
    "inspection_part.outcome": ("part_outcome",),
    "inspection_plan.trigger": ("inspection.trigger", "inspection.reason"),
    "inspection_result.verdict": ("verdict",),
    "link.kind": ("admin.link_kind", "chain.link"),
    "lot.kind": ("admin.lot_kind", "chain.lot_kind"),
    "lot.state": ("lot_state", "chain.state", "sheet.state", "sheet.disposition"),
    "measurement.verdict": ("verdict",),
    "message.state": ("message_state",),
    "nonconformity.defect_class": ("admin.defect_class", "sheet.defect_class"),
    "nonconformity.party": ("admin.party", "sheet.party"),
    "nonconformity.stage": ("stage", "sheet.stage"),
    "nonconformity.state": ("admin.nonconformity_state", "sheet.case_state"),
    "operation_device.calibration": ("admin.calibration", "chain.calibration", "sheet.calibration"),
    "operation_lot.role": ("operation_role",),
    "page_content.audience": ("page_audience",),
    "place.kind": ("admin.place_kind",),
    "product.kind": ("admin.product_kind",),
    "public_notice.kind": ("notice_kind",),
    "publication.object_kind": ("publication_kind",),
    "recall.outcome": ("admin.recall_outcome",),
    "recipe_version.outside": ("outside",),
    "record.source": ("admin.source", "quality.source", "sheet.source"),
    "record.stage": ("stage",),
    "record.verdict": ("verdict",),
    "record.verdict_in_force": ("verdict",),
    "record_check.method": ("check_method",),
    "record_gauge.calibration": ("admin.calibration",),
    "release.decision": ("lot_state",),
    "release.kind": ("release_kind",),
    "retained_observation.result": ("admin.observation",),
    "scrap.fate": ("fate",),
    "tenant.state": ("admin.tenant_state",),
    "urgent_request.state": ("urgent_state",),
    "withdrawal.reason": ("withdrawal_reason",),
}
# File endings and signs are read as they are written.
NO_WORDS = {"document.filled_format", "document_template.format", "measurement.qualifier"}
# Lists that no table holds.
OTHERS = {
    "inspection.reason": {*get_args(FirstPieceOn), *get_args(CallInspection.model_fields["reason"].annotation)},
    "inspection.trigger": set(get_args(Trigger)),
    "sheet.severity": set(get_args(sampling.Severity)),
    "reach_kind": {"made_since", "was_there_since"},
    "admin.charge_verdict": {"within", "below", "above", "none"},
    "sheet.charge": {"within", "below", "above", "none"},
}
_LISTS = """
SELECT k.conrelid::regclass::text || '.' || a.attname AS name, pg_get_constraintdef(k.oid) AS law
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'c' AND cardinality(k.conkey) = 1 AND pg_get_constraintdef(k.oid) ~ 'ANY \\(+ARRAY\\[' ORDER BY 1
"""


def unsaid(groups: dict[str, set[str]]) -> list[str]:
    """Keys without a text, by language."""
    return sorted(
        f"{language}: {group}.{value}"
        for language in LANGUAGES
        for group, values in groups.items()
        for value in values
        if not has_key(f"{group}.{value}", language)
    )


async def test_every_list_of_the_database_is_said_in_words(database: Database) -> None:
    connection = await asyncpg.connect(database.superuser_dsn)
    rows = await connection.fetch(_LISTS)
    await connection.close()
    lists = {row["name"]: set(re.findall(r"'([^']+)'::text", row["law"])) for row in rows}
    lists = {name: values for name, values in lists.items() if values}
    assert sorted(lists.keys() - LISTS.keys() - NO_WORDS) == []  # a new list: say where its words are
    assert sorted((LISTS.keys() | NO_WORDS) - lists.keys() - {"withdrawal.reason"}) == []
    assert [name for name, values in lists.items() for group in LISTS.get(name, ()) if unsaid({group: values})] == []


@pytest.mark.parametrize("group", sorted(OTHERS))
def test_every_list_of_the_code_is_said_in_words(group: str) -> None:
    assert unsaid({group: OTHERS[group]}) == []


def test_every_act_of_the_audit_trail_is_said_in_words() -> None:
    acts: set[str] = set()
    objects: set[str] = set()
    for folder in ("server", "admin", "miniprogram_api", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            for act, about in re.findall(
                r'audit\.record(?:_many)?\(\s*\w+,\s*"([a-z_]+\.[a-z_]+)",\s*"([a-z_]+)"', path.read_text("utf-8")
            ):
                acts.add(act)
                objects.add(about)
    assert len(acts) > 80
    assert unsaid({"admin.action": acts, "admin.object": objects}) == []


def test_every_kind_of_document_is_said_on_its_page() -> None:
    from server.domains.reports.kinds import KINDS

    about = {f"about_{kind.subject}" for kind in KINDS.values()}
    assert unsaid({"confirm.label": about, "sheet.running": {kind.subject for kind in KINDS.values()}}) == []
    assert unsaid({"sheet.kind": set(KINDS)}) == []
