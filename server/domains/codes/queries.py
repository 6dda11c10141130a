"""Reading rules, orders and codes of one enterprise. Every query names the tenant first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from server.core import db
from server.core.errors import NotFound
from server.domains.codes.rules import RuleSpec
from server.domains.codes.segments import Segment

STATES = ("issued", "printed", "active", "shipped", "voided", "lost", "returned")
"""`code.state` counts from 1 in this order."""

OUT_OF_USE = tuple(STATES.index(state) + 1 for state in ("voided", "lost"))
"""`code.state` of codes by which no piece leaves or moves any more."""
SHIPPED = STATES.index("shipped") + 1

_SEGMENTS: TypeAdapter[list[Segment]] = TypeAdapter(list[Segment])


class RuleVersion(NamedTuple):
    id: UUID
    version: int
    name: str
    spec: RuleSpec


async def enterprise_code(tenant_id: UUID) -> str:
    """The enterprise's unified social credit code."""
    code: str | None = await db.fetchval("SELECT credit_code FROM tenant WHERE id = $1", tenant_id)
    if code is None:
        raise NotFound
    return code


_VERSIONS = """
SELECT DISTINCT ON (r.id) r.id AS rule_id, r.name, r.audience, r.level, r.created_at, v.id, v.version, v.unguessable,
       v.segments::text AS segments
FROM code_rule r JOIN code_rule_version v ON v.tenant_id = r.tenant_id AND v.rule_id = r.id
WHERE r.tenant_id = $1 {filter}
ORDER BY r.id, v.version DESC
"""


def _rule_version(row: Any) -> RuleVersion:
    spec = RuleSpec(
        audience=row["audience"],
        level=row["level"],
        unguessable=row["unguessable"],
        segments=_SEGMENTS.validate_json(row["segments"]),
    )
    return RuleVersion(row["id"], row["version"], row["name"], spec)


async def newest_version(tenant_id: UUID, rule_id: UUID) -> RuleVersion | None:
    """The version new orders use."""
    row = await db.fetchrow(_VERSIONS.format(filter="AND r.id = $2"), tenant_id, rule_id)
    return _rule_version(row) if row else None


async def list_rules(tenant_id: UUID) -> list[tuple[UUID, RuleVersion]]:
    """All rules with their newest version, oldest first."""
    rows = await db.fetch(_VERSIONS.format(filter=""), tenant_id)
    return [(row["rule_id"], _rule_version(row)) for row in rows]


async def segments_of_other_rules(tenant_id: UUID, but: UUID | None) -> dict[str, Sequence[Segment]]:
    """The segments of every version of every other rule, by name and version: codes of all may be in use."""
    rows = await db.fetch(
        "SELECT r.name, v.version, v.segments::text AS segments FROM code_rule r"
        " JOIN code_rule_version v ON v.tenant_id = r.tenant_id AND v.rule_id = r.id"
        " WHERE r.tenant_id = $1 AND r.id IS DISTINCT FROM $2",
        tenant_id, but,
    )  # fmt: skip
    return {f"{row['name']} v{row['version']}": _SEGMENTS.validate_json(row["segments"]) for row in rows}


