"""Retained samples (留样): taken out of a lot, watched on dates, used with a reason, disposed of when their time is over."""

import calendar
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import asyncpg
from pydantic import Field

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.core.days import LAST_DAY, Day
from server.core.errors import Conflict, NotFound, Problem
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import audit
from server.domains.chain.stock.quantities import plain
from server.domains.chain.values import Command, Happened, LongName, Name, Quantity, Text, UnitName

REASON = "retained_sample"
MOST_OBSERVATIONS = 100
_LOT = """
SELECT l.lot_no, l.expires_at, p.retain_days, p.retain_months
FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id WHERE l.tenant_id = $1 AND l.id = $2
"""
_SAMPLES = """
SELECT s.*, s.quantity - s.used_quantity AS left_over, l.lot_no, p.name AS product_name, pl.name AS place_name
FROM retained_sample s
JOIN lot l ON l.tenant_id = $1 AND l.id = s.lot_id
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN place pl ON pl.tenant_id = $1 AND pl.id = s.place_id
WHERE s.tenant_id = $1
"""
_DUE = """
SELECT o.id, o.sample_id, s.sample_no, s.lot_id, l.lot_no, p.name AS product_name, pl.name AS place_name, o.due_on,
       edge_today() - o.due_on AS days_late
FROM retained_observation o
JOIN retained_sample s ON s.tenant_id = $1 AND s.id = o.sample_id AND s.disposed_at IS NULL
JOIN lot l ON l.tenant_id = $1 AND l.id = s.lot_id
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN place pl ON pl.tenant_id = $1 AND pl.id = s.place_id
WHERE o.tenant_id = $1 AND o.observed_at IS NULL AND o.due_on <= $2 ORDER BY o.due_on, o.id LIMIT $3
"""


class RetainedEndUnknown(Problem):
    status = 422
    code = "retained_end_unknown"


class RetainedEndTooSoon(Problem):
    """Before the end that the rule of the product gives."""

    status = 422
    code = "retained_end_too_soon"


class RetainedTooEarly(Conflict):
    code = "retained_too_early"


class RetainedDisposed(Conflict):
    code = "retained_disposed"


class RetainedNotEnough(Conflict):
    code = "retained_not_enough"


class SampleNoTaken(Conflict):
    code = "retained_no_taken"


class ObservationDone(Conflict):
    code = "observation_done"


class ObservationsTooMany(Problem):
    status = 422
    code = "observations_too_many"


class RetainSample(Command):
    """Keep a part of a lot. `keep_until`: the last day, not before that of the rule of its product, which it is where left
    out. Observations fall due on the dates given, or every so many months until the end."""

    quantity: Quantity
    unit: UnitName | None = None
    sample_no: Name | None = None
    place_id: UUID | None = None
    conditions: LongName | None = None
    taken_at: Happened | None = None
    keep_until: Day | None = None
    observe_on: list[Day] = Field(default_factory=list, max_length=MOST_OBSERVATIONS)
    observe_every_months: int | None = Field(None, ge=1, le=60)


class Observation(Command):
    """How the sample looked. `due_on`: which observation this is; the earliest open one where left out."""

    result: Literal["normal", "abnormal"]
    remark: Text | None = None
    due_on: Day | None = None
    at: Happened | None = None


class UseRetained(Command):
    quantity: Quantity
    reason: Text
    at: Happened | None = None


class DisposeRetained(Command):
    """`disposal`: how; `witness_name`: who saw it."""

    disposal: Text
    witness_name: Name | None = None
    at: Happened | None = None


