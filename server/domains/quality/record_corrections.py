"""What a correction may be: on the same form and about the same goods, and not silent about what failed the customer's limit."""

from uuid import UUID

from server.core import db
from server.core.errors import FieldError, Invalid, NotFound
from server.domains.quality.entries import Entry
from server.domains.quality.problems import invalid
from server.domains.quality.rollup import LotQuality, contribution
from server.domains.quality.subjects import Subject

_CORRECTED = """
SELECT r.lot_id, r.device_id, r.place_id, r.supplier_id, r.shipment_id, r.working_day, r.verdict, r.failed_sets, r.warning, r.received_at,
       v.form_id, (SELECT count(*) FROM record_attachment a WHERE a.tenant_id = $1 AND a.record_id = r.id) AS documents
FROM record r JOIN form_version v ON v.tenant_id = $1 AND v.id = r.form_version_id WHERE r.tenant_id = $1 AND r.id = $2
"""
# Outside the law is kept elsewhere, whatever a correction says (`nonconformity.law`).
_FAILED = """
SELECT string_agg(DISTINCT c.name, '、' ORDER BY c.name) FROM measurement m
JOIN characteristic c ON c.tenant_id = $1 AND c.id = m.characteristic_id
WHERE m.tenant_id = $1 AND m.record_id = $2 AND 'customer' = ANY (m.failed_sets) AND NOT 'legal' = ANY (m.failed_sets)
  AND m.characteristic_id <> ALL ($3::uuid[])
"""


async def corrected_by(
    tenant_id: UUID, corrects: UUID | None, form_id: UUID, subject: Subject, entry: Entry
) -> LotQuality | None:
    """What the corrected record had added to its lot; None where nothing is corrected. Raises NotFound, Invalid."""
    if corrects is None:
        return None
    row = await db.fetchrow(_CORRECTED, tenant_id, corrects)
    if row is None:
        raise NotFound(field="corrects")
    if any(row[column] != value for column, value in subject.columns.items()):
        raise invalid("corrects", "correction_of_other_subject")
    if row["form_id"] != form_id:
        raise invalid("corrects", "correction_on_other_form")
    if "customer" in row["failed_sets"]:
        judged = [e.yardstick.characteristic.id for e in entry.measured if e.judged.judgement.verdict != "not_judged"]
        if names := await db.fetchval(_FAILED, tenant_id, corrects, judged):
            raise Invalid([FieldError("corrects", "correction_leaves_failure", {"names": names})])
    return contribution(row["verdict"], row["failed_sets"], row["warning"], row["documents"], row["received_at"])
