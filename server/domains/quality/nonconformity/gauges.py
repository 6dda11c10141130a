"""Gauges: whether their calibration held when they were used, and what a failed one had measured since it last held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains import chain, devices
from server.domains.access import audit
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.commands import GaugeRule

OVERDUE = ("expired", "failed", "none")
_RULE = "SELECT overdue FROM gauge_rule WHERE tenant_id = $1"
_SET_RULE = """
INSERT INTO gauge_rule (tenant_id, overdue) VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE SET overdue = excluded.overdue
"""
_NAMED = """
SELECT d.id, d.code, d.id = ANY ($2::uuid[]) AS named FROM device d
WHERE d.tenant_id = $1 AND (d.id = ANY ($2::uuid[]) OR d.id IN (
    SELECT o.device_id FROM operation_device o WHERE o.tenant_id = $1 AND o.operation_id = $3))
"""
_USED = """
INSERT INTO record_gauge (tenant_id, record_id, device_id, calibration, at, lot_id, results)
SELECT $1, $2, d.id, d.state, $5, $6, $7 FROM unnest($3::uuid[], $4::text[]) AS d(id, state)
"""
# A failed calibration ($3, else the newest), the last good one before it, and the first good one after it.
_WINDOW = """
SELECT f.id, f.certificate_no, f.calibrated_at AS failed_at,
       (SELECT max(g.calibrated_at) FROM calibration g WHERE g.tenant_id = $1 AND g.device_id = $2 AND g.passed
        AND g.calibrated_at < f.calibrated_at) AS good_at,
       (SELECT min(g.calibrated_at) FROM calibration g WHERE g.tenant_id = $1 AND g.device_id = $2 AND g.passed
        AND g.calibrated_at > f.calibrated_at) AS good_again_at
FROM calibration f WHERE f.tenant_id = $1 AND f.device_id = $2 AND NOT f.passed AND ($3::uuid IS NULL OR f.id = $3)
ORDER BY f.calibrated_at DESC LIMIT 1
"""
# Records made with the gauge. Where nobody had it calibrated yet, they are those of the operations that used it. $3, $4: from
# when and until when, each may be empty.
_RECORDS = """
WITH RECURSIVE named AS NOT MATERIALIZED (
    SELECT d.record_id AS id, d.lot_id, d.results FROM record_gauge d
    WHERE d.tenant_id = $1 AND d.device_id = $2 AND ($3::timestamptz IS NULL OR d.at >= $3) AND ($4::timestamptz IS NULL OR d.at < $4)
), unnamed AS (
    SELECT r.id, r.lot_id FROM operation_device o
    JOIN record r ON r.tenant_id = $1 AND r.operation_id = o.operation_id
    WHERE o.tenant_id = $1 AND o.device_id = $2 AND o.calibration = 'not_required'
      AND ($3::timestamptz IS NULL OR coalesce(r.captured_at, r.received_at) >= $3)
      AND ($4::timestamptz IS NULL OR coalesce(r.captured_at, r.received_at) < $4)
      AND NOT EXISTS (SELECT FROM record_gauge d WHERE d.tenant_id = $1 AND d.record_id = r.id AND d.device_id = $2)
)
"""
# Lots: of those records, of the operations themselves, and what is the same goods under another number: parts that were split off,
# mixtures, what was worked on again. What was made of them is told by their trace.
_LOTS = """
{records}, touched AS (
    SELECT lot_id AS id, count(*) AS records FROM named WHERE lot_id IS NOT NULL GROUP BY lot_id
  UNION ALL
    SELECT lot_id, count(*) FROM unnamed WHERE lot_id IS NOT NULL GROUP BY lot_id
  UNION ALL
    SELECT l.lot_id, 0 FROM operation_device o
    JOIN operation p ON p.tenant_id = $1 AND p.id = o.operation_id
    JOIN operation_lot l ON l.tenant_id = $1 AND l.operation_id = o.operation_id
    WHERE o.tenant_id = $1 AND o.device_id = $2
      AND ($3::timestamptz IS NULL OR coalesce(p.ended_at, p.started_at, p.created_at) >= $3)
      AND ($4::timestamptz IS NULL OR coalesce(p.started_at, p.ended_at, p.created_at) < $4)
), goods(id) AS (
    SELECT id FROM touched
  UNION
    SELECT k.to_lot FROM goods g JOIN link k ON k.tenant_id = $1 AND k.from_lot = g.id AND k.kind IN ('split', 'merged', 'reworked', 'repaired')
    WHERE k.reverses IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT l.id, l.lot_no, l.state, p.name AS product_name, t.records, l.quantity + l.counted_difference - l.used_quantity AS left_over,
       l.unit, EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL) AS held
