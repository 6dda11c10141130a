"""Lists of inspections: what is due, missed, done, for a lot and for the enterprise. Every list is an index range."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains.quality.inspection.commands import DAYS, DayFilter, InspectionFilter
from server.domains.quality.inspection.severity import plan_of

_ROW = """
SELECT i.id, i.plan_id, p.name AS plan_name, p.code AS plan_code, i.trigger, i.reason, i.mandatory, i.form_id, f.code AS form_code,
       f.name AS form_name, f.name_en AS form_name_en, i.lot_id, l.lot_no, i.product_id, q.name AS product_name, i.supplier_id, i.device_id, d.name AS device_name,
       i.place_id, c.name AS place_name, i.shipment_id, i.working_day, i.operation_id, i.reinspects, i.due_from, i.due_at,
       i.quantity, i.unit, i.accepted, i.rejected, i.pending, i.sampling::text AS sampling, i.verdict, i.record_id, i.done_at,
       i.entered_at, i.missed_at, i.withdrawn_at, i.withdrawn_reason, i.state <> 'withdrawn' AND coalesce(i.entered_at, now()) > i.due_at AS late,
       CASE WHEN i.state <> 'open' THEN i.state WHEN i.due_at < now() THEN 'missed' WHEN i.due_from > now() THEN 'upcoming' ELSE 'due' END AS state
FROM inspection i
JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
JOIN form f ON f.tenant_id = i.tenant_id AND f.id = i.form_id
LEFT JOIN lot l ON l.tenant_id = i.tenant_id AND l.id = i.lot_id
LEFT JOIN product q ON q.tenant_id = i.tenant_id AND q.id = i.product_id
LEFT JOIN device d ON d.tenant_id = i.tenant_id AND d.id = i.device_id
LEFT JOIN place c ON c.tenant_id = i.tenant_id AND c.id = i.place_id
"""
# state -> (what it means, the time it is listed by, whether the newest come first)
_STATES: Mapping[str, tuple[str, str, bool]] = {
    "upcoming": ("i.state = 'open' AND i.due_at >= now() AND i.due_from > now()", "due_at", False),
    "due": ("i.state = 'open' AND i.due_at >= now() AND i.due_from <= now()", "due_at", False),
    "missed": ("i.state = 'open' AND i.due_at < now()", "due_at", False),
    "open": ("i.state = 'open' AND i.due_from <= now()", "due_at", False),
    "done": ("i.state = 'done'", "entered_at", True),
    "late": ("i.state = 'done' AND i.entered_at > i.due_at", "entered_at", True),
    "withdrawn": ("i.state = 'withdrawn'", "withdrawn_at", True),
    "failed": ("i.state = 'done' AND i.verdict = 'fail'", "entered_at", True),
}
_FILTERS = ("trigger", "plan_id", "lot_id", "device_id", "place_id", "shipment_id")
_COUNTS = """
SELECT count(*) FILTER (WHERE due_at >= now() AND due_from <= now()) AS due, count(*) FILTER (WHERE due_at < now()) AS missed,
       count(*) FILTER (WHERE due_from > now()) AS upcoming
