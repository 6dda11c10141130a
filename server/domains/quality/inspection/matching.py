"""Which inspection a record does, where it does not say: that of its form and subject which was due last when it was made."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.deciding import Made, decide
from server.domains.quality.queries import CURRENT

_SAME_SUBJECT = """
(i.lot_id = $3 OR i.device_id = $4 OR i.place_id = $5 OR i.shipment_id = $6
 OR CASE i.trigger WHEN 'weekly' THEN date_trunc('week', i.working_day) = date_trunc('week', $7::date)
                   WHEN 'monthly' THEN date_trunc('month', i.working_day) = date_trunc('month', $7::date)
                   ELSE i.working_day = $7 END)
"""
# A record may come ahead of its time by as much as there is to do it in.
_MATCH = f"""
SELECT i.id FROM inspection i
WHERE i.tenant_id = $1 AND i.state = 'open' AND i.form_id = $2 AND {_SAME_SUBJECT}
  AND (i.due_from - (i.due_at - i.due_from) <= $8 OR i.working_day IS NOT NULL)
ORDER BY i.operation_id IS NOT DISTINCT FROM $9 DESC, i.due_from <= $8 DESC, i.due_from DESC LIMIT 1 FOR UPDATE
"""  # noqa: S608 - constants
# Records made before their inspection fell due (an operation entered at its end), each for the newest it fits.
_ADOPT = f"""
SELECT i.id AS inspection_id, i.lot_id, r.id, r.verdict, r.captured_at, r.received_at,
       r.missing = '{{}}' AND NOT EXISTS (SELECT FROM measurement m WHERE m.tenant_id = r.tenant_id AND m.record_id = r.id
                                       AND m.verdict = 'not_judged' AND m.limits IS NOT NULL) AS complete
FROM inspection i
JOIN form_version v ON v.tenant_id = i.tenant_id AND v.form_id = i.form_id
JOIN record r ON r.tenant_id = i.tenant_id AND r.form_version_id = v.id
 AND (r.lot_id = i.lot_id OR r.device_id = i.device_id OR r.place_id = i.place_id OR r.shipment_id = i.shipment_id OR r.working_day = i.working_day)
WHERE i.tenant_id = $1 AND i.id = ANY($2::uuid[]) AND i.state = 'open' AND {CURRENT}
  AND coalesce(r.captured_at, r.received_at) BETWEEN i.due_from - (i.due_at - i.due_from) AND i.due_at
  AND r.received_at < i.created_at
  AND NOT EXISTS (SELECT FROM inspection_result x WHERE x.tenant_id = r.tenant_id AND x.record_id = r.id)
ORDER BY i.due_from DESC, r.id
"""  # noqa: S608 - constants
# Imported results of whole lots, set-wise: each record for one inspection, each inspection by one record.
_IMPORTED = """
WITH fitting AS (
    SELECT DISTINCT ON (r.id) i.id AS inspection_id, r.id, r.verdict, coalesce(r.captured_at, r.received_at) AS at, r.received_at, i.pending
    FROM record r
    JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
    JOIN inspection i ON i.tenant_id = r.tenant_id AND i.lot_id = r.lot_id AND i.form_id = v.form_id AND i.state = 'open'
     AND i.trigger IN ('receipt', 'end_of_lot')
    JOIN inspection_plan_version p ON p.tenant_id = i.tenant_id AND p.id = i.plan_version_id AND p.sampling IS NULL
    WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[]) AND r.verdict <> 'not_judged'
    ORDER BY r.id, i.due_from DESC
), chosen AS (
    SELECT DISTINCT ON (inspection_id) *, CASE WHEN verdict = 'fail' THEN 0 ELSE pending END AS good,
           CASE WHEN verdict = 'fail' THEN pending ELSE 0 END AS bad
    FROM fitting ORDER BY inspection_id, verdict, id
), results AS (
    INSERT INTO inspection_result (tenant_id, inspection_id, record_id, verdict, accepted, rejected)
    SELECT $1, inspection_id, id, verdict, good, bad FROM chosen
)
UPDATE inspection i SET accepted = i.accepted + c.good, rejected = i.rejected + c.bad, pending = 0, state = 'done',
       verdict = CASE WHEN i.rejected + c.bad > 0 THEN 'fail' ELSE c.verdict END, record_id = c.id, done_at = c.at, entered_at = c.received_at
FROM chosen c WHERE i.tenant_id = $1 AND i.id = c.inspection_id
"""


async def do_imported(tenant_id: UUID, record_ids: Collection[UUID]) -> int:
    """Let imported records do the inspections of their lots that are due; how many were done. A failing record goes before
    a passing one of the same inspection. What is sampled waits for its sample, which an import does not carry."""
    return await db.execute(_IMPORTED, tenant_id, list(record_ids))


async def find_inspection(
    tenant_id: UUID, form_id: UUID, subject: Mapping[str, Any], at: datetime, operation_id: UUID | None
) -> UUID | None:
    """The open inspection that a record of this form about this subject does, locked; None where nobody asked for it."""
    columns = [subject.get(name) for name in ("lot_id", "device_id", "place_id", "shipment_id", "working_day")]
    found: UUID | None = await db.fetchval(_MATCH, tenant_id, form_id, *columns, at, operation_id)
    return found


async def adopt_records(tenant_id: UUID, inspection_ids: Collection[UUID]) -> set[UUID]:
    """Close inspections that were done before they were known to be due; the lots of which such a record rejected something."""
    taken: set[UUID] = set()
    rejected: set[UUID] = set()
    for row in await db.fetch(_ADOPT, tenant_id, list(inspection_ids)) if inspection_ids else ():
        if taken.isdisjoint((row["inspection_id"], row["id"])):
            taken |= {row["inspection_id"], row["id"]}
            at = row["captured_at"] or row["received_at"]
            made = Made(row["id"], row["verdict"], at, row["received_at"], complete=row["complete"])
            decided = await decide(tenant_id, row["inspection_id"], made, None)
            if row["lot_id"] is not None and decided is not None and decided.rejects:
                rejected.add(row["lot_id"])
    return rejected
