"""Recipes (配方): versions that never change once written, and which lot is made under which."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound, Problem
from server.core.ids import new_id
from server.core.impossible import ImpossibleValue
from server.core.units import convert, find_unit
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.recipes.charging import charged_amounts
from server.domains.chain.recipes.commands import NewRecipe, NewRecipeVersion, SetRecipe
from server.domains.chain.stock.goods import Stock
from server.domains.chain.stock.locking import lock_stock

_RECIPES = """
SELECT r.id, r.product_id, p.name AS product_name, p.sku, r.name, r.retired_at, 'formula' = ANY (p.trade_secrets) AS secret
FROM recipe r JOIN product p ON p.tenant_id = $1 AND p.id = r.product_id
WHERE r.tenant_id = $1
"""
_VERSIONS = """
SELECT id, version, batch_quantity, unit, outside, remark, created_at, creator_name
FROM recipe_version WHERE tenant_id = $1 AND recipe_id = $2 ORDER BY version DESC
"""
_LINES = """
SELECT l.version_id, l.product_id, p.name AS product_name, p.sku, l.quantity, l.unit, l.below_percent, l.above_percent, l.balanced
FROM recipe_line l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.version_id = ANY($2::uuid[]) ORDER BY l.version_id, l.position
"""
_ADD_LINES = """
INSERT INTO recipe_line (tenant_id, id, version_id, position, product_id, quantity, unit, below_percent, above_percent, balanced)
SELECT $1, r.* FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::uuid[], $6::numeric[], $7::text[], $8::numeric[],
                           $9::numeric[], $10::boolean[]) AS r
