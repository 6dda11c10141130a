"""How far a failed check reaches: what was made, or which lots were there, since the last good one."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains.chain.stock.quantities import plain
from server.domains.quality.queries import CURRENT, Row

ON_THE_RUN = frozenset({"first_piece", "hours", "pieces", "last_piece"})
MOST_LOTS = 1000  # named; `lots_in_all` counts the rest

_FAILED = """
SELECT r.id, v.form_id, r.lot_id, r.device_id, r.place_id, coalesce(r.captured_at, r.received_at) AS at, r.operation_id,
       i.trigger, i.operation_id AS due_operation_id
FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
LEFT JOIN inspection_result x ON x.tenant_id = r.tenant_id AND x.record_id = r.id
LEFT JOIN inspection i ON i.tenant_id = x.tenant_id AND i.id = x.inspection_id
WHERE r.tenant_id = $1 AND r.id = $2
"""
_WHERE = """
SELECT o.step_id, o.line_place_id FROM operation o
LEFT JOIN operation_lot x ON x.tenant_id = o.tenant_id AND x.operation_id = o.id AND x.lot_id = $3
WHERE o.tenant_id = $1 AND (o.id = $2 OR ($2::uuid IS NULL AND x.lot_id IS NOT NULL AND o.started_at <= $4))
ORDER BY o.started_at DESC NULLS LAST LIMIT 1
"""
# The newest good check of the same form before: of the same device or place, or at the same step on the same line.
_GOOD = f"""
SELECT r.id, coalesce(r.captured_at, r.received_at) AS at
FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id AND v.form_id = $2
WHERE r.tenant_id = $1 AND r.verdict = 'pass' AND {{same}} AND coalesce(r.captured_at, r.received_at) < $3 AND {CURRENT}
ORDER BY coalesce(r.captured_at, r.received_at) DESC, r.id DESC LIMIT 1
"""  # noqa: S608 - constants
_SAME_RUN = """(r.lot_id = $4 OR r.lot_id IN (
    SELECT x.lot_id FROM operation o JOIN operation_lot x ON x.tenant_id = o.tenant_id AND x.operation_id = o.id
    WHERE o.tenant_id = $1 AND o.step_id IS NOT DISTINCT FROM $5 AND o.line_place_id IS NOT DISTINCT FROM $6 AND $6 IS NOT NULL
      AND o.started_at > $3::timestamptz - interval '31 days' AND o.started_at <= $3))"""
_DURING = "coalesce(o.started_at, o.ended_at, o.created_at) <= $3 AND ($2::timestamptz IS NULL OR coalesce(o.ended_at, $3) >= $2)"
_MADE = """coalesce(o.quantity_good + coalesce(o.quantity_reworked, 0), o.quantity_good, o.quantity_in)"""
# Of an operation that gives several lots nobody says how much came out as which: an even share, the first has what is left over.
_OUT = "FROM operation_lot n WHERE n.tenant_id = $1 AND n.operation_id = o.id AND n.role = 'out'"
_SHARE = f"""
(SELECT trim_scale(CASE WHEN x.lot_id = (array_agg(n.lot_id ORDER BY n.lot_id))[1] THEN {_MADE} - (count(*) - 1) * round({_MADE} / count(*), 3)
             ELSE round({_MADE} / count(*), 3) END) {_OUT})
