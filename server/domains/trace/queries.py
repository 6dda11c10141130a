"""The SQL of a trace. The walk and its links are one statement: one snapshot, so no link can be missed in between.

Ids, quantities and times leave the database as text: decoding them one by one would cost more than the walk.
The links are read by one sorted list of lots: one descent of the index serves many of them. Where there are more than may be
kept, they are read again in the order of the walk, which keeps the nearest.
The walk carries lot ids only, so that UNION ends every cycle. It also follows links that were struck out later
(their reversals say the same ends again); they are left out of the links, and the lots that hung on them alone fall away after.
"""

from typing import Literal

Side = Literal["materials", "products"]

# $1 tenant, $2 starting lots, $3 most lots to reach, $4 most links to return. The first row only says how many lots were reached.
_WALK = """
WITH RECURSIVE walk(id) AS (
    SELECT unnest($2::text[]::uuid[])
  UNION
    SELECT k.{far} FROM walk JOIN link k ON k.tenant_id = $1 AND k.{near} = walk.id
),
reached AS MATERIALIZED (SELECT id FROM walk LIMIT $3)
SELECT NULL AS from_lot, NULL AS to_lot, NULL AS kind, count(*)::text AS quantity, NULL AS unit, NULL AS at, NULL AS until
FROM reached
UNION ALL (
SELECT k.from_lot::text, k.to_lot::text, k.kind, k.quantity::text, k.unit, k.at::text, k.until::text
FROM {read} k.reverses IS NULL AND k.id NOT IN (SELECT r.reverses FROM link r WHERE r.tenant_id = $1 AND r.reverses IS NOT NULL)
LIMIT $4)
"""
_SORTED = "link k WHERE k.tenant_id = $1 AND k.{near} = ANY(ARRAY(SELECT id FROM reached)) AND"
_NEAREST_FIRST = "reached JOIN link k ON k.tenant_id = $1 AND k.{near} = reached.id WHERE"
_ENDS: dict[Side, dict[str, str]] = {
    "materials": {"near": "to_lot", "far": "from_lot"},
    "products": {"near": "from_lot", "far": "to_lot"},
}
WALK, WALK_NEAREST_FIRST = (
    {side: _WALK.format(read=read.format(**ends), **ends) for side, ends in _ENDS.items()}
    for read in (_SORTED, _NEAREST_FIRST)
)
# An operation of which nobody wrote into what its inputs went uses each of them for all that came out of it. Without quantities: they
# are known of links. $2 the lots reached so far, as one text.
_USES = """
SELECT DISTINCT ON (i.lot_id, o.lot_id) i.lot_id::text AS from_lot, o.lot_id::text AS to_lot, 'operation' AS kind, NULL AS quantity,
       NULL AS unit, coalesce(p.started_at, p.ended_at)::text AS at, NULL AS until
FROM operation_lot {near} JOIN operation_lot {far} ON {far}.tenant_id = $1 AND {far}.operation_id = {near}.operation_id AND {far}.lot_id <> {near}.lot_id
JOIN operation p ON p.tenant_id = $1 AND p.id = {near}.operation_id
WHERE {near}.tenant_id = $1 AND {near}.lot_id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid)) AND i.role = 'in' AND o.role = 'out'
  AND NOT EXISTS (
    SELECT FROM operation_lot u JOIN link k ON k.tenant_id = $1 AND k.from_lot = i.lot_id AND k.to_lot = u.lot_id
    WHERE u.tenant_id = $1 AND u.operation_id = i.operation_id AND u.role = 'out' AND k.reverses IS NULL
      AND (k.operation_id IS NULL OR k.operation_id = i.operation_id)
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id))
ORDER BY i.lot_id, o.lot_id, p.id
"""
USES: dict[Side, str] = {
    "materials": _USES.format(near="o", far="i"),
    "products": _USES.format(near="i", far="o"),
}

# Below, ids come as one text, and through ARRAY(SELECT ...): a list of thousands is quick to send, and the planner looks rows up
# by their keys instead of weighing every element of a constant.
LOTS = """
SELECT l.id::text, l.kind, l.lot_no, l.product_id::text, l.supplier_id::text, l.supplier_lot_no, l.state, l.unit,
       l.quantity::text, l.used_quantity::text AS used, (l.quantity + l.counted_difference - l.used_quantity)::text AS left,
       (-l.counted_difference)::text AS unexplained, l.produced_at::text, l.received_at::text, l.expires_at::text
FROM lot l
WHERE l.tenant_id = $1 AND l.id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))
"""
QUALITY = """
SELECT lot_id::text AS id, records, fails, not_judged, warnings, documents
FROM lot_quality WHERE tenant_id = $1 AND lot_id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))
"""
# Few holds are open, many lots are traced: the holds are gone through, not the lots.
HOLDS = """
SELECT lot_id::text, kind FROM hold
WHERE tenant_id = $1 AND closed_at IS NULL AND lot_id IN (SELECT unnest(string_to_array($2, ','))::uuid)
ORDER BY opened_at, id
"""
DOCUMENTS = """
SELECT own.lot_id::text, a.id::text, own.kind, a.title, a.file_name, a.media_type
FROM (SELECT lot_id, kind, attachment_id FROM lot_attachment
      WHERE tenant_id = $1 AND lot_id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))
      UNION
      SELECT r.lot_id, 'record', ra.attachment_id
      FROM record r JOIN record_attachment ra ON ra.tenant_id = $1 AND ra.record_id = r.id
      WHERE r.tenant_id = $1 AND r.lot_id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))
        AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id)) own
JOIN attachment a ON a.tenant_id = $1 AND a.id = own.attachment_id
ORDER BY own.lot_id, a.id, own.kind
"""
PRODUCTS = """
SELECT id::text, sku, name, name_en, kind, trade_secrets FROM product WHERE tenant_id = $1 AND id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))
"""
SUPPLIERS = "SELECT id::text, code, name FROM supplier WHERE tenant_id = $1 AND id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))"

