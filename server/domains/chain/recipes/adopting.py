"""Which recipe goods are charged under that nobody chose one for: the only one their product has; of several, somebody chooses."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict
from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.chain import problems
from server.domains.chain.recipes.charging import charged_amounts, materials_of
from server.domains.chain.recipes.commands import SetRecipe
from server.domains.chain.recipes.rules import Batch
from server.domains.chain.recipes.versions import set_recipe
from server.domains.chain.stock import locking

# Goods of other goods (split, merged, worked on again) answer with the recipe of those.
_OPEN = """
SELECT l.id, l.lot_no, l.quantity, l.unit AS lot_unit, r.name, v.id AS version_id, v.version, v.outside, v.batch_quantity, v.unit
FROM lot l
JOIN recipe r ON r.tenant_id = $1 AND r.product_id = l.product_id AND r.retired_at IS NULL
CROSS JOIN LATERAL (SELECT n.* FROM recipe_version n WHERE n.tenant_id = $1 AND n.recipe_id = r.id
                    ORDER BY n.version DESC LIMIT 1) v
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND l.state <> 'rejected' AND l.kind <> 'package'
  AND NOT EXISTS (SELECT FROM lot_recipe b WHERE b.tenant_id = $1 AND b.lot_id = l.id)
  AND NOT EXISTS (SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = l.id AND k.reverses IS NULL
                  AND k.kind IN ('split', 'merged', 'reworked', 'repaired')
                  AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id))
ORDER BY l.id, r.name
"""


class RecipeToChoose(Conflict):
    """Several recipes could be meant, or the only one cannot be planned while nobody says how much is made."""

    code = "recipe_to_choose"


async def adopt_recipes(actor: Actor, lot_ids: Iterable[UUID], field: str) -> None:
    """From now on these lots are charged under the recipe of their product, those that have none yet and into which nothing
    was charged. Raises RecipeToChoose, which names the recipes."""
    await locking.lock_graph(actor.tenant)
    for lot_id, recipes in (await _open_recipes(actor.tenant, lot_ids)).items():
        await _adopt(actor, lot_id, recipes, field)


async def _open_recipes(tenant_id: UUID, lot_ids: Iterable[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """The recipes in force of these lots' products, for lots that have none yet and into which nothing was charged."""
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in await db.fetch(_OPEN, tenant_id, sorted(set(lot_ids))):
        found.setdefault(row["id"], []).append(row)
    charged = await charged_amounts(tenant_id, list(found)) if found else {}
    return {lot: rows for lot, rows in found.items() if not any(row["drawn"] for row in charged.get(lot, []))}


async def batch_to_adopt(tenant_id: UUID, lot_id: UUID) -> Batch | None:
    """The batch under which the first charge would put this lot, to look at before it; None where somebody has to choose."""
    recipes = (await _open_recipes(tenant_id, [lot_id])).get(lot_id, [])
    if len(recipes) != 1 or not recipes[0]["quantity"]:
        return None
    (row,) = recipes
    try:
        planned = convert(row["quantity"], row["lot_unit"] or row["unit"], row["unit"])
    except ImpossibleValue:
        return None
    materials = (await materials_of(tenant_id, [row["version_id"]])).get(row["version_id"], {})
    name = f"{row['name']} V{row['version']}"
    return Batch(
        lot_id, name, row["version_id"], row["outside"], planned, row["batch_quantity"], row["unit"], materials
    )


async def _adopt(actor: Actor, lot_id: UUID, recipes: list[asyncpg.Record], field: str) -> None:
    names = "、".join(row["name"] for row in recipes)
    to_choose = RecipeToChoose(field=field, lot_no=recipes[0]["lot_no"], recipes=names)
    if len(recipes) > 1:
        raise to_choose
    try:
        await set_recipe(actor, lot_id, SetRecipe(version_id=recipes[0]["version_id"]))
    except problems.QuantityRequired:
        raise to_choose from None