def months_later(day: date, months: int) -> date:
    """The same day of a later month, its last where that month is shorter; the end of time beyond that."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def end_of_keeping(expires_at: datetime | None, months: int | None, days: int | None) -> date | None:
    """The last day by the rule of the product; None where the lot has no expiry, the product no rule, or the calendar
    no such day."""
    if expires_at is None or (months is None and days is None):
        return None
    last_good = (expires_at - timedelta(microseconds=1)).astimezone(EDGE).date()
    kept = months_later(last_good, months or 0)
    return kept + timedelta(days=days or 0) if (days or 0) <= (LAST_DAY - kept).days else None


def observation_dates(command: RetainSample, taken: date, until: date) -> list[date]:
    """All dates, each once, in order. Raises ObservationsTooMany."""
    dates = set(command.observe_on)
    step = command.observe_every_months
    count = 1
    while step and (day := months_later(taken, step * count)) <= until and len(dates) <= MOST_OBSERVATIONS:
        dates.add(day)
        count += 1
    if len(dates) > MOST_OBSERVATIONS:
        raise ObservationsTooMany(field="observe_every_months", limit=MOST_OBSERVATIONS)
    return sorted(dates)


async def retain_sample(actor: Actor, lot_id: UUID, command: RetainSample) -> UUID:
    """Take a sample out of the lot: its quantity goes down by it. Raises NotFound, RetainedEndUnknown, RetainedEndTooSoon,
    NotEnoughLeft."""
    lot = await db.fetchrow(_LOT, actor.tenant, lot_id)
    if lot is None:
        raise NotFound
    by_rule = end_of_keeping(lot["expires_at"], lot["retain_months"], lot["retain_days"])
    until = command.keep_until or by_rule
    if until is None:
        raise RetainedEndUnknown(field="keep_until")
    if by_rule is not None and until < by_rule:
        raise RetainedEndTooSoon(field="keep_until", by_rule=by_rule)
    if command.place_id and not await db.fetchval(
        "SELECT true FROM place WHERE tenant_id = $1 AND id = $2", actor.tenant, command.place_id
    ):
        raise NotFound(field="place_id")
    at = command.taken_at or now()
    dates = observation_dates(command, at.astimezone(EDGE).date(), until)
    drawn = await chain.withdraw(actor, lot_id, REASON, command.quantity, command.unit, at)
    sample_id = new_id()
    number = command.sample_no or await _next_no(actor.tenant, lot_id, lot["lot_no"])
    made = await db.execute(
        "INSERT INTO retained_sample (tenant_id, id, sample_no, lot_id, withdrawal_id, quantity, unit, place_id, conditions, taken_at,"
        " taken_by, taker_name, keep_until, keep_rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        " ON CONFLICT DO NOTHING",
        actor.tenant, sample_id, number, lot_id, drawn.id, command.quantity, drawn.unit, command.place_id, command.conditions, at,
        actor.id, actor.name, until, "stated" if command.keep_until else "after_expiry",
    )  # fmt: skip
    if not made:
        raise SampleNoTaken(field="sample_no", sample_no=number)
    await db.executemany(
        "INSERT INTO retained_observation (tenant_id, id, sample_id, due_on) VALUES ($1, $2, $3, $4)",
        [(actor.tenant, new_id(), sample_id, day) for day in dates],
    )
    after = command.model_dump(mode="json", exclude_none=True) | {
        "sample_no": number,
        "lot_id": lot_id,
        "keep_until": until,
    }
    await audit.record(actor, "retained_sample.taken", "retained_sample", sample_id, after=after)
    return sample_id


async def _next_no(tenant_id: UUID, lot_id: UUID, lot_no: str) -> str:
    """LY, the lot's number, and which of its samples it is. The lot is locked by the withdrawal."""
    count: int = await db.fetchval(
        "SELECT count(*) + 1 FROM retained_sample WHERE tenant_id = $1 AND lot_id = $2", tenant_id, lot_id
    )
    return f"LY-{lot_no[:70]}-{count}"


async def _locked(tenant_id: UUID, sample_id: UUID) -> asyncpg.Record:
    row = await db.fetchrow(
        "SELECT * FROM retained_sample WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant_id, sample_id
    )
    if row is None:
        raise NotFound
    if row["disposed_at"] is not None:
        raise RetainedDisposed(sample_no=row["sample_no"])
    return row


async def observe_sample(actor: Actor, sample_id: UUID, command: Observation) -> UUID:
    """Record an observation that was due; without a date the earliest open one, without any an extra one of today. An abnormal one is told (`SampleAbnormal`), and stands until a nonconformity is opened."""
    sample = await _locked(actor.tenant, sample_id)
    at = command.at or now()
    row = await db.fetchrow(
        "SELECT id, due_on, observed_at FROM retained_observation WHERE tenant_id = $1 AND sample_id = $2"
        " AND ($3::date IS NULL AND observed_at IS NULL OR due_on = $3) ORDER BY due_on LIMIT 1",
        actor.tenant, sample_id, command.due_on,
    )  # fmt: skip
    if row is not None and row["observed_at"] is not None:
        raise ObservationDone(field="due_on")
    observation_id: UUID = row["id"] if row else new_id()
    due_on: date = row["due_on"] if row else command.due_on or at.astimezone(EDGE).date()
    written = await db.execute(
        "INSERT INTO retained_observation (tenant_id, id, sample_id, due_on, observed_at, observed_by, observer_name, result, remark)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, sample_id, due_on) DO UPDATE"
        " SET observed_at = $5, observed_by = $6, observer_name = $7, result = $8, remark = $9"
        " WHERE retained_observation.observed_at IS NULL",
        actor.tenant, observation_id, sample_id, due_on, at, actor.id, actor.name, command.result, command.remark,
    )  # fmt: skip
    if not written:
        raise ObservationDone(field="due_on")
    after = command.model_dump(mode="json", exclude_none=True) | {"due_on": due_on}
    await audit.record(actor, "retained_sample.observed", "retained_sample", sample_id, after=after)
    if command.result == "abnormal":
        payload = {"sample_id": sample_id, "lot_id": sample["lot_id"], "observation_id": observation_id}
        await outbox.append("SampleAbnormal", key=str(sample["lot_id"]), payload=payload, tenant_id=actor.tenant)
    return observation_id


