"""What falls due by operations: first piece, every N hours or pieces, last piece."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.falling_due import COLUMNS, INSERT, ONCE, VERSION
from server.domains.quality.inspection.problems import OperationLotsNeeded
from server.domains.quality.inspection.rules import PROGRAM_NAMES, Run, first_piece_reasons, piece_counts, slots

LOOK_AHEAD = timedelta(hours=1)
LONGEST_RUN = timedelta(days=7)  # an operation of which nobody said that it ended

_FACTS = """
SELECT o.id, o.step_id, o.line_place_id, o.shift, o.operator_name, o.started_at, o.ended_at, o.created_at,
       o.parameters::text AS parameters,
       coalesce(o.quantity_good + coalesce(o.quantity_reworked, 0) + coalesce(o.quantity_scrapped, 0), o.quantity_in, 0) AS made,
       ARRAY(SELECT lot_id FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = o.id AND x.role = 'in') AS lots_in,
       ARRAY(SELECT lot_id FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = o.id AND x.role = 'out' ORDER BY lot_id) AS lots_out,
       ARRAY(SELECT k.from_lot FROM operation_lot x JOIN link k ON k.tenant_id = $1 AND k.to_lot = x.lot_id AND k.operation_id = o.id
             WHERE x.tenant_id = $1 AND x.operation_id = o.id AND x.role = 'out' AND k.kind IN ('consumed', 'installed')
               AND k.reverses IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)) AS charged,
       ARRAY(SELECT device_id FROM operation_device x WHERE x.tenant_id = $1 AND x.operation_id = o.id) AS devices
FROM operation o WHERE o.tenant_id = $1
"""
_BEFORE = f"""{_FACTS} AND o.step_id IS NOT DISTINCT FROM $2 AND o.line_place_id IS NOT DISTINCT FROM $3
  AND o.started_at IS NOT NULL AND (o.started_at, o.id) < ($4::timestamptz, $5::uuid) ORDER BY o.started_at DESC, o.id DESC LIMIT 1"""
# Of an operation that gives several lots nobody says how much came out as which: an even share.
_MADE_BEFORE = """
SELECT coalesce(sum(coalesce(o.quantity_good + coalesce(o.quantity_reworked, 0) + coalesce(o.quantity_scrapped, 0), o.quantity_in, 0)
                    / (SELECT count(*) FROM operation_lot n WHERE n.tenant_id = $1 AND n.operation_id = o.id AND n.role = 'out')), 0)
FROM operation o JOIN operation_lot x ON x.tenant_id = $1 AND x.operation_id = o.id AND x.lot_id = $3 AND x.role = 'out'
WHERE o.tenant_id = $1 AND o.step_id IS NOT DISTINCT FROM $2 AND o.id <> $4 AND o.created_at <= $5
"""
_MEANWHILE = """
SELECT coalesce(verdict, 'not_judged') FROM inspection
WHERE tenant_id = $1 AND plan_id = $2 AND event_key = $3 AND state = 'done' AND lot_id <> ALL($4::uuid[])
"""
# $7: nobody said yet which lots come out. The step says of which product they are.
_PLANS = f"""
SELECT p.id AS plan_id, p.trigger, p.device_id, p.place_id, v.*, v.id AS version_id, f.subject_kind,
       ARRAY(SELECT id FROM lot WHERE tenant_id = $1 AND id = ANY($4::uuid[]) AND (p.product_id IS NULL OR product_id = p.product_id
                OR $7 AND p.product_id = (SELECT product_id FROM process_step WHERE tenant_id = $1 AND id = $3))
             ORDER BY product_id IS NOT DISTINCT FROM p.product_id DESC, id) AS lots
FROM inspection_plan p {VERSION.format(at="$2")}
JOIN form f ON f.tenant_id = p.tenant_id AND f.id = v.form_id
WHERE p.tenant_id = $1 AND p.retired_at IS NULL AND p.trigger IN ('first_piece', 'hours', 'pieces', 'last_piece')
  AND (p.trigger <> 'hours' OR v.while_running)
  AND (p.step_id IS NULL OR p.step_id = $3)
  AND (p.product_id IS NULL OR p.product_id IN (SELECT product_id FROM lot WHERE tenant_id = $1 AND id = ANY($4::uuid[]))
       OR $7 AND p.product_id = (SELECT product_id FROM process_step WHERE tenant_id = $1 AND id = $3))
  AND (p.device_id IS NULL OR p.device_id = ANY($5::uuid[])) AND (p.place_id IS NULL OR p.place_id = $6)