FROM (SELECT g.id, coalesce(sum(t.records), 0)::int AS records FROM goods g LEFT JOIN touched t ON t.id = g.id GROUP BY g.id) t
JOIN lot l ON l.tenant_id = $1 AND l.id = t.id
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
ORDER BY l.id
""".replace("{records}", _RECORDS)
_COUNTS = """
{records}
SELECT n.records + u.records AS records, n.results + u.results AS results
FROM (SELECT count(*) AS records, coalesce(sum(results), 0)::bigint AS results FROM named) n,
     (SELECT count(*) AS records, coalesce(sum((SELECT count(*) FROM measurement m WHERE m.tenant_id = $1 AND m.record_id = u.id)), 0)::bigint
             AS results FROM unnamed u) u
""".replace("{records}", _RECORDS)
_RESULTS = """
{records}
SELECT m.record_id, m.position, r.lot_id, l.lot_no, c.name, c.name_en, m.value, m.qualifier, m.option, m.counts, m.unit, m.verdict,
       m.at
FROM (SELECT id FROM named WHERE id >= $5 UNION SELECT id FROM unnamed WHERE id >= $5) u
JOIN record r ON r.tenant_id = $1 AND r.id = u.id
JOIN measurement m ON m.tenant_id = $1 AND m.record_id = u.id
JOIN characteristic c ON c.tenant_id = $1 AND c.id = m.characteristic_id
LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = r.lot_id
WHERE (m.record_id, m.position) > ($5, $6) ORDER BY m.record_id, m.position LIMIT $7
""".replace("{records}", _RECORDS)
# Where their goods went: lines of the lots themselves, and of the packages they were packed into, at any depth.
_SHIPPED = """
WITH RECURSIVE outside(lot, around) AS (
    SELECT l, l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT o.lot, k.to_lot FROM outside o JOIN link k ON k.tenant_id = $1 AND k.from_lot = o.around AND k.kind = 'packed'
    WHERE k.reverses IS NULL AND k.until IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT o.lot AS lot_id, t.lot_no, s.shipment_no, s.id AS shipment_id, c.name AS customer_name, n.quantity, n.unit,
       k.lot_no AS package_no, n.order_id, lower(n.serials) AS first_serial, upper(n.serials) - 1 AS last_serial
FROM outside o
JOIN shipment_line n ON n.tenant_id = $1 AND n.lot_id = o.around AND n.returned_at IS NULL
JOIN shipment s ON s.tenant_id = $1 AND s.id = n.shipment_id
JOIN customer c ON c.tenant_id = $1 AND c.id = s.customer_id
JOIN lot t ON t.tenant_id = $1 AND t.id = o.lot
LEFT JOIN lot k ON k.tenant_id = $1 AND k.id = o.around AND o.around <> o.lot
ORDER BY s.id, n.id, o.lot
"""
# The codes among them, as ranges: by the serials of a line, and by the pieces that lie in a shipped package.
_CODES = """
WITH gone AS (
    SELECT c.order_id, c.serial, c.shipment_id, c.lot_id, c.serial - row_number() OVER (PARTITION BY c.order_id, c.shipment_id, c.lot_id ORDER BY c.serial) AS island
    FROM code_range r JOIN code c ON c.tenant_id = $1 AND c.order_id = r.order_id AND c.serial >= lower(r.serials) AND c.serial < upper(r.serials)
    WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[]) AND c.state = 4
)
SELECT g.lot_id, g.order_id, min(g.serial) AS first, max(g.serial) AS last, count(*)::int AS codes, s.shipment_no
FROM gone g LEFT JOIN shipment s ON s.tenant_id = $1 AND s.id = g.shipment_id
GROUP BY g.lot_id, g.order_id, g.shipment_id, s.shipment_no, g.island ORDER BY g.lot_id, g.order_id, first
"""


class Gauge(NamedTuple):
    """A gauge of an entry; `named` by the entry itself, else by its operation."""

    id: UUID
    code: str
    calibration: devices.Validity
    named: bool

    @property
    def overdue(self) -> bool:
        return self.calibration in OVERDUE


class Affected(NamedTuple):
    """What was measured with a gauge that failed, between the last calibration that passed (None: there was none) and
    the next (None: not yet). `hold` stops what is still here of it, ready to be sent; None where nothing is to stop."""

    calibration_id: UUID
    certificate_no: str
    failed_at: datetime
    good_at: datetime | None
    good_again_at: datetime | None
    records: int
    results: int
    lots: list[asyncpg.Record]
    shipped: list[asyncpg.Record]
    codes: list[asyncpg.Record]
    hold: chain.NewHold | None


async def set_gauge_rule(actor: Actor, command: GaugeRule) -> None:
    """Say whether entries made with an overdue gauge are marked or refused."""
    before = await gauge_rule(actor.tenant)
    await db.execute(_SET_RULE, actor.tenant, command.overdue)
    await audit.record(
        actor,
        "gauge_rule.changed",
        "tenant",
        actor.tenant,
        before={"overdue": before},
        after={"overdue": command.overdue},
    )


async def gauge_rule(tenant_id: UUID) -> str:
    """`mark` where nobody said otherwise."""
    return await db.fetchval(_RULE, tenant_id) or "mark"


async def admit_gauges(
    tenant_id: UUID, gauge_ids: Sequence[UUID], operation_id: UUID | None, at: datetime
) -> list[Gauge]:
    """How the gauges of an entry stand at its moment: those it names and those its operation used. Raises NotFound, and
    GaugeOverdue where the enterprise takes no entries made with one whose calibration does not hold."""
    if not gauge_ids and operation_id is None:
        return []
    rows = await db.fetch(_NAMED, tenant_id, list(gauge_ids), operation_id)
    if set(gauge_ids) - {row["id"] for row in rows}:
        raise NotFound(field="gauge_ids")
    states = await devices.calibration_at(tenant_id, [row["id"] for row in rows], at)
    gauges = [Gauge(row["id"], row["code"], states[row["id"]], row["named"]) for row in rows]
    overdue = [gauge for gauge in gauges if gauge.overdue]
    if overdue and await gauge_rule(tenant_id) == "block":
        raise problems.GaugeOverdue(field="gauge_ids", device=overdue[0].code)
    return gauges


async def keep_gauges(
    tenant_id: UUID, record_id: UUID, gauges: Sequence[Gauge], at: datetime, lot_id: UUID | None, results: int
) -> None:
    """The gauges of a record with their calibration as it stood: those it names, and of its operation's devices those
    that are calibrated at all."""
    used = [gauge for gauge in gauges if gauge.named or gauge.calibration != "not_required"]
    if used:
        ids, states = [gauge.id for gauge in used], [gauge.calibration for gauge in used]
        await db.execute(_USED, tenant_id, record_id, ids, states, at, lot_id, results)


async def gauges_of(tenant_id: UUID, record_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The gauges that each record was measured with: device_id, code, name, calibration as it stood then."""
    rows = await db.fetch(
        "SELECT r.record_id, r.device_id, d.code, d.name, r.calibration FROM record_gauge r"
        " JOIN device d ON d.tenant_id = $1 AND d.id = r.device_id WHERE r.tenant_id = $1 AND r.record_id = ANY($2::uuid[])"
        " ORDER BY d.code",
        tenant_id, list(record_ids),
    )  # fmt: skip
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["record_id"], []).append(
            {name: row[name] for name in ("device_id", "code", "name", "calibration")}
        )
    return found


