"""What falls due by the clock alone, and what the clock says was missed. As good as once, however often it runs."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db, outbox
from server.core.clock import EDGE, end_of_day, start_of_day
from server.domains.quality.inspection.commands import DAYS
from server.domains.quality.inspection.falling_due import INSERT, fall_due_after_release, fall_due_for_lots
from server.domains.quality.inspection.matching import adopt_records
from server.domains.quality.inspection.rules import expected_days, slots
from server.domains.quality.inspection.running import LOOK_AHEAD, fall_due_for_operations

_PLANS = """
SELECT p.id AS plan_id, p.trigger, p.device_id, p.place_id, v.*, v.id AS version_id, f.subject_kind,
       lead(v.in_force_from) OVER (PARTITION BY v.plan_id ORDER BY v.version) AS until,
       (SELECT max(i.due_from) FROM inspection i WHERE i.tenant_id = p.tenant_id AND i.plan_version_id = v.id) AS last
FROM inspection_plan p JOIN inspection_plan_version v ON v.tenant_id = p.tenant_id AND v.plan_id = p.id
JOIN form f ON f.tenant_id = p.tenant_id AND f.id = v.form_id
WHERE p.tenant_id = $1 AND p.retired_at IS NULL
  AND (p.trigger IN ('daily', 'weekly', 'monthly') OR (p.trigger = 'hours' AND NOT v.while_running AND f.subject_kind <> 'lot'))
"""
_INSERT = f"""
{INSERT}
SELECT $1, $2, $3, $4, $5, $5, key, $6, NULL::uuid, $7, $8, NULL::uuid, day, NULL::uuid, NULL::uuid, NULL::uuid, due_from, due_at,
       NULL::numeric, NULL::text, 0
FROM unnest($9::text[], $10::date[], $11::timestamptz[], $12::timestamptz[]) AS s(key, day, due_from, due_at)
ON CONFLICT (tenant_id, plan_id, event_key) DO NOTHING RETURNING id
"""  # noqa: S608 - constants
_RECENT = timedelta(hours=2)  # what an event may have failed to tell is looked up again
_UNTOLD = """
SELECT l.id FROM lot l WHERE l.tenant_id = $1 AND l.id > $2
  AND NOT EXISTS (SELECT FROM inspection i WHERE i.tenant_id = l.tenant_id AND i.lot_id = l.id) ORDER BY l.id LIMIT 50000
"""
_RUNNING = """
SELECT id FROM operation WHERE tenant_id = $1 AND (created_at > $2 OR (ended_at IS NULL AND started_at > $3)) LIMIT 5000
"""
_MISSED = """
UPDATE inspection SET missed_at = $2 WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM inspection WHERE tenant_id = $1 AND state = 'open' AND due_at < $2 AND missed_at IS NULL
    ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING id, plan_id, lot_id, device_id, place_id, shipment_id, working_day
"""


class Ticked(NamedTuple):
    """`missed`: how many inspections were missed now; `rejected`: the lots of which a record made before rejects something."""

    missed: int
    rejected: set[UUID]


async def tick(tenant_id: UUID, now: datetime) -> Ticked:
    """One look of one enterprise: makes due what the clock makes due (up to an hour ahead), tells what was missed, each
    once as `InspectionMissed`."""
    made: list[UUID] = []
    for plan in await db.fetch(_PLANS, tenant_id):
        made += await _plan(tenant_id, dict(plan), now)
    running = await db.fetch(_RUNNING, tenant_id, now - _RECENT, now - timedelta(days=7))
    made += await fall_due_for_operations(tenant_id, [row["id"] for row in running], now)
    await _lots(tenant_id, now)
    rejected = await adopt_records(tenant_id, made)
    missed = await db.fetch(_MISSED, tenant_id, now)
    for row in missed:
        payload = {name: value for name, value in dict(row).items() if value is not None}
        await outbox.append("InspectionMissed", key=str(row["id"]), payload=payload, tenant_id=tenant_id)
    return Ticked(len(missed), rejected)


async def begin(tenant_id: UUID, plan_id: UUID, now: datetime) -> None:
    """A plan that was just made or changed: what the clock makes due by it stands in today's list at once."""
    made: list[UUID] = []
    for plan in await db.fetch(_PLANS, tenant_id):
        if plan["plan_id"] == plan_id:
            made += await _plan(tenant_id, dict(plan), now)
    await adopt_records(tenant_id, made)


async def _lots(tenant_id: UUID, now: datetime) -> None:
    lots = await db.fetch(_UNTOLD, tenant_id, first_id(now - _RECENT))
    released = await db.fetch(
        "SELECT lot_id FROM lot_history WHERE tenant_id = $1 AND id > $2 AND state_to = 'released' LIMIT 50000",
        tenant_id, first_id(now - _RECENT),
    )  # fmt: skip
    await fall_due_for_lots(tenant_id, [row["id"] for row in lots])
    await fall_due_after_release(tenant_id, [row["lot_id"] for row in released])


def first_id(at: datetime) -> UUID:
    """No UUIDv7 made from `at` on is smaller."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


async def _plan(tenant_id: UUID, plan: Mapping[str, Any], now: datetime) -> list[UUID]:
    until = min(now + LOOK_AHEAD, plan["until"]) if plan["until"] else now + LOOK_AHEAD
    within = timedelta(minutes=plan["within_minutes"])
    moments: list[tuple[str, date | None, datetime, datetime]]
    if plan["trigger"] in DAYS:
        moments = [(f"day:{day}", day, start_of_day(day), end_of_day(day) + within) for day in _days(plan, until)]
    else:
        since = start_of_day(plan["in_force_from"].astimezone(EDGE).date())
        after = max(plan["last"] or plan["in_force_from"], plan["in_force_from"])
        found = slots(since, until, plan["every_hours"], after)
        moments = [(f"at:{at.isoformat()}", None, at, at + within) for at in found]
    if not moments:
        return []
    rows = await db.fetch(
        _INSERT, tenant_id, plan["plan_id"], plan["version_id"], plan["form_id"], plan["trigger"], plan["mandatory"],
        plan["device_id"] if plan["subject_kind"] == "device" else None,
        plan["place_id"] if plan["subject_kind"] == "place" else None, *(list(column) for column in zip(*moments, strict=True)),
    )  # fmt: skip
    return [row["id"] for row in rows]


def _days(plan: Mapping[str, Any], until: datetime) -> list[date]:
    since: date = plan["in_force_from"].astimezone(EDGE).date()
    if plan["last"] is not None:
        since = max(since, plan["last"].astimezone(EDGE).date())
    return list(expected_days(plan["trigger"], since, until.astimezone(EDGE).date(), plan["weekdays"]))