"""
# What is the same goods under another number since they were there is in doubt as well: parts split off later, mixtures, what was
# worked on again. They were counted with the lot they come from.
_SAME_GOODS = """, goods(lot_id, at, part) AS (
    SELECT lot_id, greatest(min(at), $2::timestamptz), false FROM seen GROUP BY lot_id
  UNION
    SELECT k.to_lot, coalesce(k.at, k.created_at), true
    FROM goods g JOIN link k ON k.tenant_id = $1 AND k.from_lot = g.lot_id
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND coalesce(k.at, k.created_at) >= g.at AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), named AS (
    SELECT lot_id, bool_or(part) AS part, min(at) AS at FROM goods GROUP BY lot_id
)
"""
# Whole operations are counted: what of one was made before the last good check nobody wrote down.
_RUNS = f"""
WITH RECURSIVE seen AS (
    SELECT x.lot_id, coalesce(o.started_at, o.created_at) AS at, {_SHARE} AS made, o.unit
    FROM operation o JOIN operation_lot x ON x.tenant_id = o.tenant_id AND x.operation_id = o.id AND x.role = 'out'
    WHERE o.tenant_id = $1 AND {_DURING} AND (
          (o.step_id IS NOT DISTINCT FROM $4 AND o.line_place_id IS NOT DISTINCT FROM $5 AND $5 IS NOT NULL)
       OR (x.lot_id = $6 AND o.step_id IS NOT DISTINCT FROM $4))
){_SAME_GOODS}, made AS (
    SELECT lot_id, sum(made) AS quantity, min(unit) AS unit, bool_or(made IS NULL) AS unknown, min(at) AS at FROM seen GROUP BY lot_id
)
SELECT l.id AS lot_id, l.lot_no, CASE WHEN m.lot_id IS NULL THEN l.quantity ELSE m.quantity END AS quantity,
       CASE WHEN m.lot_id IS NULL THEN l.unit ELSE m.unit END AS unit, coalesce(m.unknown, l.quantity IS NULL) AS unknown,
       m.lot_id IS NULL AS counted_already, coalesce(m.at, n.at) AS first_at, count(*) OVER () AS lots
FROM named n JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id LEFT JOIN made m ON m.lot_id = n.lot_id
ORDER BY first_at, l.lot_no LIMIT $7
"""  # noqa: S608 - constants
# A device stands in a place, and is moved: what stayed there while it was there was before it, as what was worked on with it.
_THERE = f"""
WITH RECURSIVE stood AS (
    SELECT $5::uuid AS id, NULL::timestamptz AS from_at, NULL::timestamptz AS until_at WHERE $5::uuid IS NOT NULL
  UNION ALL
    SELECT place_id, from_at, until_at FROM device_placement WHERE tenant_id = $1 AND device_id = $4
  UNION ALL -- never moved
    SELECT d.place_id, NULL, NULL FROM device d WHERE d.tenant_id = $1 AND d.id = $4 AND d.place_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM device_placement n WHERE n.tenant_id = $1 AND n.device_id = d.id)
), places(id, from_at, until_at) AS (
    SELECT id, from_at, until_at FROM stood
  UNION SELECT p.id, a.from_at, a.until_at FROM places a JOIN place p ON p.tenant_id = $1 AND p.parent_id = a.id
), seen AS (
    SELECT s.lot_id, greatest(s.from_at, a.from_at) AS at, NULL::numeric AS made, NULL::text AS unit
    FROM places a JOIN stay s ON s.tenant_id = $1 AND s.place_id = a.id
    WHERE greatest(s.from_at, a.from_at, $2::timestamptz) <= least(coalesce(s.to_at, $3), a.until_at, $3)
  UNION ALL
    SELECT x.lot_id, coalesce(o.started_at, o.created_at), CASE WHEN x.role = 'out' THEN {_SHARE} END, o.unit
    FROM operation o JOIN operation_lot x ON x.tenant_id = o.tenant_id AND x.operation_id = o.id
    WHERE o.tenant_id = $1 AND {_DURING}
      AND (EXISTS (SELECT FROM places a WHERE a.id = o.line_place_id
                   AND greatest(coalesce(o.started_at, o.ended_at, o.created_at), a.from_at, $2::timestamptz)
                       <= least(coalesce(o.ended_at, $3), a.until_at, $3))
           OR EXISTS (SELECT FROM operation_device d WHERE d.tenant_id = $1 AND d.operation_id = o.id AND d.device_id = $4))
){_SAME_GOODS}, made AS (
    SELECT lot_id, sum(made) AS quantity, min(unit) AS unit, min(at) AS at FROM seen GROUP BY lot_id
)
SELECT l.id AS lot_id, l.lot_no, coalesce(m.quantity, l.quantity) AS quantity, coalesce(m.unit, l.unit) AS unit,
       coalesce(m.quantity, l.quantity) IS NULL AS unknown, n.part AND m.quantity IS NULL AS counted_already,
       coalesce(m.at, n.at) AS first_at, count(*) OVER () AS lots