FROM inspection WHERE tenant_id = $1 AND state = 'open'
"""


async def list_inspections(
    tenant_id: UUID, wanted: InspectionFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    """What is open by when it is due, the oldest first; what is done by when it was entered, the newest first."""
    means, time, newest_first = _STATES[wanted.state]
    given = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
    narrowed = "".join(f" AND i.{name} = ${number}" for number, name in enumerate(given, 5))
    compare, order = ("<", "DESC") if newest_first else (">", "ASC")
    # The page is chosen on the one index before the names are looked up.
    rows = await db.fetch(
        f"{_ROW} WHERE i.tenant_id = $1 AND i.id = ANY(ARRAY(SELECT i.id FROM inspection i WHERE i.tenant_id = $1 AND {means}"  # noqa: S608
        f" AND ($2::timestamptz IS NULL OR (i.{time}, i.id) {compare} ($2, $3::uuid)){narrowed}"
        f" ORDER BY i.{time} {order}, i.id {order} LIMIT $4)) ORDER BY i.{time} {order}, i.id {order}",
        tenant_id, *(after or (None, None)), limit, *given.values(),
    )  # fmt: skip
    return [_shown(dict(row)) for row in rows]


def time_of(state: str) -> str:
    """The column that a list of this state is in the order of."""
    return _STATES[state][1]


async def count_inspections(tenant_id: UUID) -> dict[str, int]:
    """How many are due, missed, and upcoming now."""
    row = await db.fetchrow(_COUNTS, tenant_id)
    return dict(row) if row else {}


async def lot_inspections(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """All of one lot, in the order they fell due."""
    rows = await db.fetch(
        f"{_ROW} WHERE i.tenant_id = $1 AND i.lot_id = $2 ORDER BY i.due_from, i.id LIMIT 5000", tenant_id, lot_id
    )
    return [_shown(dict(row)) for row in rows]


async def get_inspection(tenant_id: UUID, inspection_id: UUID) -> dict[str, Any]:
    """One, with the sampling plan it is to be done by (as the supplier stands now), its records and its parts; NotFound."""
    row = await db.fetchrow(f"{_ROW} WHERE i.tenant_id = $1 AND i.id = $2", tenant_id, inspection_id)
    if row is None:
        raise NotFound
    found = _shown(dict(row))
    if found["state"] not in ("done", "withdrawn"):
        found["sampling"] = await _plan_now(tenant_id, inspection_id)
    results = await db.fetch(
        "SELECT record_id, verdict, accepted, rejected, sample_size, defectives, created_at FROM inspection_result"
        " WHERE tenant_id = $1 AND inspection_id = $2 ORDER BY created_at, record_id",
        tenant_id, inspection_id,
    )  # fmt: skip
    parts = await db.fetch(
        "SELECT p.lot_id, l.lot_no, p.outcome, p.quantity FROM inspection_part p"
        " JOIN lot l ON l.tenant_id = p.tenant_id AND l.id = p.lot_id WHERE p.tenant_id = $1 AND p.inspection_id = $2 ORDER BY p.lot_id",
        tenant_id, inspection_id,
    )  # fmt: skip
    return found | {"results": [dict(each) for each in results], "parts": [dict(each) for each in parts]}


async def _plan_now(tenant_id: UUID, inspection_id: UUID) -> dict[str, Any] | None:
    row = await db.fetchrow(
        "SELECT i.plan_id, i.supplier_id, i.product_id, i.quantity, v.sampling ->> 'aql' AS aql, v.sampling ->> 'level' AS level"
        " FROM inspection i JOIN inspection_plan_version v ON v.tenant_id = i.tenant_id AND v.id = i.plan_version_id"
        " WHERE i.tenant_id = $1 AND i.id = $2",
        tenant_id, inspection_id,
    )  # fmt: skip
    plan = await plan_of(tenant_id, dict(row)) if row else None
    return None if plan is None else plan._asdict() | {"reject": plan.reject}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"sampling": db.loads(row["sampling"])}


async def list_days(
    tenant_id: UUID, wanted: DayFilter, after: tuple[date, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    """The days that a record is expected for, the newest first, each with its record or `missing`."""
    rows = await db.fetch(
        f"{_ROW} WHERE i.tenant_id = $1 AND i.working_day IS NOT NULL AND i.trigger = ANY($2::text[])"
        " AND ($3::date IS NULL OR i.working_day >= $3) AND ($4::date IS NULL OR i.working_day <= $4)"
        " AND (NOT $5::boolean OR (i.state = 'open' AND i.due_at < now()))"
        " AND ($6::date IS NULL OR (i.working_day, i.id) < ($6, $7::uuid))"
        " ORDER BY i.working_day DESC, i.id DESC LIMIT $8",
        tenant_id, list(DAYS), wanted.day_from, wanted.day_to, wanted.missing_only, *(after or (None, None)), limit,
    )  # fmt: skip
    return [_shown(dict(row)) for row in rows]
