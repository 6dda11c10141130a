"""What no two demos share: numbers that tell a day, codes out of chance, what was made after the seed. Read from the
demo that is served; in production nothing is read, and the numbers stand for anybody's."""

from uuid import UUID

from server.core import db
from server.core.ids import parse_id
from server.core.scope import Scope
from server.domains.scans.complaints import ticket_of
from server.open_api.examples import demo

_NAMES = """
SELECT l.lot_no, l.produced_on::text AS produced_on, m.supplier_lot_no, m.delivery_note, c.text AS code, s.shipment_no,
       d.delivery_no, d.purchase_order, l.production_order, s.customer_order
FROM (SELECT $1::uuid AS tenant_id) t
LEFT JOIN lot l ON l.tenant_id = t.tenant_id AND l.id = $2
LEFT JOIN LATERAL (SELECT supplier_lot_no, delivery_note FROM lot WHERE tenant_id = t.tenant_id AND supplier_lot_no IS NOT NULL
                   ORDER BY delivery_note IS NULL, id DESC LIMIT 1) m ON true
LEFT JOIN LATERAL (SELECT text FROM code WHERE tenant_id = t.tenant_id AND order_id = $3 AND kind = 1
                   ORDER BY serial LIMIT 1) c ON true
LEFT JOIN shipment s ON s.tenant_id = t.tenant_id AND s.id = $4
LEFT JOIN delivery d ON d.tenant_id = t.tenant_id AND d.id = $5
"""
# By the word before the id in a path: the table whose oldest row of the dairy stands for it.
_OLDEST = {
    "documents": "document", "receiver-links": "receiver_link", "supplier-returns": "supplier_return",
    "imports": "import_job", "document-templates": "document_template", "api-keys": "api_key",
}  # fmt: skip


async def of_demo(key: bytes) -> dict[str, str]:
    """Examples by the names that `demo.PARAMETERS` has; only what this demo holds. `key` makes the tickets of its complaints."""
    tenant = parse_id(demo.DAIRY)
    assert tenant is not None
    async with db.transaction(Scope.tenant(tenant)):
        row = await db.fetchrow(
            _NAMES, tenant, demo.MILK_LOT, demo.CODE_ORDER, demo.DEPARTED_SHIPMENT, demo.ANNOUNCED_DELIVERY
        )
        found = dict(row or {})
        for word, table in _OLDEST.items():
            found[word] = await db.fetchval(
                f"SELECT id::text FROM {table} WHERE tenant_id = $1 ORDER BY id LIMIT 1",  # noqa: S608 - fixed names
                tenant,
            )
        found["number"] = await db.fetchval(
            "SELECT number FROM document WHERE tenant_id = $1 ORDER BY id LIMIT 1", tenant
        )
    found |= {
        "codes": found["code"],
        "lookup.text": found["code"],
        "q": found["lot_no"],
        "order_no": found["delivery_note"],
    }
    found["tickets"] = ticket_of(key, UUID(demo.COMPLAINT_ENTRY))
    return {name: value for name, value in found.items() if value}