FROM named n JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id LEFT JOIN made m ON m.lot_id = n.lot_id
ORDER BY first_at, l.lot_no LIMIT $6
"""  # noqa: S608 - constants


class ReachedLot(NamedTuple):
    """`quantity` in `unit`, None where nobody counted; of an operation that gave several lots an even share."""

    lot_id: UUID
    lot_no: str
    quantity: Decimal | None
    unit: str | None
    first_at: datetime


class Reach(NamedTuple):
    """`since`: the last good check of the same kind, None where there is none: then everything before counts.
    `quantities`: the sum by unit; `unknown_quantities`: of how many lots nothing was counted."""

    kind: str  # made_since | was_there_since
    since_record_id: UUID | None
    since: datetime | None
    until: datetime
    lots: list[ReachedLot]
    lots_in_all: int
    quantities: dict[str, Decimal]
    unknown_quantities: int


async def reach_of(tenant_id: UUID, record_id: UUID) -> Reach | None:
    """What the failed check of a first piece, patrol, device or place puts in doubt; None for other records, which speak
    for their own lot alone. NotFound."""
    row = await db.fetchrow(_FAILED, tenant_id, record_id)
    if row is None:
        raise NotFound
    if row["lot_id"] is not None:
        return await _made(tenant_id, dict(row)) if row["trigger"] in ON_THE_RUN else None
    if row["device_id"] is not None or row["place_id"] is not None:
        return await _there(tenant_id, dict(row))
    return None


async def _made(tenant_id: UUID, failed: Row) -> Reach:
    operation_id = failed["operation_id"] or failed["due_operation_id"]
    at = await db.fetchrow(_WHERE, tenant_id, operation_id, failed["lot_id"], failed["at"])
    step_id, line_id = (at["step_id"], at["line_place_id"]) if at else (None, None)
    good = await db.fetchrow(
        _GOOD.format(same=_SAME_RUN), tenant_id, failed["form_id"], failed["at"], failed["lot_id"], step_id, line_id
    )
    since = good["at"] if good else None
    rows = await db.fetch(_RUNS, tenant_id, since, failed["at"], step_id, line_id, failed["lot_id"], MOST_LOTS)
    return _reach("made_since", failed, dict(good) if good else None, [dict(row) for row in rows])


async def _there(tenant_id: UUID, failed: Row) -> Reach:
    column = "device_id" if failed["device_id"] is not None else "place_id"
    good = await db.fetchrow(
        _GOOD.format(same=f"r.{column} = $4"), tenant_id, failed["form_id"], failed["at"], failed[column]
    )
    since = good["at"] if good else None
    rows = await db.fetch(_THERE, tenant_id, since, failed["at"], failed["device_id"], failed["place_id"], MOST_LOTS)
    return _reach("was_there_since", failed, dict(good) if good else None, [dict(row) for row in rows])


def _reach(kind: str, failed: Row, good: Row | None, found: Sequence[Row]) -> Reach:
    quantities: dict[str, Decimal] = {}
    counted = [row for row in found if not row["counted_already"]]
    for row in counted:
        if not row["unknown"]:
            unit = row["unit"] or ""
            quantities[unit] = quantities.get(unit, Decimal(0)) + row["quantity"]
    quantities = {unit: Decimal(plain(total)) for unit, total in quantities.items()}
    lots = [ReachedLot(*(row[name] for name in ReachedLot._fields)) for row in found]
    since_id, since = (good["id"], good["at"]) if good else (None, None)
    unknown = sum(row["unknown"] for row in counted)
    in_all = found[0]["lots"] if found else 0
    return Reach(kind, since_id, since, failed["at"], lots, in_all, quantities, unknown)
