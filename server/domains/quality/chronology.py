"""The order in which things must have happened to a lot; a missing date is unknown, shown, and no violation.

material: receipt ≤ inspection ≤ release ≤ use ≤ expiry
product:  last use of inputs ≤ end of production ≤ final inspection ≤ release ≤ shipment ≤ receipt by the customer;
          where only the production date is known, it stands for the end: nothing after it may come before it
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.clock import CLOCKS_DIFFER
from server.domains.quality.dating import DONE_AT
from server.domains.quality.queries import CORRECTED


class Step(NamedTuple):
    """One dated fact, and the row that says so."""

    name: str
    at: datetime
    kind: str
    id: UUID


class Violation(NamedTuple):
    """`earlier` should have happened no later than `later`, and did not; `code` keys `error.<code>`."""

    code: str
    earlier: Step
    later: Step


class Chronology(NamedTuple):
    lot_no: str
    violations: tuple[Violation, ...]
    unknown: tuple[str, ...]


class _Rule(NamedTuple):
    earlier: str
    later: str
    kinds: frozenset[str]


_MATERIAL = frozenset({"material"})
_PRODUCT = frozenset({"intermediate", "finished"})
_MADE = _PRODUCT | {"unit"}  # a piece is inspected and gets components at any time
_ANY = _MATERIAL | _MADE | {"package"}
# `first`/`last` of several: a re-test long after release, or an in-process test before the end, break no order.
_RULES = (
    _Rule("began", "produced", _MADE),
    _Rule("began", "received", _MATERIAL),
    _Rule("begun", "received", _MATERIAL),
    _Rule("received", "inspected_first", _MATERIAL),
    _Rule("inspected_first", "released", _ANY),
    _Rule("inspected_before", "released", _ANY),
    _Rule("released", "used_first", _ANY),
    _Rule("used_last", "expired", _ANY),
    _Rule("inputs_last", "produced", _PRODUCT),
    _Rule("produced", "inspected_last", _PRODUCT),
    _Rule("released", "shipped_first", _ANY),
    _Rule("shipped_first", "delivered_first", _ANY),
    # Over a step whose date is unknown, so that a gap hides no contradiction.
    _Rule("received", "released", _ANY),
    _Rule("received", "used_first", _MATERIAL),
    _Rule("inputs_last", "released", _PRODUCT),
    _Rule("produced", "released", _MADE),
    _Rule("begun", "inspected_last", _PRODUCT),
    _Rule("begun", "released", _MADE),
    _Rule("begun", "shipped_first", _MADE),
    _Rule("released", "expired", _ANY),
    _Rule("produced", "expired", _ANY),
    _Rule("begun", "expired", _ANY),
)
# Goods released urgently go ahead of their inspection: use follows that release, the inspection goes before the one that
# confirms it.
_AHEAD = tuple(
    rule._replace(later="confirmed" if rule.earlier.startswith("inspected") else "let_go") if rule.later == "released"
    else rule._replace(earlier="let_go") if rule.earlier == "released" else rule
    for rule in _RULES
)  # fmt: skip
_EXPECTED = {
    "material": ("received", "inspected", "released"),
    "intermediate": ("inputs", "produced", "inspected", "released"),
    "finished": ("inputs", "produced", "inspected", "released"),
}


def judge_chronology(lot_no: str, kind: str, steps: Mapping[str, Step]) -> Chronology:
    """`steps` by the names of the rules; absent where the date is unknown."""
    found = []
    for name, earlier in steps.items():
        for later in (steps[after] for after in _next_known(name, kind, steps)):
            if earlier.at > later.at:
                found.append(Violation(f"chronology_{earlier.name}_{later.name}", earlier, later))
    known = {step.name for step in steps.values()} | ({"produced"} if "begun" in steps else set())
    return Chronology(lot_no, tuple(found), tuple(name for name in _EXPECTED.get(kind, ()) if name not in known))


def _next_known(name: str, kind: str, steps: Mapping[str, Step]) -> list[str]:
    """The dated steps that may not come before this one: those right after it, and, where a step in between has no date,
    those after that one."""
    found: dict[str, bool] = {}
    queue = [name]
    rules = _AHEAD if "let_go" in steps else _RULES
    for current in queue:
        for rule in rules:
            if rule.earlier == current and kind in rule.kinds and rule.later not in found:
                found[rule.later] = rule.later in steps
                if rule.later not in steps:
                    queue.append(rule.later)
    return [after for after, known in found.items() if known]


_INSPECTION = f"""FROM record r WHERE r.tenant_id = $1 AND r.lot_id = l.id AND r.stage IN ('material', 'testing')
            AND r.id NOT IN ({CORRECTED})"""
_DATED = f"""SELECT coalesce(r.captured_at, r.received_at) AS at, r.id {_INSPECTION}
            AND (r.captured_at IS NOT NULL OR r.corrects IS NULL) ORDER BY coalesce(r.captured_at, r.received_at)"""
# The first and the last by the index on when they were done; the few that only say so by what they correct are walked back.
_FACTS = f"""
SELECT l.id, l.lot_no, l.kind, l.received_at, l.produced_at, l.production_ended_at, l.expires_at, l.released_at,
       inspected.firsts AS inspected_first, inspected.lasts AS inspected_last, used.firsts AS used_first,
       used.lasts AS used_last, inputs.lasts AS inputs_last, shipped.firsts AS shipped_first,
       shipped.delivered AS delivered_first, ahead.urgent_at, ahead.confirmed_at
