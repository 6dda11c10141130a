"""The ledgers of Food Safety Law 50, 51 and 53: what came in, what was tested before it left, what went to whom."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from i18n import SHANGHAI
from server.core import db
from server.core.errors import FieldError, Invalid
from server.domains.reports.commands import LedgerKind

MOST_ROWS: Final = 100_000
MOST_DAYS: Final = 366
CellKind = Literal["text", "number", "day", "last_day", "time"]


class LedgerColumn(NamedTuple):
    """A column of a ledger: the name in its query, whose title is `sheet.ledger.<name>`, and what its cells are."""

    name: str
    kind: CellKind = "text"
    width: int = 14


class Ledger(NamedTuple):
    """One ledger: its columns and its query over ($1 tenant, $2 from, $3 to, $4 most rows)."""

    columns: Sequence[LedgerColumn]
    sql: str


# What lay in a package when the line's shipment left: lots and their quantities, at any depth.
_CONTENTS: Final = """
WITH RECURSIVE packages(id) AS (
    SELECT n.lot_id
  UNION
    SELECT k.from_lot FROM packages b JOIN link k ON k.tenant_id = $1 AND k.to_lot = b.id AND {packed}
    JOIN lot i ON i.tenant_id = $1 AND i.id = k.from_lot AND i.kind = 'package'
)
SELECT k.from_lot AS lot_id, sum(k.quantity) AS quantity, k.unit
FROM packages b JOIN link k ON k.tenant_id = $1 AND k.to_lot = b.id AND {packed}
JOIN lot i ON i.tenant_id = $1 AND i.id = k.from_lot AND i.kind <> 'package'
GROUP BY k.from_lot, k.unit
"""
_PACKED: Final = """k.kind = 'packed' AND k.reverses IS NULL AND (k.until IS NULL OR k.until > n.sold)
    AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)"""
_C = LedgerColumn
_LOT: Final = (_C("product", width=24), _C("spec"), _C("lot_no", width=18))
_LEDGERS: Final[dict[LedgerKind, Ledger]] = {
    "receipts": Ledger(
        (
            _C("received", "day", 12),
            *_LOT,
            _C("supplier_lot_no", width=16),
            _C("quantity", "number", 11),
            _C("unit", width=8),
            _C("produced", "day", 12),
            _C("expires", "last_day", 12),
            _C("keep_until", "day", 12),
            _C("supplier", width=24),
            _C("supplier_address", width=28),
            _C("supplier_contact", width=18),
            _C("supplier_credit_code", width=21),
            _C("purchase_order"),
            _C("inspection"),
            _C("inspectors"),
            _C("state"),
        ),
        """
SELECT l.received_at AS received, p.name AS product, p.spec, l.lot_no, l.supplier_lot_no, l.quantity, l.unit,
       l.produced_at AS produced, l.expires_at AS expires, coalesce(l.expires_at + interval '6 months', l.received_at + interval '2 years') AS keep_until,
       s.name AS supplier, s.address AS supplier_address,
       s.contact AS supplier_contact, s.credit_code AS supplier_credit_code, l.purchase_order,
       CASE WHEN q.records IS NULL OR q.records = 0 THEN NULL WHEN q.fails > 0 THEN 'fail' WHEN q.not_judged > 0 THEN 'not_judged'
            ELSE 'pass' END AS inspection,
       (SELECT string_agg(DISTINCT r.operator_name, '、') FROM record r WHERE r.tenant_id = $1 AND r.lot_id = l.id
          AND (r.stage = 'material' OR EXISTS (SELECT FROM inspection_result x JOIN inspection i ON i.tenant_id = $1 AND i.id = x.inspection_id
               WHERE x.tenant_id = $1 AND x.record_id = r.id AND i.trigger = 'receipt'))) AS inspectors, l.state
FROM lot l
JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
LEFT JOIN supplier s ON s.tenant_id = l.tenant_id AND s.id = l.supplier_id
LEFT JOIN lot_quality q ON q.tenant_id = l.tenant_id AND q.lot_id = l.id
WHERE l.tenant_id = $1 AND l.kind = 'material' AND l.received_at >= $2 AND l.received_at < $3
  AND NOT EXISTS ( -- a part, a mixture or what was worked on again came in as what it was made of
      SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = l.id AND k.kind IN ('split', 'merged', 'reworked', 'repaired')
      AND k.created_at = l.created_at)