async def affected_by(actor: Actor, device_id: UUID, calibration_id: UUID | None = None) -> Affected | None:
    """What this failed calibration of the gauge, or its newest, puts in doubt; None where none failed. Raises NotFound, also
    for a calibration that passed or is another gauge's."""
    window = await _window(actor.tenant, device_id, calibration_id)
    if window is None:
        return None
    wanted = (actor.tenant, device_id, window["good_at"], window["good_again_at"])
    lots = await db.fetch(_LOTS, *wanted)
    counts = await db.fetchrow(_COUNTS, *wanted)
    assert counts is not None
    ids = [row["id"] for row in lots]
    shipped = await db.fetch(_SHIPPED, actor.tenant, ids)
    codes = await db.fetch(_CODES, actor.tenant, ids)
    here = [row["id"] for row in lots if not row["held"] and (row["left_over"] is None or row["left_over"] > 0)]
    return Affected(
        window["id"], window["certificate_no"], window["failed_at"], window["good_at"], window["good_again_at"],
        counts["records"], counts["results"], lots, shipped, codes, await _hold(actor, device_id, window, here),
    )  # fmt: skip


async def _window(tenant_id: UUID, device_id: UUID, calibration_id: UUID | None) -> asyncpg.Record | None:
    if not await db.fetchval("SELECT true FROM device WHERE tenant_id = $1 AND id = $2", tenant_id, device_id):
        raise NotFound
    window = await db.fetchrow(_WINDOW, tenant_id, device_id, calibration_id)
    if window is None and calibration_id is not None:
        raise NotFound(field="calibration_id")
    return window


async def _hold(
    actor: Actor, device_id: UUID, window: asyncpg.Record, lots: list[UUID]
) -> chain.NewHold | None:  # fmt: skip
    if not lots:
        return None
    code = await db.fetchval("SELECT code FROM device WHERE tenant_id = $1 AND id = $2", actor.tenant, device_id)
    words = {"device": code.replace(":", " "), "certificate": window["certificate_no"].replace(":", " ")}
    return chain.NewHold(
        lot_ids=lots[:10_000], kind="under_review", cause=text("nonconformity.gauge_cause", actor.language, **words)[:80],
        reason=text("nonconformity.gauge_reason", actor.language, **words),
    )  # fmt: skip


async def affected_results(
    tenant_id: UUID, device_id: UUID, after: tuple[UUID, int] | None, limit: int, calibration_id: UUID | None = None
) -> list[asyncpg.Record]:
    """The results in doubt, in the order of their records, after (record, position). Raises NotFound."""
    window = await _window(tenant_id, device_id, calibration_id)
    if window is None:
        return []
    record, position = after or (chain.queries.LOWEST_ID, 0)
    return await db.fetch(
        _RESULTS, tenant_id, device_id, window["good_at"], window["good_again_at"], record, position, limit
    )
