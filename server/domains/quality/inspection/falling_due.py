"""What falls due by what happened to lots: received, made, shipped, released. Derived from the stored facts, so a step that
runs twice, or late, is as good as once; a lot that is a part or a mixture of others answers with theirs."""

from collections.abc import Collection, Sequence
from uuid import UUID

from server.core import db

COLUMNS = (
    "plan_id", "plan_version_id", "form_id", "trigger", "reason", "event_key", "mandatory", "lot_id", "device_id",
    "place_id", "shipment_id", "working_day", "operation_id", "supplier_id", "product_id", "due_from", "due_at",
    "quantity", "unit", "pending",
)  # fmt: skip
INSERT = f"INSERT INTO inspection (tenant_id, {', '.join(COLUMNS)})"
ONCE = "ON CONFLICT (tenant_id, plan_id, event_key) DO NOTHING RETURNING id"
# The version in force when it happened, by our clock: a plan reaches nothing that was there before it.
VERSION = """
CROSS JOIN LATERAL (SELECT * FROM inspection_plan_version n WHERE n.tenant_id = p.tenant_id AND n.plan_id = p.id
                    AND n.in_force_from <= {at} ORDER BY n.version DESC LIMIT 1) v
"""
_NOT_A_PART = """
NOT EXISTS (SELECT FROM link k WHERE k.tenant_id = l.tenant_id AND k.to_lot = l.id AND k.kind IN ('split', 'merged')
            AND k.reverses IS NULL AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = k.tenant_id AND b.reverses = k.id))
"""
# Received is what is a material, and whatever else came from outside: goods bought to be sold. Made is what is called so, and a
# material that was made here.
_LOTS = f"""
{INSERT}
SELECT $1, p.id, v.id, v.form_id, p.trigger, p.trigger, 'lot:' || l.id, v.mandatory, l.id, NULL::uuid, NULL::uuid, NULL::uuid,
       NULL::date, NULL::uuid, l.supplier_id, l.product_id, e.at, e.at + make_interval(mins => v.within_minutes),
       l.quantity, l.unit, coalesce(l.quantity, 0)
FROM lot l
JOIN inspection_plan p ON p.tenant_id = l.tenant_id AND p.retired_at IS NULL AND (p.product_id IS NULL OR p.product_id = l.product_id)
 AND ((p.trigger = 'receipt' AND (l.kind = 'material' OR l.kind <> 'package' AND (l.supplier_id IS NOT NULL OR l.received_at IS NOT NULL))) OR (p.trigger = 'end_of_lot' AND (l.kind IN ('intermediate', 'finished')
      OR l.kind = 'material' AND l.supplier_id IS NULL AND l.received_at IS NULL AND coalesce(l.production_ended_at, l.produced_at) IS NOT NULL)))
{VERSION.format(at="l.created_at")}
CROSS JOIN LATERAL (SELECT greatest(l.created_at, CASE WHEN p.trigger = 'receipt' THEN l.received_at
                           ELSE coalesce(l.production_ended_at, l.produced_at) END) AS at) e
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND {_NOT_A_PART}
{ONCE}
"""  # noqa: S608 - constants
# Still open, and its moment has been said meanwhile (production ended later): it is due from then on.
_MOVE = """
UPDATE inspection i SET due_from = e.at, due_at = e.at + (i.due_at - i.due_from)
FROM lot l CROSS JOIN LATERAL (SELECT greatest(l.created_at, coalesce(l.production_ended_at, l.produced_at)) AS at) e
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND i.tenant_id = $1 AND i.lot_id = l.id AND i.trigger = 'end_of_lot'
  AND i.state = 'open' AND i.reinspects IS NULL AND i.missed_at IS NULL AND e.at > i.due_from
"""
# Their quantity was unknown and has been stated meanwhile.
_FILL = """
UPDATE inspection i SET quantity = l.quantity, unit = l.unit, pending = l.quantity
FROM lot l WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND i.tenant_id = $1 AND i.lot_id = l.id AND i.state = 'open'
  AND i.quantity IS NULL AND l.quantity IS NOT NULL AND i.trigger IN ('receipt', 'end_of_lot', 'after_release')
"""
_RELEASED = f"""
{INSERT}
SELECT $1, p.id, v.id, v.form_id, p.trigger, p.trigger, 'lot:' || l.id || ':day:' || d.days, v.mandatory, l.id, NULL::uuid,
       NULL::uuid, NULL::uuid, NULL::date, NULL::uuid, l.supplier_id, l.product_id, e.at,
       e.at + make_interval(mins => v.within_minutes), NULL::numeric, NULL::text, 0
FROM lot l
JOIN inspection_plan p ON p.tenant_id = l.tenant_id AND p.retired_at IS NULL AND p.trigger = 'after_release'
 AND (p.product_id IS NULL OR p.product_id = l.product_id)
{VERSION.format(at="l.released_at")}
CROSS JOIN LATERAL unnest(v.days_after) AS d(days)
CROSS JOIN LATERAL (SELECT l.released_at + make_interval(days => d.days) AS at) e
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND l.state = 'released' AND l.released_at IS NOT NULL
  AND l.kind <> 'package' AND {_NOT_A_PART}
{ONCE}
"""  # noqa: S608 - constants
# Asked of the goods, also inside packages. Due when they leave; where that is not known yet, within the plan's time of the shipment's making.
_SHIPPED = f"""
{INSERT}
SELECT DISTINCT ON (p.id, key.text) $1, p.id, v.id, v.form_id, p.trigger, p.trigger, key.text, v.mandatory,
       CASE WHEN f.subject_kind = 'lot' THEN l.lot_id END, NULL::uuid, NULL::uuid,
       CASE WHEN f.subject_kind = 'shipment' THEN s.id END, NULL::date, NULL::uuid, l.supplier_id, l.product_id,
       s.created_at, greatest(s.created_at, coalesce(s.departed_at, s.created_at + make_interval(mins => v.within_minutes))),
       NULL::numeric, NULL::text, 0
FROM shipment s
CROSS JOIN LATERAL shipment_goods(s.tenant_id, s.id) l
JOIN inspection_plan p ON p.tenant_id = s.tenant_id AND p.retired_at IS NULL AND p.trigger = 'before_shipment'
 AND (p.product_id IS NULL OR p.product_id = l.product_id)
{VERSION.format(at="s.created_at")}
JOIN form f ON f.tenant_id = p.tenant_id AND f.id = v.form_id
CROSS JOIN LATERAL (SELECT 'shipment:' || s.id || CASE WHEN f.subject_kind = 'lot' THEN ':lot:' || l.lot_id ELSE '' END AS text) key
WHERE s.tenant_id = $1 AND s.id = ANY($2::uuid[])
{ONCE}
"""  # noqa: S608 - constants
_DEPARTED = """
UPDATE inspection i SET due_at = greatest(i.due_from, s.departed_at)
FROM shipment s WHERE s.tenant_id = $1 AND s.id = ANY($2::uuid[]) AND s.departed_at IS NOT NULL AND i.tenant_id = $1
  AND i.state = 'open' AND i.trigger = 'before_shipment' AND (i.shipment_id = s.id OR starts_with(i.event_key, 'shipment:' || s.id))
"""


async def fall_due_for_lots(tenant_id: UUID, lot_ids: Collection[UUID]) -> list[UUID]:
    """What the receipt or the making of these lots asks for; the new inspections. Nothing twice."""
    lots: Sequence[UUID] = list(lot_ids)
    made = await db.fetch(_LOTS, tenant_id, lots)
    await db.execute(_FILL, tenant_id, lots)
    await db.execute(_MOVE, tenant_id, lots)
    return [row["id"] for row in made]


async def fall_due_after_release(tenant_id: UUID, lot_ids: Collection[UUID]) -> list[UUID]:
    """What is to be looked at on dates after the release of these lots."""
    return [row["id"] for row in await db.fetch(_RELEASED, tenant_id, list(lot_ids))]


async def fall_due_for_shipments(tenant_id: UUID, shipment_ids: Collection[UUID]) -> list[UUID]:
    """What has to be looked at before these shipments leave."""
    shipments = list(shipment_ids)
    made = await db.fetch(_SHIPPED, tenant_id, shipments)
    await db.execute(_DEPARTED, tenant_id, shipments)
    return [row["id"] for row in made]