DELIVERIES = """
SELECT l.lot_id::text, s.id::text AS shipment_id, s.shipment_no, coalesce(o.customer_id, s.customer_id)::text AS customer_id,
       coalesce(o.id, s.outlet_id)::text AS outlet_id, s.customer_id::text AS sent_to_customer_id, s.outlet_id::text AS sent_to_outlet_id,
       o.id IS NOT NULL AS diverted, s.delivery_note,
       s.customer_order, s.departed_at::text, s.received_at::text, l.quantity::text, l.unit, l.packages,
       l.order_id::text, lower(l.serials) AS first_serial, upper(l.serials) - 1 AS last_serial, l.returned_at::text,
       l.refused_quantity::text, l.returned_lot_id::text
FROM shipment_line l JOIN shipment s ON s.tenant_id = $1 AND s.id = l.shipment_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = l.received_outlet_id
WHERE l.tenant_id = $1 AND l.lot_id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid)) AND l.cancelled_at IS NULL
ORDER BY s.id, l.id
"""
# Of pieces that have lots of their own ($2) the lines by which they left: by their serial, or in the package they lie in.
# What a line of the same trace ($3) says already is not said twice. The piece is its share of the line.
PIECES = """
WITH RECURSIVE piece AS (
    SELECT l.id, c.order_id, c.serial, c.package_id FROM lot l JOIN code c ON c.tenant_id = $1 AND c.text = l.code_text
    WHERE l.tenant_id = $1 AND l.id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid))
), boxes(id, serial, box) AS (
    SELECT id, serial, package_id FROM piece WHERE package_id IS NOT NULL
  UNION
    SELECT b.id, b.serial, k.to_lot FROM boxes b JOIN link k ON k.tenant_id = $1 AND k.from_lot = b.box
    WHERE k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), line AS (
    SELECT p.id AS piece, p.serial, n.id, round(n.quantity / (upper(n.serials) - lower(n.serials)), 6) AS share
    FROM piece p JOIN shipment_line n ON n.tenant_id = $1 AND n.order_id = p.order_id AND n.serials @> p.serial
  UNION
    SELECT b.id, b.serial, n.id, NULL FROM boxes b JOIN shipment_line n ON n.tenant_id = $1 AND n.lot_id = b.box
)
SELECT i.piece::text AS lot_id, s.id::text AS shipment_id, s.shipment_no, coalesce(o.customer_id, s.customer_id)::text AS customer_id,
       coalesce(o.id, s.outlet_id)::text AS outlet_id, s.customer_id::text AS sent_to_customer_id, s.outlet_id::text AS sent_to_outlet_id,
       o.id IS NOT NULL AS diverted, s.delivery_note,
       s.customer_order, s.departed_at::text, s.received_at::text, trim_scale(i.share)::text AS quantity,
       CASE WHEN i.share IS NOT NULL THEN l.unit END AS unit, NULL::int AS packages,
       l.order_id::text, CASE WHEN l.order_id IS NOT NULL THEN i.serial END AS first_serial,
       CASE WHEN l.order_id IS NOT NULL THEN i.serial END AS last_serial, l.returned_at::text,
       (CASE WHEN l.refused_serials @> i.serial THEN i.share ELSE 0 END)::text AS refused_quantity, l.returned_lot_id::text
FROM line i JOIN shipment_line l ON l.tenant_id = $1 AND l.id = i.id JOIN shipment s ON s.tenant_id = $1 AND s.id = l.shipment_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = l.received_outlet_id
WHERE l.lot_id <> ALL(ARRAY(SELECT unnest(string_to_array($3, ','))::uuid)) AND l.cancelled_at IS NULL
ORDER BY s.id, l.id, i.piece
"""
CUSTOMERS = "SELECT id::text, code, name FROM customer WHERE tenant_id = $1 AND id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid)) ORDER BY name, id"
OUTLETS = """
SELECT id::text, customer_id::text, name, division_code FROM outlet
WHERE tenant_id = $1 AND id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid)) ORDER BY name, id
"""
CODE_RANGES = """
SELECT lot_id::text, order_id::text, lower(serials) AS first_serial, upper(serials) - 1 AS last_serial FROM code_range
WHERE tenant_id = $1 AND lot_id = ANY(ARRAY(SELECT unnest(string_to_array($2, ','))::uuid)) ORDER BY order_id, lower(serials)
"""
