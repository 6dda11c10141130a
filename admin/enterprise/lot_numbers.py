"""Lots as people write them into a form: by number, one a line."""

from uuid import UUID

from server.core import db
from server.core.errors import FieldError, Invalid

_FOUND = """
SELECT l.id, l.lot_no, p.sku FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.lot_no = ANY($2::text[])
"""


async def lots_by_number(tenant_id: UUID, written: str, field: str) -> list[UUID]:
    """The lot of each line: its number, or where several products have that number, the number, a space and the product's
    code. Raises Invalid, naming the line, for a number that is no lot's or of more than one."""
    lines = list(dict.fromkeys(line.strip() for line in written.splitlines() if line.strip()))
    numbers = {number for line in lines for number in (line, line.rpartition(" ")[0].strip())}
    rows = await db.fetch(_FOUND, tenant_id, list(numbers))
    found = []
    for line in lines:
        lots = [row["id"] for row in rows if line in (row["lot_no"], f"{row['lot_no']} {row['sku']}")]
        if len(lots) != 1:
            code = "lot_number_of_several" if lots else "charge_lot_unknown"
            raise Invalid([FieldError(field, code, {"lot_no": line[:80]})])
        found += lots
    return found
