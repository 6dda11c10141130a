"""Reading records, definitions and what of them may be published. Plain SQL; every row carries its tenant first."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains.quality.commands import RecordFilter
from server.domains.quality.models import Characteristic

Row = Mapping[str, Any]

# A record counts until another corrects it.
# The records of the lots $2 that are corrected, asked once for all: a correction is of the same lot as what it corrects.
CORRECTED = (
    "SELECT c.corrects FROM record c WHERE c.tenant_id = $1 AND c.lot_id = ANY($2::uuid[]) AND c.corrects IS NOT NULL"
)
CURRENT = "NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id)"
# What a record left blank, as its form calls it (v: the version of the form).
MISSING_TITLES = """ARRAY(
    SELECT coalesce(v.schema #>> ARRAY['properties', x.field, 'title'], n.name, x.field) FROM unnest(r.missing) WITH ORDINALITY x (field, place)
    LEFT JOIN characteristic n ON n.tenant_id = r.tenant_id AND n.id = (v.ui #>> ARRAY['fields', x.field, 'characteristic_id'])::uuid
    ORDER BY x.place)"""
_SUMMARY = """
SELECT r.id, r.stage, r.form_version_id, f.code AS form_code, f.name AS form_name, f.name_en AS form_name_en, v.version AS form_version,
       r.lot_id, r.device_id, r.place_id, r.supplier_id, r.shipment_id, r.working_day, r.operation_id, r.verdict,
       r.verdict_in_force, r.warning, r.failed_sets, r.missing, r.source, r.operator_name, r.checker_name, r.report_no,
       r.captured_at, r.received_at, r.late_reason,
       coalesce(r.late_entry, coalesce(r.captured_at < r.received_at - interval '24 hours', false) OR r.late_reason IS NOT NULL) AS late, r.corrects, r.correction_reason,
       (SELECT c.id FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id) AS corrected_by,
       f.document_no, r.received_at + make_interval(years => f.keep_years) AS keep_until, f.second_check OR r.source = 'paper' OR r.second_demanded AS wants_check, r.second_demanded,
       k.checker_name AS checked_by, k.checked_at, x.inspection_id
FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
LEFT JOIN record_check k ON k.tenant_id = r.tenant_id AND k.record_id = r.id
LEFT JOIN inspection_result x ON x.tenant_id = r.tenant_id AND x.record_id = r.id
WHERE r.tenant_id = $1
"""
_LIST = f"""{_SUMMARY}
  AND ($2::uuid IS NULL OR r.id < $2)
  AND ($3::uuid IS NULL OR r.lot_id = $3) AND ($4::uuid IS NULL OR r.device_id = $4)
  AND ($5::uuid IS NULL OR r.place_id = $5) AND ($6::uuid IS NULL OR r.supplier_id = $6)
  AND ($7::uuid IS NULL OR r.shipment_id = $7) AND ($8::text IS NULL OR r.stage = $8)
  AND ($9::text IS NULL OR r.verdict = $9)
  AND ($10::bool IS NULL OR $10 = (r.missing <> '{{}}'))
  AND (NOT $11::bool OR {CURRENT})
  AND ($15::bool IS NULL OR coalesce(r.late_entry, false) = $15)
  AND ($12::timestamptz IS NULL OR r.received_at >= $12) AND ($13::timestamptz IS NULL OR r.received_at < $13)
ORDER BY r.id DESC LIMIT $14
"""
_MEASUREMENTS = """
SELECT m.record_id, m.position, c.id AS characteristic_id, c.code, c.name, c.name_en, c.result_kind, m.value,
       m.qualifier, m.option, c.options_en[array_position(c.options, m.option)] AS option_en, m.counts, m.unit,
       m.limits::text AS limits, m.failed_sets, m.warning, m.verdict, m.sample_no
FROM measurement m JOIN characteristic c ON c.tenant_id = m.tenant_id AND c.id = m.characteristic_id
WHERE m.tenant_id = $1 AND m.record_id = ANY($2::uuid[]) ORDER BY m.record_id, m.position
"""


async def list_records(tenant_id: UUID, wanted: RecordFilter, after: UUID | None, limit: int) -> list[Row]:
    """Summaries, newest first, after the record `after`."""
    given = wanted.model_dump()
    keys = ("lot_id", "device_id", "place_id", "supplier_id", "shipment_id", "stage", "verdict", "to_complete",
            "current_only", "received_from", "received_to")  # fmt: skip
    rows = await db.fetch(_LIST, tenant_id, after, *(given[key] for key in keys), limit, given["late"])
    return [dict(row) for row in rows]


async def get_record(tenant_id: UUID, record_id: UUID) -> dict[str, Any]:
    """The summary with values, what was said about them, measurements, files, and the names of secret fields."""
    row = await db.fetchrow(f"{_SUMMARY} AND r.id = $2", tenant_id, record_id)
    if row is None:
        raise NotFound
    more = await db.fetchrow(
        "SELECT r.values::text AS values, r.notes::text AS notes, v.ui::text AS ui,"
        " ARRAY(SELECT attachment_id FROM record_attachment a WHERE a.tenant_id = $1 AND a.record_id = $2) AS attachments"
        " FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id"
        " WHERE r.tenant_id = $1 AND r.id = $2",
        tenant_id, record_id,
    )  # fmt: skip
    assert more is not None
    fields = db.loads(more["ui"]).get("fields", {})
    measurements = await db.fetch(_MEASUREMENTS, tenant_id, [record_id])
    return {
        **dict(row),
        "values": db.loads(more["values"]),
        "notes": db.loads(more["notes"]),
        "attachment_ids": more["attachments"],
        "secret_fields": sorted(name for name, hints in fields.items() if hints.get("secret")),
        "secret_characteristics": [
            UUID(hints["characteristic_id"])
            for hints in fields.values()
            if hints.get("secret") and "characteristic_id" in hints
        ],
        "measurements": [dict(each) for each in measurements],
    }


async def lot_records(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    """The current records of each lot as summaries, oldest first."""
    sql = f"{_SUMMARY} AND r.lot_id = ANY($2::uuid[]) AND {CURRENT} ORDER BY r.id"
    found: dict[UUID, list[Row]] = {}
    for row in await db.fetch(sql, tenant_id, list(lot_ids)):
        found.setdefault(row["lot_id"], []).append(dict(row))
    return found


def show_measurement(row: Row) -> str:
    """The result of a measurement row as text that reads back to the same result; empty for a blank."""
    if row["counts"] is not None:
        return "; ".join(map(str, row["counts"]))
    if row["option"] is not None:
        return str(row["option"])
    value = None if row["value"] is None else f"{row['value']:f}"
    if row["qualifier"] == "not_detected":
        return "ND" if value is None else f"ND(<{value})"
    return "" if value is None else f"{row['qualifier'] or ''}{value}"


_SPECIFICATIONS = """
SELECT DISTINCT ON (s.id) s.id, s.product_id, s.step_id, s.characteristic_id, c.code, c.name, c.unit, v.id AS version_id,
       v.version, v.limits::text AS limits, v.required, v.standard, v.standard_edition, v.valid_from
FROM specification s
JOIN specification_version v ON v.tenant_id = s.tenant_id AND v.specification_id = s.id
JOIN characteristic c ON c.tenant_id = s.tenant_id AND c.id = s.characteristic_id
WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.product_id = $2) AND ($3::uuid IS NULL OR s.id > $3)
ORDER BY s.id, v.version DESC LIMIT $4
"""
_FORMS = """
SELECT DISTINCT ON (f.id) f.id, f.code, f.name, f.name_en, f.stage, f.product_id, f.subject_kind, f.document_no, f.keep_years, f.second_check, f.late_after_minutes,
       v.id AS form_version_id, v.version, v.schema::text AS schema, v.ui::text AS ui, v.specification_version_ids,
       v.in_force_from
FROM form f JOIN form_version v ON v.tenant_id = f.tenant_id AND v.form_id = f.id
WHERE f.tenant_id = $1 AND ($2::uuid IS NULL OR f.id = $2) AND ($3::text IS NULL OR f.stage = $3)
  AND ($4::uuid IS NULL OR f.id > $4)
ORDER BY f.id, v.version DESC LIMIT $5
"""


async def list_specifications(tenant_id: UUID, product_id: UUID | None, after: UUID | None, limit: int) -> list[Row]:
    """Each specification with its newest version."""
    return [dict(row) for row in await db.fetch(_SPECIFICATIONS, tenant_id, product_id, after, limit)]


async def list_forms(
    tenant_id: UUID, form_id: UUID | None, stage: str | None, after: UUID | None, limit: int
) -> list[Row]:
    """Each form with its newest version."""
    return [dict(row) for row in await db.fetch(_FORMS, tenant_id, form_id, stage, after, limit)]


async def list_characteristics(tenant_id: UUID, after: UUID | None, limit: int) -> list[Characteristic]:
    """The characteristics of an enterprise, in the order they were made."""
    rows = (
        Characteristic.filter(tenant_id=tenant_id, **({"id__gt": after} if after else {})).order_by("id").limit(limit)
    )
    return list(await rows)
