"""An item code becomes a `unit` lot when it gets a record of its own; a lot code stands for its lot."""

from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit

_LOT_KINDS = (2, 4)
_CODE = "SELECT text, lot_id, kind FROM code WHERE text = $2 AND tenant_id = $1"
# The unit stands where its lot stands (product, dates, state); how much one piece weighs is not known.
_UNIT = """
INSERT INTO lot (tenant_id, id, kind, product_id, lot_no, supplier_id, supplier_lot_no, produced_at,
                 production_ended_at, received_at, expires_at, state, released_at, place_id, code_text, created_by)
SELECT tenant_id, $3, 'unit', product_id, $4, supplier_id, supplier_lot_no, produced_at, production_ended_at,
       received_at, expires_at, state, released_at, place_id, $4, $5
FROM lot WHERE tenant_id = $1 AND id = $2
ON CONFLICT DO NOTHING
"""


async def lot_of_code(actor: Actor, text: str) -> UUID:
    """The lot that records about this code belong to; NotFound for a code that is not the enterprise's own."""
    code = await db.fetchrow(_CODE, actor.tenant, text.strip())
    if code is None:
        raise NotFound(field="code")
    lot_id: UUID = code["lot_id"]
    return lot_id if code["kind"] in _LOT_KINDS else await _unit_lot(actor, lot_id, code["text"])


async def _unit_lot(actor: Actor, lot_id: UUID, text: str) -> UUID:
    unit_id = new_id()
    if await db.execute(_UNIT, actor.tenant, lot_id, unit_id, text, actor.id):
        await db.execute(
            "INSERT INTO link (tenant_id, id, from_lot, to_lot, kind, at, created_by)"
            " VALUES ($1, $2, $3, $4, 'split', now(), $5)",
            actor.tenant, new_id(), lot_id, unit_id, actor.id,
        )  # fmt: skip
        await audit.record(actor, "lot.unit_created", "lot", unit_id, after={"code": text, "from_lot": lot_id})
        return unit_id
    found: UUID | None = await db.fetchval(
        "SELECT id FROM lot WHERE tenant_id = $1 AND code_text = $2", actor.tenant, text
    )
    if found is None:
        raise NotFound(field="code")
    return found