"""  # noqa: S608 - constants
_PLACES = ", ".join(f"${n}" for n in range(2, 2 + len(COLUMNS)))
_ONE = f"{INSERT} VALUES ($1, {_PLACES}) {ONCE}"


class _Due(NamedTuple):
    """One thing that falls due by a plan: why, under which name, from when."""

    reason: str
    key: str
    at: datetime


async def fall_due_for_operations(tenant_id: UUID, operation_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """What these operations ask for by `now`; the new inspections. Nothing twice. Locked against being ended meanwhile."""
    made: list[UUID] = []
    wanted = f"{_FACTS} AND o.id = ANY($2::uuid[]) ORDER BY o.id FOR SHARE OF o"
    for row in await db.fetch(wanted, tenant_id, list(operation_ids)):
        made += await _operation(tenant_id, dict(row), now)
    return made


async def assert_no_lot_needed(tenant_id: UUID, operation_id: UUID) -> None:
    """OperationLotsNeeded where a plan looks at the pieces of this operation while it runs: of no lot nothing could fall due."""
    row = await db.fetchrow(f"{_FACTS} AND o.id = $2", tenant_id, operation_id)
    assert row is not None
    plans = await _plans(tenant_id, dict(row))
    if any(plan["subject_kind"] == "lot" and plan["trigger"] != "last_piece" for plan in plans):
        raise OperationLotsNeeded(field="lots_in")


async def _plans(tenant_id: UUID, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    subjects = facts["lots_out"] or facts["lots_in"]
    rows = await db.fetch(
        _PLANS, tenant_id, facts["created_at"], facts["step_id"], subjects, facts["devices"], facts["line_place_id"],
        not facts["lots_out"],
    )  # fmt: skip
    return [dict(row) for row in rows]


async def _operation(tenant_id: UUID, facts: Mapping[str, Any], now: datetime) -> list[UUID]:
    made = []
    for plan in await _plans(tenant_id, facts):
        for number, lot_id in enumerate(_looked_at(facts, plan)):
            for due in await _dues(tenant_id, facts, plan, lot_id, now):
                meanwhile = await _looked_at_meanwhile(tenant_id, facts, plan, due.key)
                if meanwhile == "good":
                    continue
                own = (number or meanwhile == "bad") and due.reason != "pieces"
                named = due._replace(key=f"{due.key}:lot:{lot_id}") if own else due
                made += await _insert(tenant_id, facts, plan, lot_id, named)
    return made


def _looked_at(facts: Mapping[str, Any], plan: Mapping[str, Any]) -> list[UUID | None]:
    """What a plan looks at: every lot that comes out; while nobody said which they are, one of those that went in."""
    if plan["subject_kind"] == "lot" and facts["lots_out"]:
        return list(plan["lots"])
    return plan["lots"][:1] or ([] if plan["subject_kind"] == "lot" else [None])


async def _looked_at_meanwhile(
    tenant_id: UUID, facts: Mapping[str, Any], plan: Mapping[str, Any], key: str
) -> str | None:
    """What was found while nobody knew yet what would come out. Good stands for all that did; bad asks for a look at each."""
    if not (facts["lots_out"] and facts["lots_in"]):
        return None
    verdict: str | None = await db.fetchval(_MEANWHILE, tenant_id, plan["plan_id"], key, facts["lots_out"])
    return verdict and ("bad" if verdict == "fail" else "good")


async def _dues(
    tenant_id: UUID, facts: Mapping[str, Any], plan: Mapping[str, Any], lot_id: UUID | None, now: datetime
) -> list[_Due]:
    started, ended, operation = facts["started_at"], facts["ended_at"], facts["id"]
    trigger = plan["trigger"]
    if trigger == "first_piece" and started is not None:
        reasons = await _first_piece(tenant_id, facts, plan["first_piece_on"], plan["stop_hours"])
        return [_Due(reasons[0], f"operation:{operation}:first", started)] if reasons else []
    if trigger == "last_piece" and ended is not None:
        return [_Due("last_piece", f"operation:{operation}:last", ended)]
    if trigger == "hours" and started is not None:
        until = ended or min(now + LOOK_AHEAD, started + LONGEST_RUN)
        return [
            _Due("hours", f"operation:{operation}:at:{at.isoformat()}", at)
            for at in slots(started, until, plan["every_hours"])
        ]
    if trigger == "pieces":
        return list(await _pieces(tenant_id, facts, plan, lot_id))
    return []


async def first_piece_still(
    tenant_id: UUID, operation_id: UUID, wanted: Collection[str], stop_hours: Decimal | None
) -> bool:
    """Whether anything still asks for the first piece of this operation, as what ran before it is known by now."""
    row = await db.fetchrow(f"{_FACTS} AND o.id = $2", tenant_id, operation_id)
    return row is not None and bool(await _first_piece(tenant_id, dict(row), wanted, stop_hours))


async def _first_piece(
    tenant_id: UUID, facts: Mapping[str, Any], wanted: Collection[str], stop_hours: Decimal | None
) -> tuple[str, ...]:
    row = await db.fetchrow(
        _BEFORE, tenant_id, facts["step_id"], facts["line_place_id"], facts["started_at"], facts["id"]
    )
    before = None if row is None else _run(dict(row))
    return first_piece_reasons(before, _run(facts), wanted, stop_hours)


def _run(facts: Mapping[str, Any]) -> Run:
    parameters = db.loads(facts["parameters"])
    program = next((str(p["value"]) for p in parameters if p["name"].strip().lower() in PROGRAM_NAMES), None)
    return Run(
        facts["started_at"], facts["ended_at"], facts["shift"], facts["operator_name"], frozenset(facts["lots_in"] + facts["charged"]),
        frozenset(facts["devices"]), program,
    )  # fmt: skip


async def _pieces(
    tenant_id: UUID, facts: Mapping[str, Any], plan: Mapping[str, Any], lot_id: UUID | None
) -> Iterator[_Due]:
    if lot_id is None:
        return iter(())
    before: Decimal = await db.fetchval(
        _MADE_BEFORE, tenant_id, facts["step_id"], lot_id, facts["id"], facts["created_at"]
    )
    # When how many there are was told: nobody wrote down which was made when.
    at = facts["ended_at"] or facts["created_at"]
    counts = piece_counts(before, facts["made"] / max(1, len(facts["lots_out"])), plan["every_pieces"])
    return (_Due("pieces", f"lot:{lot_id}:step:{facts['step_id']}:count:{count}", at) for count in counts)


async def _insert(
    tenant_id: UUID, facts: Mapping[str, Any], plan: Mapping[str, Any], lot_id: UUID | None, due: _Due
) -> list[UUID]:
    lot = None
    if lot_id is not None:
        lot = await db.fetchrow(
            "SELECT product_id, supplier_id FROM lot WHERE tenant_id = $1 AND id = $2", tenant_id, lot_id
        )
    kind = plan["subject_kind"]
    values = dict.fromkeys(COLUMNS) | {
        "plan_id": plan["plan_id"], "plan_version_id": plan["version_id"], "form_id": plan["form_id"],
        "trigger": plan["trigger"], "reason": due.reason, "event_key": due.key, "mandatory": plan["mandatory"],
        "lot_id": lot_id if kind == "lot" else None, "device_id": plan["device_id"] if kind == "device" else None,
        "place_id": plan["place_id"] if kind == "place" else None, "operation_id": facts["id"],
        "product_id": lot["product_id"] if lot else None, "supplier_id": lot["supplier_id"] if lot else None,
        "due_from": due.at, "due_at": due.at + timedelta(minutes=plan["within_minutes"]), "pending": Decimal(0),
    }  # fmt: skip
    rows = await db.fetch(_ONE, tenant_id, *values.values())
    return [row["id"] for row in rows]
