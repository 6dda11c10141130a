"""Codes of demo lots: a rule, orders minted on the spot, and ranges in the states one should see."""

from typing import Literal
from uuid import UUID

from server.core import db
from server.core.actor import worker
from server.core.ids import new_id
from server.domains import codes
from server.domains.chain import order_codes
from server.domains.codes.segments import MintedSegment
from workers.seed.plant import MANAGER, OPERATOR, Plant


async def make_rule(plant: Plant, name: str, level: Literal["item", "lot"]) -> UUID:
    """A public rule of the platform's own unguessable codes."""
    rule = codes.NewRule(name=name, level=level, segments=[MintedSegment()], unguessable=True)
    return await plant.do(MANAGER, codes.create_rule, rule)


async def mint(plant: Plant, lot_id: UUID, rule_id: UUID, count: int) -> UUID:
    """An order for codes of this lot, minted to its end."""
    order = codes.NewOrder(lot_id=lot_id, rule_id=rule_id, count=count)
    order_id = await plant.do(MANAGER, order_codes, order, plant.keys.minting_key)
    minting = worker("minting", plant.tenant_id, str(new_id()))
    async with plant.acting(minting):
        await codes.mint_step(minting, order_id, plant.keys.code_keys)
    return order_id


async def activate(plant: Plant, order_id: UUID, first: int | None = None, last: int | None = None) -> None:
    """The labels are on the goods."""
    await change(plant, order_id, "activated", first, last)


async def change(
    plant: Plant,
    order_id: UUID,
    kind: codes.Change,
    first: int | None = None,
    last: int | None = None,
    reason: str | None = None,
) -> None:
    """Change a range of serials, or the whole order."""
    await plant.do(
        OPERATOR, codes.change_codes, order_id, kind, codes.RangeChange(first=first, last=last, reason=reason)
    )


async def text_of(plant: Plant, order_id: UUID, serial: int) -> str:
    """The printed text of one code."""
    async with db.transaction(db.Scope.tenant(plant.tenant_id)):
        return (await codes.codes_of_order(plant.tenant_id, order_id, serial, serial))[0].text