ORDER BY l.received_at, l.id LIMIT $4
""",
    ),
    "tests": Ledger(
        (
            _C("signed", "time", 17),
            *_LOT,
            _C("quantity", "number", 11),
            _C("unit", width=8),
            _C("produced", "day", 12),
            _C("expires", "last_day", 12),
            _C("standard", width=18),
            _C("inspection"),
            _C("inspectors"),
            _C("decision"),
            _C("signer"),
            _C("certificate_no", width=18),
            _C("parts", width=22),
            _C("report_no", width=16),
            _C("first_sold", "day", 12),
            _C("buyers", width=30),
            _C("buyers_address", width=30),
            _C("buyers_contact", width=24),
            _C("keep_until", "day", 12),
        ),
        """
SELECT a.signed_at AS signed, p.name AS product, p.spec, l.lot_no, l.quantity - coalesce(taken.quantity, 0) AS quantity, l.unit, l.produced_at AS produced,
       l.expires_at AS expires, p.standard,
       CASE WHEN q.records IS NULL OR q.records = 0 THEN NULL WHEN q.fails > 0 THEN 'fail' WHEN q.not_judged > 0 THEN 'not_judged'
            ELSE 'pass' END AS inspection,
       (SELECT string_agg(DISTINCT r.operator_name, '、') FROM record r WHERE r.tenant_id = $1 AND r.lot_id = l.id
          AND r.stage = 'testing') AS inspectors,
       a.decision, a.signer_name AS signer, a.certificate_no, sold.parts,
       (SELECT d.number FROM document d WHERE d.tenant_id = $1 AND d.kind = 'test_report' AND d.subject_id = l.id
        ORDER BY d.id LIMIT 1) AS report_no,
       sold.first_sold, sold.buyers, sold.buyers_address, sold.buyers_contact,
       coalesce(l.expires_at + interval '6 months', a.signed_at + interval '2 years') AS keep_until
FROM release a
JOIN lot l ON l.tenant_id = a.tenant_id AND l.id = a.lot_id
JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
LEFT JOIN lot_quality q ON q.tenant_id = l.tenant_id AND q.lot_id = l.id
LEFT JOIN LATERAL ( -- what had gone its own way before is signed for by itself
    SELECT sum(k.drawn_quantity) AS quantity FROM link k
    WHERE k.tenant_id = $1 AND k.from_lot = l.id AND k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.created_at < a.signed_at
      AND k.reverses IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)) taken ON true
LEFT JOIN LATERAL (
    SELECT min(coalesce(h.departed_at, h.created_at)) AS first_sold, string_agg(DISTINCT c.name, '、') AS buyers,
           string_agg(DISTINCT coalesce(o.address, c.address), '；') AS buyers_address, string_agg(DISTINCT c.contact, '；') AS buyers_contact,
           string_agg(DISTINCT part.lot_no, '、') AS parts
    FROM (WITH RECURSIVE around(id) AS (
              SELECT l.id
            UNION
              SELECT k.to_lot FROM around i JOIN link k ON k.tenant_id = $1 AND k.from_lot = i.id
              WHERE k.kind IN ('packed', 'split', 'merged') AND k.reverses IS NULL
                AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
                AND (k.kind = 'packed' OR EXISTS (
                    SELECT FROM decisions_standing($1, ARRAY[k.to_lot]) s WHERE s.release_id = a.id))
          ) SELECT id FROM around) w
    LEFT JOIN lot part ON part.tenant_id = $1 AND part.id = w.id AND part.id <> l.id AND part.kind <> 'package'
    LEFT JOIN (shipment_line n JOIN shipment h ON h.tenant_id = n.tenant_id AND h.id = n.shipment_id)
        ON n.tenant_id = $1 AND n.lot_id = w.id AND n.returned_at IS NULL
    LEFT JOIN customer c ON c.tenant_id = h.tenant_id AND c.id = h.customer_id
    LEFT JOIN outlet o ON o.tenant_id = h.tenant_id AND o.id = h.outlet_id) sold ON true
WHERE a.tenant_id = $1 AND l.kind = 'finished' AND a.signed_at >= $2 AND a.signed_at < $3
ORDER BY a.signed_at, a.id LIMIT $4
""",
    ),
    "sales": Ledger(
        (
            _C("sold", "day", 12),
            _C("shipment_no", width=18),
            _C("delivery_note", width=16),
            *_LOT,
            _C("packed_in", width=18),
            _C("quantity", "number", 11),
            _C("unit", width=8),
            _C("refused", "number", 10),
            _C("produced", "day", 12),
            _C("expires", "last_day", 12),
            _C("certificate_no", width=18),
            _C("buyer", width=24),
            _C("outlet", width=20),
            _C("arrived_at", width=20),
            _C("buyer_address", width=28),
            _C("buyer_contact", width=18),
            _C("received", "time", 17),
            _C("keep_until", "day", 12),
        ),
        # What left is found first: what lies in a package is asked for these lines alone, whatever the planner knows of the tables.
        f"""
