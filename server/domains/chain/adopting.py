"""Which recipe goods are charged under that nobody chose one for: the only one their product has; of several, somebody chooses."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict
from server.domains.chain import locking, problems
from server.domains.chain.charging import charged_amounts
from server.domains.chain.recipe_commands import SetRecipe
from server.domains.chain.recipes import set_recipe

# Goods of other goods (split, merged, worked on again) answer with the recipe of those.
_OPEN = """
SELECT l.id, l.lot_no, r.name, v.id AS version_id
FROM lot l
JOIN recipe r ON r.tenant_id = $1 AND r.product_id = l.product_id AND r.retired_at IS NULL
CROSS JOIN LATERAL (SELECT n.id FROM recipe_version n WHERE n.tenant_id = $1 AND n.recipe_id = r.id
                    ORDER BY n.version DESC LIMIT 1) v
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND l.state = 'pending' AND l.kind <> 'package'
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
    open_lots: dict[UUID, list[asyncpg.Record]] = {}
    for row in await db.fetch(_OPEN, actor.tenant, sorted(set(lot_ids))):
        open_lots.setdefault(row["id"], []).append(row)
    if not open_lots:
        return
    charged = await charged_amounts(actor.tenant, list(open_lots))
    for lot_id, recipes in open_lots.items():
        if not any(row["drawn"] for row in charged.get(lot_id, [])):
            await _adopt(actor, lot_id, recipes, field)


async def _adopt(actor: Actor, lot_id: UUID, recipes: list[asyncpg.Record], field: str) -> None:
    names = "、".join(row["name"] for row in recipes)
    to_choose = RecipeToChoose(field=field, lot_no=recipes[0]["lot_no"], recipes=names)
    if len(recipes) > 1:
        raise to_choose
    try:
        await set_recipe(actor, lot_id, SetRecipe(version_id=recipes[0]["version_id"]))
    except problems.QuantityRequired:
        raise to_choose from None
