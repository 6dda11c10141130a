"""Changes of an order's codes by the range: one statement, one history row, one audit row, however many codes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.codes.commands import Change, RangeChange, SerialRange
from server.domains.codes.problems import OrderNotReady, RangeOfOtherLot, RangeOutsideOrder, TooManyAtOnce
from server.domains.codes.queries import STATES

_NUMBER: Final[Mapping[str, int]] = {state: number for number, state in enumerate(STATES, 1)}


CHANGE_SECONDS: Final = 55
"""A million codes take some 15 s, longer than other statements are given."""

MOST_AT_ONCE: Final = 2_000_000
"""Codes of one call; a larger order changes range by range."""


class _Rule(NamedTuple):
    """From which states a change starts, and what it sets; $6 is the shipment."""

    before: tuple[str, ...]
    sets: str
    where: str = "true"


def _state(**after: str) -> str:
    """Codes in these states go to those; others keep theirs."""
    cases = "".join(f" WHEN {_NUMBER[before]} THEN {_NUMBER[then]}" for before, then in after.items())
    return f"state = (CASE state{cases} ELSE state END)::smallint"


_IN_STOCK: Final = ("issued", "printed", "active", "returned")
_RULES: Final[Mapping[str, _Rule]] = {
    "printed": _Rule(("issued",), _state(issued="printed")),
    # One that left before it was activated is then active with its customer: shipped.
    "activated": _Rule(
        ("issued", "printed"),
        f"state = (CASE WHEN shipment_id IS NULL THEN {_NUMBER['active']} ELSE {_NUMBER['shipped']} END)::smallint",
    ),
    # One not yet active leaves all the same, and stays inactive to whoever scans it.
    "shipped": _Rule(_IN_STOCK, f"shipment_id = $6::uuid, {_state(active='shipped', returned='shipped')}"),
    "unshipped": _Rule(
        (*_IN_STOCK, "shipped"), f"shipment_id = NULL, {_state(shipped='active')}", "shipment_id IS NOT NULL"
    ),
    "refused": _Rule(
        (*_IN_STOCK, "shipped"), f"shipment_id = NULL, {_state(active='returned', shipped='returned')}"
    ),
    "voided": _Rule(
        ("issued", "printed", "active", "shipped", "returned"), f"state = {_NUMBER['voided']}::smallint"
    ),
    "lost": _Rule(("issued", "printed", "active", "shipped"), f"state = {_NUMBER['lost']}::smallint"),
    "returned": _Rule(("active", "shipped"), f"state = {_NUMBER['returned']}::smallint"),
}  # fmt: skip


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
    """Codes in stock leave with a shipment; one not yet active stays so until it is activated."""
    detail = {"shipment_id": str(shipment_id)}
    return await _apply(actor, order_id, "shipped", serials.first, serials.last, detail, shipment_id)


async def unship_codes(actor: Actor, order_id: UUID, serials: SerialRange) -> Changed:
    """Shipped codes are back in the plant's stock: the shipment, or its line, did not happen."""
    return await _apply(actor, order_id, "unshipped", serials.first, serials.last, {})


async def refuse_codes(actor: Actor, order_id: UUID, serials: SerialRange, shipment_id: UUID) -> Changed:
    """The customer refused these: they are back, and `returned` until they are shipped again."""
    detail = {"shipment_id": str(shipment_id), "refused": True}
    return await _apply(actor, order_id, "refused", serials.first, serials.last, detail, word="returned")


async def _apply(
    actor: Actor,
    order_id: UUID,
    change: str,
    first: int | None,
    last: int | None,
    detail: Mapping[str, Any],
    shipment_id: UUID | None = None,
    word: str | None = None,
) -> Changed:
    serials = await range_of(actor, order_id, first, last)
    rule = _RULES[change]
    if serials.last - serials.first >= MOST_AT_ONCE:
        raise TooManyAtOnce(field="last", limit=MOST_AT_ONCE, count=serials.last - serials.first + 1)
    await db.execute(f"SET LOCAL statement_timeout = '{CHANGE_SECONDS}s'")
    try:
        changed = await db.execute(
            f"UPDATE code SET {rule.sets} WHERE tenant_id = $1 AND order_id = $2 AND serial BETWEEN $3 AND $4"  # noqa: S608 - our own texts
            f" AND state = ANY ($5::smallint[]) AND {rule.where}",
            actor.tenant, order_id, serials.first, serials.last, [_NUMBER[state] for state in rule.before],
            *([shipment_id] if shipment_id else []),
        )  # fmt: skip
    except asyncpg.QueryCanceledError as error:
        raise TooManyAtOnce(field="last", limit=MOST_AT_ONCE, count=serials.last - serials.first + 1) from error
    if changed:
        await _record(actor, order_id, word or change, serials, changed, detail)
    return Changed(serials.first, serials.last, changed)


async def range_of(actor: Actor, order_id: UUID, first: int | None, last: int | None) -> SerialRange:
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
        checked = await range_of(actor, order_id, serials.first, serials.last)
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
