"""Internal labels: material tag, traveller, status label. Their code is an internal one: staff who scan it get the lot,
anybody else learns only whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from i18n import has_key, text
from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.domains import codes
from server.domains.access import audit
from server.domains.chain import queries
from server.domains.chain.labels.coding import last_day, order_codes
from server.domains.chain.stock.quantities import plain
from server.domains.chain.values import Command
from server.domains.codes.segments import MintedSegment

LabelKind = Literal["material_tag", "traveller", "status"]
_CODE = """
SELECT c.text FROM code_order o JOIN code c ON c.order_id = o.id AND c.tenant_id = $1
WHERE o.tenant_id = $1 AND o.lot_id = $2 AND o.audience = 'internal' AND o.level = 'lot' AND c.kind = 4 AND c.state NOT IN (5, 6)
ORDER BY o.id DESC LIMIT 1
"""
_STEPS = """
SELECT sequence, name, critical FROM process_step WHERE tenant_id = $1 AND product_id = $2 ORDER BY sequence
"""
_RECIPE = """
SELECT r.name || ' V' || v.version FROM lot_recipe b
JOIN recipe_version v ON v.tenant_id = $1 AND v.id = b.version_id JOIN recipe r ON r.tenant_id = $1 AND r.id = v.recipe_id
WHERE b.tenant_id = $1 AND b.lot_id = $2
"""


class PrintLabel(Command):
    """Which label of the lot."""

    kind: LabelKind


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What a label says, in the reader's language. `state`: pending, released, rejected or held; `steps`: of a traveller,
    (number, name, critical)."""

    kind: LabelKind
    title: str
    owner: str
    code: str
    url: str
    state: str
    state_word: str
    product: str
    lot_no: str
    lines: list[tuple[str, str]]
    steps: list[tuple[int, str, bool]]
    columns: list[str]
    state_on: str


async def label_of(
    actor: Actor, lot_id: UUID, command: PrintLabel, keys: Mapping[int, bytes], key_number: int, origin: str
) -> LotLabel:
    """The label as the lot stands now; its code is made with the first label. Each print is on record. NotFound."""
    lot = await queries.lot(actor.tenant, lot_id)
    code = await _code(actor, lot_id, keys, key_number)
    place = await codes.label_place(actor.tenant)
    held = await queries.holds(actor.tenant, [lot_id], open_only=True)
    state = "held" if held else lot["state"]
    language = actor.language
    steps = await db.fetch(_STEPS, actor.tenant, lot["product_id"]) if command.kind == "traveller" else []
    recipe = await db.fetchval(_RECIPE, actor.tenant, lot_id) if command.kind == "traveller" else None
    owner = await db.fetchval("SELECT name FROM tenant WHERE id = $1", actor.tenant)
    await audit.record(
        actor, "label.printed", "lot", lot_id, after={"kind": command.kind, "state": state, "code": code}
    )
    return LotLabel(
        kind=command.kind, title=text(f"label.{command.kind}", language), owner=text("label.owner", language, name=owner),
        code=code, url=codes.code_url(place.origin or origin, code, place.space), state=state,
        state_word=text(f"label.state.{state}", language), product=lot["product_name"], lot_no=lot["lot_no"],
        lines=_lines(dict(lot) | {"recipe": recipe, "reason": held[0]["reason"] if held else None}, command.kind, language),
        steps=[(row["sequence"], row["name"], row["critical"]) for row in steps],
        columns=[text(f"label.{name}", language) for name in ("step", "in_out", "operator", "checker", "time")],
        state_on=text("label.state_on", language, at=f"{now().astimezone(EDGE):%Y-%m-%d %H:%M}"),
    )  # fmt: skip


async def _code(actor: Actor, lot_id: UUID, keys: Mapping[int, bytes], key_number: int) -> str:
    """The internal code of the lot; two printers at once make one."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('label:' || $1::text, 0))", str(actor.tenant))
    found: str | None = await db.fetchval(_CODE, actor.tenant, lot_id)
    if found is not None:
        return found
    order = codes.NewOrder(lot_id=lot_id, rule_id=await _rule(actor), count=1)
    await codes.mint_step(actor, await order_codes(actor, order, key_number), keys)
    made: str = await db.fetchval(_CODE, actor.tenant, lot_id)
    return made


async def _rule(actor: Actor) -> UUID:
    """The rule of internal labels, made with the first of them."""
    name = text("label.rule", "zh_CN")
    found: UUID | None = await db.fetchval(
        "SELECT id FROM code_rule WHERE tenant_id = $1 AND name = $2 AND audience = 'internal' AND level = 'lot'",
        actor.tenant, name,
    )  # fmt: skip
    if found is not None:
        return found
    command = codes.NewRule(name=name, audience="internal", level="lot", unguessable=True, segments=[MintedSegment()])
    return await codes.create_rule(actor, command)


_FIELDS: Mapping[str, tuple[str, ...]] = {
    "material_tag": ("spec", "sku", "supplier", "supplier_lot_no", "quantity", "received_on", "produced_on", "expires_on", "place"),
    "traveller": ("spec", "sku", "production_order", "recipe", "quantity", "produced_on"),
    "status": ("reason", "quantity", "expires_on", "place"),
}  # fmt: skip


def _lines(lot: Mapping[str, Any], kind: str, language: str) -> list[tuple[str, str]]:
    amount = lot["quantity"] if kind == "traveller" or lot["quantity"] is None else _left(lot)
    quantity = "" if amount is None else f"{plain(amount)} {_unit(lot['unit'], language)}"
    values = {
        "spec": lot["spec"], "sku": lot["sku"], "supplier": lot["supplier_name"], "supplier_lot_no": lot["supplier_lot_no"],
        "quantity": quantity, "received_on": _day(lot["received_at"]), "produced_on": _day(lot["produced_at"]),
        "expires_on": str(last_day(lot["expires_at"]) or ""), "place": lot["place_name"], "production_order": lot["production_order"],
        "recipe": lot["recipe"], "reason": lot["reason"],
    }  # fmt: skip
    return [(text(f"label.{name}", language), str(values[name])) for name in _FIELDS[kind] if values[name]]


def _left(lot: Mapping[str, Any]) -> Decimal:
    """What is there: a tag stands on the goods, and says no more than that."""
    left: Decimal = lot["quantity"] + lot["counted_difference"] - lot["used_quantity"]
    return max(left, Decimal(0))


def _unit(unit: str | None, language: str) -> str:
    return text(f"unit.{unit}", language) if unit and has_key(f"unit.{unit}", language) else unit or ""


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(EDGE):%Y-%m-%d}" if moment else ""


async def lot_of_label(tenant_id: UUID, code: str) -> UUID | None:
    """The lot that an internal code of this enterprise stands on; None for any other code."""
    lot_id: UUID | None = await db.fetchval(
        "SELECT lot_id FROM code WHERE text = $2 AND tenant_id = $1 AND kind > 2", tenant_id, code
    )
    return lot_id