"""


class RecipeNameTaken(Conflict):
    code = "recipe_name_taken"


class RecipeOfOther(Problem):
    status = 422
    code = "recipe_of_other_product"


class RecipeTooLate(Conflict):
    """The lot was rejected, or holds what the recipe does not know."""

    code = "recipe_too_late"


class RecipeInUse(Conflict):
    """The lot is being made under another one."""

    code = "recipe_in_use"


async def create_recipe(actor: Actor, command: NewRecipe) -> UUID:
    """A recipe with its first version. Raises NotFound, RecipeNameTaken, UnitUnknown."""
    product = await db.fetchrow(
        "SELECT unit FROM product WHERE tenant_id = $1 AND id = $2", actor.tenant, command.product_id
    )
    if product is None:
        raise NotFound(field="product_id")
    recipe_id = new_id()
    made = await db.execute(
        "INSERT INTO recipe (tenant_id, id, product_id, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        actor.tenant, recipe_id, command.product_id, command.name,
    )  # fmt: skip
    if not made:
        raise RecipeNameTaken(field="name", name=command.name)
    await _write_version(actor, recipe_id, 1, command, product["unit"])
    after = command.model_dump(mode="json", exclude={"lines"}) | {"version": 1, "materials": len(command.lines)}
    await audit.record(actor, "recipe.created", "recipe", recipe_id, after=after)
    return recipe_id


async def add_recipe_version(actor: Actor, recipe_id: UUID, command: NewRecipeVersion) -> tuple[UUID, int]:
    """(id, number) of the recipe's next version; lots begun before keep theirs."""
    row = await db.fetchrow(
        "SELECT p.unit FROM recipe r JOIN product p ON p.tenant_id = $1 AND p.id = r.product_id"
        " WHERE r.tenant_id = $1 AND r.id = $2 FOR UPDATE OF r",
        actor.tenant, recipe_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    version: int = await db.fetchval(
        "SELECT max(version) + 1 FROM recipe_version WHERE tenant_id = $1 AND recipe_id = $2", actor.tenant, recipe_id
    )
    version_id = await _write_version(actor, recipe_id, version, command, row["unit"])
    # The trail is read by more people than the formula is.
    after = command.model_dump(mode="json", exclude={"lines"}) | {"version": version, "materials": len(command.lines)}
    await audit.record(actor, "recipe.version_added", "recipe", recipe_id, after=after)
    return version_id, version


async def _write_version(
    actor: Actor, recipe_id: UUID, version: int, command: NewRecipeVersion, product_unit: str
) -> UUID:
    units = await _units(actor.tenant, command)
    version_id, unit = new_id(), command.unit or product_unit
    _check_unit(unit, "unit")
    await db.execute(
        "INSERT INTO recipe_version (tenant_id, id, recipe_id, version, batch_quantity, unit, outside, remark, created_by, creator_name)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        actor.tenant, version_id, recipe_id, version, command.batch_quantity, unit, command.outside, command.remark, actor.id,
        actor.name,
    )  # fmt: skip
    lines, count = command.lines, len(command.lines)
    await db.execute(
        _ADD_LINES, actor.tenant, [new_id() for _ in lines], [version_id] * count, list(range(count)),
        [line.product_id for line in lines], [line.quantity for line in lines], units,
        [line.below_percent for line in lines], [line.above_percent for line in lines], [line.balanced for line in lines],
    )  # fmt: skip
    return version_id


async def _units(tenant_id: UUID, command: NewRecipeVersion) -> list[str]:
    """The unit of each line, the material's own where none is said; NotFound for an unknown material."""
    rows = await db.fetch(
        "SELECT id, unit FROM product WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tenant_id, [line.product_id for line in command.lines],
    )  # fmt: skip
    known: dict[UUID, str] = {row["id"]: row["unit"] for row in rows}
    for position, line in enumerate(command.lines):
        if line.product_id not in known:
            raise NotFound(field=f"lines.{position}.product_id")
        _check_unit(line.unit or known[line.product_id], f"lines.{position}.unit")
    return [line.unit or known[line.product_id] for line in command.lines]


def _check_unit(unit: str, field: str) -> None:
    try:
        find_unit(unit)
    except ImpossibleValue as unknown:
        raise problems.UnitUnknown(field=field, unit=unknown.params["unit"]) from None


async def set_recipe(actor: Actor, lot_id: UUID, command: SetRecipe) -> None:
    """From now on the lot is charged under this version. Raises RecipeOfOther, RecipeTooLate, RecipeInUse.

    Another version may be chosen as long as nothing was charged under the first.
    """
    stock = await lock_stock(actor.tenant, lot_id)
    version = await db.fetchrow(
        "SELECT v.id, v.unit, r.product_id, r.retired_at FROM recipe_version v JOIN recipe r ON r.tenant_id = $1 AND r.id = v.recipe_id"
        " WHERE v.tenant_id = $1 AND v.id = $2",
        actor.tenant, command.version_id,
    )  # fmt: skip
    if version is None:
        raise NotFound(field="version_id")
    if version["product_id"] != stock.product_id:
        raise RecipeOfOther(field="version_id", lot_no=stock.lot_no)
    planned = _planned(command, stock, version["unit"])
    before = await db.fetchrow(
        "SELECT version_id, batch_quantity FROM lot_recipe WHERE tenant_id = $1 AND lot_id = $2", actor.tenant, lot_id
    )
    charged = [row for row in (await charged_amounts(actor.tenant, [lot_id])).get(lot_id, []) if row["drawn"]]
    if before is not None and charged:
        raise RecipeInUse(field="version_id", lot_no=stock.lot_no)
    known = await db.fetch(
        "SELECT product_id FROM recipe_line WHERE tenant_id = $1 AND version_id = $2", actor.tenant, version["id"]
    )
    if stock.state == "rejected" or {row["product_id"] for row in charged} - {row["product_id"] for row in known}:
        raise RecipeTooLate(field="version_id", lot_no=stock.lot_no)
    await db.execute(
        "INSERT INTO lot_recipe (tenant_id, lot_id, version_id, batch_quantity, set_by) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (tenant_id, lot_id) DO UPDATE SET version_id = $3, batch_quantity = $4, set_at = now(), set_by = $5",
        actor.tenant, lot_id, version["id"], planned, actor.id,
    )  # fmt: skip
    was = dict(before) if before else {"version_id": None}
    after = {"version_id": version["id"], "batch_quantity": planned}
    await audit.record(actor, "lot.recipe_set", "lot", lot_id, before=was, after=after)


def _planned(command: SetRecipe, stock: Stock, unit: str) -> Decimal:
    """The planned batch in the recipe's unit; QuantityRequired where neither the command nor the lot says it."""
    quantity, given = command.batch_quantity, command.unit or unit
    if quantity is None:
        quantity, given = stock.quantity, stock.unit or unit
    if quantity is None or quantity <= 0:
        raise problems.QuantityRequired(field="batch_quantity", lot_no=stock.lot_no)
    try:
        return convert(quantity, given, unit)
    except ImpossibleValue:
        raise problems.UnitsDiffer(field="unit", lot_no=stock.lot_no, unit=given[:40], expected=unit) from None


async def recipes(tenant_id: UUID, product_id: UUID | None, after: UUID | None, limit: int) -> Sequence[asyncpg.Record]:
    """Recipes in the order they were entered, of one product where given."""
    sql = _RECIPES + " AND r.id > $2 AND ($3::uuid IS NULL OR r.product_id = $3) ORDER BY r.id LIMIT $4"
    return await db.fetch(sql, tenant_id, after or UUID(int=0), product_id, limit)


async def recipe(tenant_id: UUID, recipe_id: UUID) -> dict[str, Any]:
    """The recipe with its versions, the newest first, each with its lines; `secret`: the product keeps its formula. NotFound."""
    row = await db.fetchrow(_RECIPES + " AND r.id = $2", tenant_id, recipe_id)
    if row is None:
        raise NotFound
    versions = [dict(version) | {"lines": []} for version in await db.fetch(_VERSIONS, tenant_id, recipe_id)]
    by_id = {version["id"]: version for version in versions}
    for line in await db.fetch(_LINES, tenant_id, list(by_id)):
        by_id[line["version_id"]]["lines"].append(dict(line))
    return dict(row) | {"versions": versions}
