"""Ordering codes: one row that says how many, by which rule, and what they print."""

from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import FieldError, Invalid, NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.codes import models, queries
from server.domains.codes.commands import NewOrder, Printed
from server.domains.codes.minting import order_prefix
from server.domains.codes.rules import RuleSpec, capacity
from server.domains.codes.segments import SegmentValues, frame, render, value_faults

FILE_ENDING = ".txt"
"""How no code ends: beside the codes lie files by which others see that the address is ours."""


async def order_codes(actor: Actor, command: NewOrder, printed: Printed, key_number: int) -> UUID:
    """An order for `command.count` codes of a lot; minting follows in steps (`mint_step`).

    `printed` is what the chain hands down about that lot; `key_number` the code key in force. Invalid where
    the rule has no room for so many, or a value cannot stand in a code.
    """
    rule = await queries.newest_version(actor.tenant, command.rule_id)
    if rule is None:
        raise NotFound
    minted = rule.spec.is_minted
    handed_down: dict[str, Any] = {"printed": printed.model_dump(mode="json", exclude_none=True)}
    if not minted:
        handed_down |= await _segment_part(actor, rule.spec, printed)
    _refuse_too_many(rule.spec, command.count, int(handed_down.get("first_serial", 1)) - 1)
    order = await models.CodeOrder.create(
        id=new_id(),
        tenant_id=actor.tenant,
        rule_version_id=rule.id,
        lot_id=command.lot_id,
        audience=rule.spec.audience,
        level=rule.spec.level,
        count=command.count,
        key_number=key_number if minted else None,
        prefix=order_prefix() if minted else None,
        handed_down=handed_down,
        created_by=actor.id,
    )
    await db.execute(
        "INSERT INTO code_range (tenant_id, id, order_id, lot_id, serials) VALUES ($1, $2, $3, $4, int4range(1, $5 + 1))",
        actor.tenant, new_id(), order.id, command.lot_id, command.count,
    )  # fmt: skip
    after = command.model_dump(mode="json") | {"rule_version": rule.version}
    await audit.record(actor, "code_order.created", "code_order", order.id, after=after)
    return order.id


async def _segment_part(actor: Actor, spec: RuleSpec, printed: Printed) -> dict[str, Any]:
    """Values, frame and first serial of an order whose texts are made of segments."""
    values = await _segment_values(actor, printed)
    faults = value_faults(spec.segments, values)
    if faults:
        raise Invalid(faults)
    if str(render(spec.segments, values, 1)[0], "ascii").endswith(FILE_ENDING):  # only fixed texts are small letters
        raise Invalid([FieldError("rule_id", "code_ends_like_file", {"ending": FILE_ENDING})])
    within = frame(spec.segments, values)
    return {"values": values, "frame": within, "first_serial": await _next_serial(actor, within)}


async def _segment_values(actor: Actor, printed: Printed) -> SegmentValues:
    values = {
        "enterprise": await queries.enterprise_code(actor.tenant),
        "category": printed.category or "",
        "product": printed.product,
        "lot_no": printed.lot_no,
        "date": printed.produced_on.isoformat() if printed.produced_on else "",
    }
    return {name: value for name, value in values.items() if value}


async def _next_serial(actor: Actor, within: str) -> int:
    """The serial after the last one ordered in this frame; the lock is held until the new order is stored."""
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('code_frame:' || $1::text || $2, 0))", str(actor.tenant), within
    )
    return int(
        await db.fetchval(
            "SELECT coalesce(max((handed_down ->> 'first_serial')::bigint + count), 1) FROM code_order"
            " WHERE tenant_id = $1 AND handed_down ->> 'frame' = $2",
            actor.tenant, within,
        )
    )  # fmt: skip


def _refuse_too_many(spec: RuleSpec, ordered: int, serials_used: int) -> None:
    room = capacity(spec, ordered, serials_used)
    if not room.enough:
        params = {"left": room.distinct, "ordered": ordered}
        raise Invalid([FieldError("count", "code_capacity_exceeded", params)])
