"""What one person delivered on a day, as his own list."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.clock import start_of_day

_HISTORY = """
SELECT r.id AS record_id, e.entry_id, e.check_id, f.name AS form_name, f.name_en AS form_name_en, r.verdict, r.captured_at, e.received_at, e.flags,
       r.lot_id, l.lot_no, q.name AS product_name, r.device_id, d.name AS device_name, r.place_id, p.name AS place_name, r.shipment_id, s.shipment_no, r.working_day,
       (SELECT x.inspection_id FROM inspection_result x WHERE x.tenant_id = $1 AND x.record_id = r.id LIMIT 1) AS inspection_id,
       r.corrects, (SELECT c.id FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id) AS corrected_by,
       (SELECT count(*) FROM record_attachment a WHERE a.tenant_id = $1 AND a.record_id = r.id) AS photos
FROM phone_entry e JOIN record r ON r.tenant_id = e.tenant_id AND r.entry_id = e.entry_id
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = r.lot_id LEFT JOIN product q ON q.tenant_id = $1 AND q.id = l.product_id
LEFT JOIN device d ON d.tenant_id = $1 AND d.id = r.device_id
LEFT JOIN place p ON p.tenant_id = $1 AND p.id = r.place_id LEFT JOIN shipment s ON s.tenant_id = $1 AND s.id = r.shipment_id
WHERE e.tenant_id = $1 AND e.user_id = $2 AND e.received_at >= $3 AND e.received_at < $4
ORDER BY e.received_at DESC, r.id DESC LIMIT 1000
"""


async def own_history(tenant_id: UUID, user_id: UUID, day: date) -> list[dict[str, Any]]:
    """What arrived on this day, the newest first."""
    rows = await db.fetch(_HISTORY, tenant_id, user_id, start_of_day(day), start_of_day(day + timedelta(days=1)))
    return [dict(row) for row in rows]
