"""Changes of an order's codes by the range: one statement, one history row, one audit row, however many codes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.codes.commands import Change, RangeChange, SerialRange
from server.domains.codes.problems import OrderNotReady, RangeOfOtherLot, RangeOutsideOrder
from server.domains.codes.queries import STATES

_NUMBER: Final[Mapping[str, int]] = {state: number for number, state in enumerate(STATES, 1)}


CHANGE_SECONDS: Final = 55
"""A million codes take some 15 s, longer than other statements are given; a larger order changes range by range."""


class _Rule(NamedTuple):
    """From which states a change leads to which."""

    before: tuple[str, ...]
    after: str


_RULES: Final[Mapping[str, _Rule]] = {
    "printed": _Rule(("issued",), "printed"),
    "activated": _Rule(("issued", "printed"), "active"),
    "shipped": _Rule(("active",), "shipped"),
    "unshipped": _Rule(("shipped",), "active"),
    "voided": _Rule(("issued", "printed", "active", "shipped", "returned"), "voided"),
    "lost": _Rule(("issued", "printed", "active", "shipped"), "lost"),
    "returned": _Rule(("active", "shipped"), "returned"),
}


class Changed(NamedTuple):
    """The range as it was taken, and how many of its codes really changed state."""

    first: int
    last: int
    changed: int


async def change_codes(actor: Actor, order_id: UUID, change: Change, command: RangeChange) -> Changed:
    """Print, activate, void, lose or return codes: the whole order, or a range of its serials.

    Codes in another state than the change starts from stay as they are; a repeat changes nothing.
    """
    detail = {"reason": command.reason} if command.reason else {}
    return await _apply(actor, order_id, change, command.first, command.last, detail)


async def ship_codes(actor: Actor, order_id: UUID, serials: SerialRange, shipment_id: UUID) -> Changed:
    """Active codes leave with a shipment."""
    detail = {"shipment_id": str(shipment_id)}
    return await _apply(actor, order_id, "shipped", serials.first, serials.last, detail, shipment_id)


async def unship_codes(actor: Actor, order_id: UUID, serials: SerialRange) -> Changed:
    """Shipped codes are back in the plant's stock: the shipment, or its line, did not happen."""
    return await _apply(actor, order_id, "unshipped", serials.first, serials.last, {})


async def _apply(
    actor: Actor,
    order_id: UUID,
    change: str,
    first: int | None,
    last: int | None,
    detail: Mapping[str, Any],
    shipment_id: UUID | None = None,
) -> Changed:
    serials = await _range_of(actor, order_id, first, last)
    rule = _RULES[change]
    await db.execute(f"SET LOCAL statement_timeout = '{CHANGE_SECONDS}s'")
    changed = await db.execute(
        "UPDATE code SET state = $5::smallint, shipment_id = CASE $5::smallint WHEN 4 THEN $7::uuid WHEN 3 THEN NULL ELSE shipment_id END"
        " WHERE tenant_id = $1 AND order_id = $2 AND serial BETWEEN $3 AND $4 AND state = ANY ($6::smallint[])",
        actor.tenant, order_id, serials.first, serials.last, _NUMBER[rule.after],
        [_NUMBER[state] for state in rule.before], shipment_id,
    )  # fmt: skip
    if changed:
        await _record(actor, order_id, change, serials, changed, detail)
    return Changed(serials.first, serials.last, changed)


async def _range_of(actor: Actor, order_id: UUID, first: int | None, last: int | None) -> SerialRange:
    """The serials meant, checked against the order: it must be ready, so that none is missed."""
    order = await db.fetchrow(
        "SELECT count, state FROM code_order WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, order_id
    )
    if order is None:
        raise NotFound
    if order["state"] != "ready":
        stored = await db.fetchval("SELECT count(*) FROM code WHERE order_id = $1", order_id)
        raise OrderNotReady(stored=stored, count=order["count"])
    low, high = first or 1, last or order["count"]
    if not low <= high <= order["count"]:
        raise RangeOutsideOrder(field="last", first=low, last=high, count=order["count"])
    return SerialRange(first=low, last=high)


async def _record(
    actor: Actor, order_id: UUID, change: str, serials: SerialRange, changed: int, detail: Mapping[str, Any]
) -> None:
    await db.execute(
        "INSERT INTO code_history (tenant_id, id, order_id, serials, change, detail, changed, actor_id, actor_name)"
        " VALUES ($1, $2, $3, int4range($4, $5 + 1), $6, $7::jsonb, $8, $9, $10)",
        actor.tenant, new_id(), order_id, serials.first, serials.last, change, db.dumps(detail), changed,
        actor.id, actor.name,
    )  # fmt: skip
    after = {"first": serials.first, "last": serials.last, "changed": changed, **detail}
    await audit.record(actor, f"codes.{change}", "code_order", order_id, after=after)


async def move_codes(actor: Actor, order_id: UUID, ranges: Sequence[SerialRange], from_lot: UUID, to_lot: UUID) -> int:
    """Serials of a coded lot go to the lot split off from it; the number of codes moved.

    Called by the chain in the transaction of the split. RangeOfOtherLot unless every serial is of `from_lot`.
    """
    moved = 0
    for serials in ranges:
        checked = await _range_of(actor, order_id, serials.first, serials.last)
        await _cut_range(actor, order_id, checked, from_lot, to_lot)
        changed = await db.execute(
            "UPDATE code SET lot_id = $5 WHERE tenant_id = $1 AND order_id = $2 AND serial BETWEEN $3 AND $4",
            actor.tenant, order_id, checked.first, checked.last, to_lot,
        )  # fmt: skip
        detail = {"from_lot": str(from_lot), "to_lot": str(to_lot)}
        await _record(actor, order_id, "moved", checked, changed, detail)
        moved += changed
    return moved


async def _cut_range(actor: Actor, order_id: UUID, serials: SerialRange, from_lot: UUID, to_lot: UUID) -> None:
    """Replace the range that holds `serials` by what is left of it on both sides, and the part that moves."""
    whole = await db.fetchrow(
        "DELETE FROM code_range WHERE tenant_id = $1 AND order_id = $2 AND lot_id = $3"
        " AND serials @> int4range($4, $5 + 1) RETURNING lower(serials) AS first, upper(serials) - 1 AS last",
        actor.tenant, order_id, from_lot, serials.first, serials.last,
    )  # fmt: skip
    if whole is None:
        raise RangeOfOtherLot(field="serials")
    parts = (
        (from_lot, whole["first"], serials.first - 1),
        (to_lot, serials.first, serials.last),
        (from_lot, serials.last + 1, whole["last"]),
    )
    for lot_id, first, last in parts:
        if first <= last:
            await db.execute(
                "INSERT INTO code_range (tenant_id, id, order_id, lot_id, serials)"
                " VALUES ($1, $2, $3, $4, int4range($5, $6 + 1))",
                actor.tenant, new_id(), order_id, lot_id, first, last,
            )  # fmt: skip