async def spec_of_order(tenant_id: UUID, order_id: UUID) -> RuleSpec:
    """The rule an order was made by."""
    row = await db.fetchrow(
        "SELECT v.id, v.version, r.name, r.audience, r.level, v.unguessable, v.segments::text AS segments"
        " FROM code_order o JOIN code_rule_version v ON v.tenant_id = o.tenant_id AND v.id = o.rule_version_id"
        " JOIN code_rule r ON r.tenant_id = o.tenant_id AND r.id = v.rule_id"
        " WHERE o.tenant_id = $1 AND o.id = $2",
        tenant_id, order_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    return _rule_version(row).spec


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and how far it is. `stored` is counted from the codes themselves."""

    id: UUID
    rule_id: UUID
    rule_name: str
    lot_id: UUID
    audience: str
    level: str
    count: int
    stored: int
    state: str
    created_at: datetime
    ready_at: datetime | None
    printed: dict[str, Any]


_ORDERS = """
SELECT o.id, r.id AS rule_id, r.name AS rule_name, o.lot_id, o.audience, o.level, o.count,
       CASE o.state WHEN 'ready' THEN o.count
                    ELSE (SELECT count(*) FROM code c WHERE c.order_id = o.id AND c.tenant_id = $1) END AS stored,
       o.state, o.created_at, o.ready_at, (o.handed_down -> 'printed')::text AS printed
FROM code_order o
JOIN code_rule_version v ON v.tenant_id = o.tenant_id AND v.id = o.rule_version_id
JOIN code_rule r ON r.tenant_id = o.tenant_id AND r.id = v.rule_id
WHERE o.tenant_id = $1 AND {filter}
ORDER BY o.id DESC LIMIT {limit}
"""


def _order(row: Any) -> OrderView:
    return OrderView(**{**row, "printed": db.loads(row["printed"]) or {}})


async def get_order(tenant_id: UUID, order_id: UUID) -> OrderView:
    """The order and its progress; NotFound where it is missing or another's."""
    row = await db.fetchrow(_ORDERS.format(filter="o.id = $2", limit=1), tenant_id, order_id)
    if row is None:
        raise NotFound
    return _order(row)


async def list_orders(tenant_id: UUID, lot_id: UUID | None, before: UUID | None, limit: int) -> list[OrderView]:
    """Newest first, from below `before` on; of one lot where given (a lot that received serials by a split too)."""
    rows = await db.fetch(
        _ORDERS.format(
            filter="($2::uuid IS NULL OR o.id IN (SELECT order_id FROM code_range WHERE tenant_id = $1 AND lot_id = $2))"
            " AND ($3::uuid IS NULL OR o.id < $3)",
            limit="$4",
        ),
        tenant_id, lot_id, before, limit,
    )  # fmt: skip
    return [_order(row) for row in rows]


class CodeRow(NamedTuple):
    text: str
    serial: int
    state: str


async def codes_of_order(tenant_id: UUID, order_id: UUID, first: int, last: int) -> list[CodeRow]:
    """The codes with serials `first` to `last`, in that order."""
    rows = await db.fetch(
        "SELECT text, serial, state FROM code"
        " WHERE tenant_id = $1 AND order_id = $2 AND serial BETWEEN $3 AND $4 ORDER BY serial",
        tenant_id, order_id, first, last,
    )  # fmt: skip
    return [CodeRow(row["text"], row["serial"], STATES[row["state"] - 1]) for row in rows]


class CodeView(NamedTuple):
    """What the enterprise knows of one of its codes."""

    text: str
    order_id: UUID
    lot_id: UUID
    serial: int
    audience: str
    level: str
    state: str
    scan_count: int
    first_scan_at: datetime | None
    package_id: UUID | None
    shipment_id: UUID | None


async def get_code(tenant_id: UUID, text: str) -> CodeView:
    """One code by its identity; NotFound where it is missing or another's."""
    row = await db.fetchrow(
        "SELECT c.text, c.order_id, c.lot_id, c.serial, o.audience, o.level, c.state, c.scan_count, c.first_scan_at,"
        " c.package_id, c.shipment_id FROM code c JOIN code_order o ON o.tenant_id = c.tenant_id AND o.id = c.order_id"
        " WHERE c.text = $2 AND c.tenant_id = $1",
        tenant_id, text,
    )  # fmt: skip
    if row is None:
        raise NotFound
    return CodeView(**{**row, "state": STATES[row["state"] - 1]})


class HistoryRow(NamedTuple):
    at: datetime
    change: str
    first: int
    last: int
    changed: int
    detail: dict[str, Any]
    actor_name: str


async def order_history(tenant_id: UUID, order_id: UUID, serial: int | None = None) -> list[HistoryRow]:
    """What happened to the codes of an order, newest first; to one serial where given."""
    rows = await db.fetch(
        "SELECT at, change, lower(serials) AS first, upper(serials) - 1 AS last, changed, detail::text AS detail,"
        " actor_name FROM code_history WHERE tenant_id = $1 AND order_id = $2"
        " AND ($3::integer IS NULL OR serials @> $3::integer) ORDER BY id DESC LIMIT 500",
        tenant_id, order_id, serial,
    )  # fmt: skip
    return [HistoryRow(**{**row, "detail": db.loads(row["detail"])}) for row in rows]


class LabelPlace(NamedTuple):
    """Where the enterprise's labels point: a host of its own, a path prefix of its own, or neither."""

    origin: str | None
    space: str | None


async def label_place(tenant_id: UUID) -> LabelPlace:
    """The settings `label_origin` and `label_space` of the enterprise."""
    row = await db.fetchrow(
        "SELECT settings ->> 'label_origin' AS origin, settings ->> 'label_space' AS space FROM tenant WHERE id = $1",
        tenant_id,
    )  # fmt: skip
    return LabelPlace(row["origin"], row["space"]) if row else LabelPlace(None, None)
