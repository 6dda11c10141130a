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
SELECT i.id AS inspection_id, r.id, r.verdict, r.captured_at, r.received_at
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


async def find_inspection(
    tenant_id: UUID, form_id: UUID, subject: Mapping[str, Any], at: datetime, operation_id: UUID | None
) -> UUID | None:
    """The open inspection that a record of this form about this subject does, locked; None where nobody asked for it."""
    columns = [subject.get(name) for name in ("lot_id", "device_id", "place_id", "shipment_id", "working_day")]
    found: UUID | None = await db.fetchval(_MATCH, tenant_id, form_id, *columns, at, operation_id)
    return found


async def adopt_records(tenant_id: UUID, inspection_ids: Collection[UUID]) -> None:
    """Close inspections that were done before they were known to be due."""
    if not inspection_ids:
        return
    taken: set[UUID] = set()
    for row in await db.fetch(_ADOPT, tenant_id, list(inspection_ids)):
        if taken.isdisjoint((row["inspection_id"], row["id"])):
            taken |= {row["inspection_id"], row["id"]}
            at = row["captured_at"] or row["received_at"]
            made = Made(row["id"], row["verdict"], at, row["received_at"], complete=row["verdict"] != "not_judged")
            await decide(tenant_id, row["inspection_id"], made, None)