async def use_sample(actor: Actor, sample_id: UUID, command: UseRetained) -> Decimal:
    """Take some of the sample, in its unit; what is left of it. Raises RetainedNotEnough, RetainedDisposed."""
    row = await _locked(actor.tenant, sample_id)
    left: Decimal = row["quantity"] - row["used_quantity"]
    if command.quantity > left:
        raise RetainedNotEnough(field="quantity", sample_no=row["sample_no"], left=plain(left), unit=row["unit"])
    await db.execute(
        "UPDATE retained_sample SET used_quantity = used_quantity + $3 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, sample_id, command.quantity,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO retained_use (tenant_id, id, sample_id, quantity, reason, at, used_by, user_name)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        actor.tenant, new_id(), sample_id, command.quantity, command.reason, command.at or now(), actor.id, actor.name,
    )  # fmt: skip
    before, after = {"left": plain(left)}, {"left": plain(left - command.quantity), "reason": command.reason}
    await audit.record(actor, "retained_sample.used", "retained_sample", sample_id, before=before, after=after)
    return left - command.quantity


async def dispose_sample(actor: Actor, sample_id: UUID, command: DisposeRetained) -> None:
    """The rest is done away with, not before its time unless nothing is left. Raises RetainedTooEarly."""
    row = await _locked(actor.tenant, sample_id)
    at = command.at or now()
    if at.astimezone(EDGE).date() <= row["keep_until"] and row["used_quantity"] < row["quantity"]:
        raise RetainedTooEarly(sample_no=row["sample_no"], keep_until=row["keep_until"])
    await db.execute(
        "UPDATE retained_sample SET disposed_at = $3, disposed_by = $4, disposer_name = $5, disposal = $6, witness_name = $7"
        " WHERE tenant_id = $1 AND id = $2",
        actor.tenant, sample_id, at, actor.id, actor.name, command.disposal, command.witness_name,
    )  # fmt: skip
    after = command.model_dump(mode="json", exclude_none=True) | {"at": at}
    await audit.record(actor, "retained_sample.disposed", "retained_sample", sample_id, after=after)


async def samples(
    tenant_id: UUID, *, lot_id: UUID | None, kept: bool | None, before: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Samples, the newest first; `kept`: not disposed of yet."""
    sql = _SAMPLES + " AND s.id < $2 AND ($3::uuid IS NULL OR s.lot_id = $3)"
    sql += " AND ($4::boolean IS NULL OR (s.disposed_at IS NULL) = $4) ORDER BY s.id DESC LIMIT $5"
    return await db.fetch(sql, tenant_id, before or UUID(int=2**128 - 1), lot_id, kept, limit)


async def sample(tenant_id: UUID, sample_id: UUID) -> dict[str, Any]:
    """A sample with its observations and uses; NotFound."""
    row = await db.fetchrow(_SAMPLES + " AND s.id = $2", tenant_id, sample_id)
    if row is None:
        raise NotFound
    seen = await db.fetch(
        "SELECT * FROM retained_observation WHERE tenant_id = $1 AND sample_id = $2 ORDER BY due_on",
        tenant_id,
        sample_id,
    )
    used = await db.fetch(
        "SELECT * FROM retained_use WHERE tenant_id = $1 AND sample_id = $2 ORDER BY id", tenant_id, sample_id
    )
    return dict(row) | {"observations": [dict(each) for each in seen], "uses": [dict(each) for each in used]}


async def observations_due(tenant_id: UUID, until: date, limit: int) -> Sequence[asyncpg.Record]:
    """Observations that are due up to this day and not on record, the longest due first."""
    return await db.fetch(_DUE, tenant_id, until, limit)