FROM lot l
CROSS JOIN LATERAL (
    SELECT min(ROW(at, id)) AS firsts, max(ROW(at, id)) AS lasts FROM (
        ({_DATED}, r.id LIMIT 1)
        UNION ALL
        ({_DATED} DESC, r.id DESC LIMIT 1)
        UNION ALL
        SELECT {DONE_AT.format(record="r")}, r.id {_INSPECTION}
            AND r.corrects IS NOT NULL AND r.captured_at IS NULL) dated) inspected
CROSS JOIN LATERAL (
    SELECT min(ROW(k.at, k.id)) AS firsts, max(ROW(k.at, k.id)) AS lasts
    FROM link k WHERE k.tenant_id = l.tenant_id AND k.from_lot = l.id AND k.kind IN ('consumed', 'installed')
      AND k.at IS NOT NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = k.tenant_id AND b.reverses = k.id)) used
CROSS JOIN LATERAL (
    SELECT max(ROW(k.at, k.id)) AS lasts
    FROM link k WHERE k.tenant_id = l.tenant_id AND k.to_lot = l.id AND k.kind = 'consumed'
      AND k.at IS NOT NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = k.tenant_id AND b.reverses = k.id)) inputs
CROSS JOIN LATERAL (
    WITH RECURSIVE around(id) AS (
        SELECT l.id
        UNION
        SELECT k.to_lot FROM around a JOIN link k ON k.tenant_id = l.tenant_id AND k.from_lot = a.id
        WHERE k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = k.tenant_id AND b.reverses = k.id))
    SELECT min(ROW(s.departed_at, s.id)) FILTER (WHERE s.departed_at IS NOT NULL) AS firsts,
           min(ROW(s.received_at, s.id)) FILTER (WHERE s.received_at IS NOT NULL) AS delivered
    FROM around a JOIN shipment_line n ON n.tenant_id = l.tenant_id AND n.lot_id = a.id
        AND n.cancelled_at IS NULL
    JOIN shipment s ON s.tenant_id = n.tenant_id AND s.id = n.shipment_id) shipped
CROSS JOIN LATERAL (
    SELECT min(u.signed_at) AS urgent_at,
           (SELECT max(o.signed_at) FROM release o WHERE o.tenant_id = l.tenant_id AND o.lot_id = l.id
            AND o.kind = 'ordinary' AND o.decision = 'released' AND o.signed_at > min(u.signed_at)) AS confirmed_at
    FROM release u WHERE u.tenant_id = l.tenant_id AND u.lot_id = l.id AND u.kind = 'urgent' AND u.decision = 'released') ahead
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])
"""  # noqa: S608 - constants only
_SAID = {"let_go": "released", "confirmed": "released"}  # both are releases to whoever reads of them
_PAIRS = {"inspected": "record", "used": "link", "inputs": "link", "shipped": "shipment", "delivered": "shipment"}


async def check_chronology(
    tenant_id: UUID,
    lot_ids: Collection[UUID],
    releasing_at: datetime | None = None,
    ahead_at: datetime | None = None,
) -> dict[UUID, Chronology]:
    """The order of events of each lot; `releasing_at` is the release about to be signed, `ahead_at` when those would be
    signed that wait for it."""
    rows = await db.fetch(_FACTS, tenant_id, list(lot_ids))
    return {
        row["id"]: judge_chronology(
            row["lot_no"], row["kind"], _steps(dict(row), releasing_at or (ahead_at if _waits(dict(row)) else None))
        )
        for row in rows
    }


def _waits(row: Mapping[str, Any]) -> bool:
    """Whether a release is to come: the first one, or that which confirms an urgent one."""
    return row["released_at"] is None or (row["urgent_at"] is not None and row["confirmed_at"] is None)


def _steps(row: Mapping[str, Any], releasing_at: datetime | None) -> dict[str, Step]:
    own = {
        "received": row["received_at"],
        "produced": row["production_ended_at"],
        "expired": row["expires_at"],
        "released": releasing_at or row["released_at"],
    }
    if row["urgent_at"] is not None:
        own |= {"let_go": row["urgent_at"], "confirmed": releasing_at or row["confirmed_at"], "released": None}
    steps = {name: Step(_SAID.get(name, name), at, "lot", row["id"]) for name, at in own.items() if at is not None}
    if row["produced_at"] is not None and "produced" not in steps:
        steps["begun"] = Step("begun", row["produced_at"], "lot", row["id"])
    elif row["produced_at"] is not None:
        steps["began"] = Step("begun", row["produced_at"], "lot", row["id"])
    for key, pair in row.items():
        name, _, which = key.rpartition("_")
        if which in ("first", "last") and pair is not None:
            steps[key] = Step(name, pair[0], _PAIRS[name], pair[1])
    if releasing_at is not None:
        _before_signing(steps, releasing_at)
    return steps


def _before_signing(steps: dict[str, Step], releasing_at: datetime) -> None:
    """Whoever signs now signs over all inspections, the last too; one that is ahead by no more than clocks differ is of now."""
    for name in ("inspected_first", "inspected_last"):
        if name in steps and releasing_at < steps[name].at <= releasing_at + CLOCKS_DIFFER:
            steps[name] = steps[name]._replace(at=releasing_at)
    last = steps.get("inspected_last")
    if last is not None and last.id != steps["inspected_first"].id:
        steps["inspected_before"] = last