WITH gone AS MATERIALIZED (
SELECT n.*, coalesce(h.departed_at, h.created_at) AS sold, whole.kind AS whole_kind, whole.lot_no AS whole_no
FROM shipment h
JOIN shipment_line n ON n.tenant_id = h.tenant_id AND n.shipment_id = h.id
JOIN lot whole ON whole.tenant_id = n.tenant_id AND whole.id = n.lot_id
WHERE h.tenant_id = $1 AND coalesce(h.departed_at, h.created_at) >= $2 AND coalesce(h.departed_at, h.created_at) < $3
  AND NOT (n.returned_at IS NOT NULL AND (n.refused_quantity = 0 OR (h.departed_at IS NULL AND h.received_at IS NULL)))
), goods AS MATERIALIZED (
SELECT n.*, g.lot_id AS goods_id, g.quantity AS goods_quantity, g.unit AS goods_unit
FROM gone n
CROSS JOIN LATERAL (
    WITH inside AS ({_CONTENTS.format(packed=_PACKED)})
    SELECT lot_id, quantity, unit FROM inside WHERE n.whole_kind = 'package'
    UNION ALL SELECT n.lot_id, n.quantity, n.unit WHERE n.whole_kind <> 'package' OR NOT EXISTS (SELECT FROM inside)) g
), lines AS MATERIALIZED (
SELECT g.goods_id, g.id AS line_id, h.id AS shipment_id, g.sold, h.shipment_no, h.delivery_note, p.name AS product, p.spec, l.lot_no,
       CASE WHEN g.goods_id <> g.lot_id THEN g.whole_no END AS packed_in, g.goods_quantity AS quantity, g.goods_unit AS unit,
       CASE WHEN g.goods_id = g.lot_id THEN g.refused_quantity WHEN g.refused_quantity > 0 THEN g.goods_quantity ELSE 0 END AS refused,
       l.produced_at AS produced, l.expires_at AS expires,
       c.name AS buyer, o.name AS outlet, r.name AS arrived_at, coalesce(o.address, c.address) AS buyer_address, c.contact AS buyer_contact,
       h.received_at AS received, coalesce(l.expires_at + interval '6 months', g.sold + interval '2 years') AS keep_until
FROM goods g
JOIN shipment h ON h.tenant_id = $1 AND h.id = g.shipment_id
JOIN lot l ON l.tenant_id = $1 AND l.id = g.goods_id
JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
JOIN customer c ON c.tenant_id = h.tenant_id AND c.id = h.customer_id
LEFT JOIN outlet o ON o.tenant_id = h.tenant_id AND o.id = h.outlet_id
LEFT JOIN outlet r ON r.tenant_id = g.tenant_id AND r.id = g.received_outlet_id
ORDER BY g.sold, h.id, g.id, l.lot_no LIMIT $4
), standing AS MATERIALIZED (
SELECT s.root, string_agg(DISTINCT a.certificate_no, '、') AS certificate_no
FROM decisions_standing($1, ARRAY(SELECT DISTINCT goods_id FROM lines)) s JOIN release a ON a.tenant_id = $1 AND a.id = s.release_id GROUP BY s.root
)
SELECT x.*, s.certificate_no FROM lines x LEFT JOIN standing s ON s.root = x.goods_id ORDER BY x.sold, x.shipment_id, x.line_id, x.lot_no
""",  # noqa: S608 - constants
    ),
}


def columns_of(kind: LedgerKind) -> Sequence[LedgerColumn]:
    return _LEDGERS[kind].columns


async def ledger_rows(tenant_id: UUID, kind: LedgerKind, start: date, end: date) -> list[Mapping[str, Any]]:
    """The rows of these days of China, both included, in time. Raises Invalid for a period that is backwards, longer than
    a year, or holds more than MOST_ROWS."""
    if start > end:
        raise Invalid([FieldError("to", "period_backwards")])
    if (end - start).days >= MOST_DAYS:
        raise Invalid([FieldError("to", "period_too_long", {"days": MOST_DAYS})])
    opens, ends = _midnight(start), _midnight(end + timedelta(days=1))
    rows = await db.fetch(_LEDGERS[kind].sql, tenant_id, opens, ends, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise Invalid([FieldError("to", "ledger_too_long", {"rows": MOST_ROWS})])
    return [dict(row) for row in rows]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
