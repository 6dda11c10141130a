"""The codes behind lots that no code stands for: of a piece with records of its own, and of what lies in a package."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core import db
from server.domains import codes

# Of the lots $2 the pieces, and what lies in the packages at any depth: by root, runs of serials that stand for one lot.
# $3: only what was shipped and whose product shows investigations.
_PIECES = """
WITH RECURSIVE boxes(root, box) AS (
    SELECT id, id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind = 'package'
  UNION
    SELECT b.root, k.from_lot FROM boxes b JOIN link k ON k.tenant_id = $1 AND k.to_lot = b.box
    WHERE k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), pieces AS (
    SELECT b.root, c.lot_id, c.order_id, c.serial, c.state
    FROM boxes b JOIN code c ON c.tenant_id = $1 AND c.package_id = b.box
  UNION
    SELECT l.id, c.lot_id, c.order_id, c.serial, c.state
    FROM lot l JOIN code c ON c.tenant_id = $1 AND c.text = l.code_text
    WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND l.kind = 'unit'
), told AS (
    SELECT p.root, p.lot_id, p.order_id, p.serial,
           p.serial - row_number() OVER (PARTITION BY p.root, p.lot_id, p.order_id ORDER BY p.serial) AS run
    FROM pieces p
    WHERE NOT $3 OR (p.state = $4 AND EXISTS (
        SELECT FROM lot l JOIN product q ON q.tenant_id = $1 AND q.id = l.product_id
        WHERE l.tenant_id = $1 AND l.id = p.lot_id AND q.show_investigation))
)
SELECT root, lot_id, order_id, min(serial) AS first, max(serial) AS last FROM told
GROUP BY root, lot_id, order_id, run ORDER BY root, lot_id, order_id, first
"""
# Goods that lie in the packages $2, at any depth, by their quantity alone.
_UNCODED = """
WITH RECURSIVE boxes(box) AS (
    SELECT id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind = 'package'
  UNION
    SELECT k.from_lot FROM boxes b JOIN link k ON k.tenant_id = $1 AND k.to_lot = b.box
    WHERE k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT DISTINCT l.id, l.lot_no FROM boxes b
JOIN link k ON k.tenant_id = $1 AND k.to_lot = b.box AND k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL AND NOT k.coded
JOIN lot l ON l.tenant_id = $1 AND l.id = k.from_lot AND l.kind <> 'package'
WHERE NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id) ORDER BY l.lot_no
"""


# Of the lots $2 those without codes that were split off a coded lot, at any depth, without naming the pieces.
_PARTED_UNNAMED = """
WITH RECURSIVE origin(root, lot) AS (
    SELECT id, id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind NOT IN ('unit', 'package')
       AND NOT EXISTS (SELECT FROM code_range r WHERE r.tenant_id = $1 AND r.lot_id = lot.id)
  UNION
    SELECT o.root, k.from_lot FROM origin o JOIN link k ON k.tenant_id = $1 AND k.to_lot = o.lot
    WHERE k.kind IN ('split', 'merged') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT DISTINCT l.id, l.lot_no FROM origin o JOIN lot l ON l.tenant_id = $1 AND l.id = o.root
WHERE o.lot <> o.root AND EXISTS (
    SELECT FROM code_range r JOIN code_order c ON c.tenant_id = $1 AND c.id = r.order_id AND c.level = 'item' AND c.audience = 'public'
    WHERE r.tenant_id = $1 AND r.lot_id = o.lot)
"""


@dataclass(frozen=True, slots=True)
class NoticeRange:
    """Serials `first` to `last` of an order, both included, whose codes stand for `lot_id`."""

    lot_id: UUID
    order_id: UUID
    first: int
    last: int


async def coded_pieces(
    tenant_id: UUID, lot_ids: Sequence[UUID], *, shown_alone: bool = False
) -> list[tuple[UUID, NoticeRange]]:
    """By which codes people hold the pieces among these lots and what lies in the packages among them: (lot, range).
    `shown_alone`: of these, what was shipped and whose product shows investigations."""
    rows = await db.fetch(_PIECES, tenant_id, list(lot_ids), shown_alone, codes.SHIPPED)
    return [(row["root"], NoticeRange(row["lot_id"], row["order_id"], row["first"], row["last"])) for row in rows]


async def parted_unnamed(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of these lots (id -> number) those whose pieces carry codes that still stand for the lot they were split off."""
    return {row["id"]: row["lot_no"] for row in await db.fetch(_PARTED_UNNAMED, tenant_id, list(lot_ids))}


async def uncoded_contents(tenant_id: UUID, package_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The lots (id -> number) of which goods lie in these packages that no code of a piece stands for."""
    return {row["id"]: row["lot_no"] for row in await db.fetch(_UNCODED, tenant_id, list(package_ids))}
