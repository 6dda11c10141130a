"""/api/v1/recipes: what goes into a product, in versions; and the charging of lots made under them."""

from uuid import UUID

from server.domains import chain
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created
from server.open_api.examples import demo
from server.open_api.examples import materials as examples
from server.open_api.paged import after_of, next_of
from server.open_api.recipe_views import (
    ChargingOut,
    RecipeOut,
    RecipePage,
    RecipeSummary,
    RecipeVersionCreated,
    is_formula_secret,
)

routes = RouteTable("recipes")


class RecipeQuery(PageQuery):
    product_id: UUID | None = None


@routes.post(
    "/api/v1/recipes",
    permission="chain.master",
    body=chain.NewRecipe,
    returns=Created,
    status=201,
    example=examples.RECIPE,
)
async def create_recipe(call: Call, body: chain.NewRecipe) -> Created:
    return Created(id=await chain.create_recipe(call.actor, body))


@routes.get("/api/v1/recipes", permission="chain.read", query=RecipeQuery, returns=RecipePage)
async def list_recipes(call: Call) -> RecipePage:
    query: RecipeQuery = call.query
    rows = await chain.recipes(call.actor.tenant, query.product_id, after_of(query), query.limit)
    return RecipePage(items=[RecipeSummary.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/recipes/{id}", permission="chain.read", returns=RecipeOut)
async def get_recipe(call: Call) -> RecipeOut:
    return RecipeOut.shown(await chain.recipe(call.actor.tenant, call.id()), call.masks_secrets)


@routes.post(
    "/api/v1/recipes/{id}/versions",
    permission="chain.master",
    body=chain.NewRecipeVersion,
    returns=RecipeVersionCreated,
    status=201,
    example=examples.RECIPE_VERSION,
)
async def add_version(call: Call, body: chain.NewRecipeVersion) -> RecipeVersionCreated:
    version_id, version = await chain.add_recipe_version(call.actor, call.id(), body)
    return RecipeVersionCreated(id=version_id, version=version)


@routes.put(
    "/api/v1/lots/{id}/recipe",
    permission="chain.write",
    body=chain.SetRecipe,
    status=204,
    example=examples.LOT_RECIPE,
    path_example={"id": demo.PLANNED_YOGHURT_LOT},
)
async def set_recipe(call: Call, body: chain.SetRecipe) -> None:
    await chain.set_recipe(call.actor, call.id(), body)


@routes.get(
    "/api/v1/lots/{id}/charging",
    permission="chain.read",
    returns=ChargingOut,
    path_example={"id": demo.CHARGED_YOGHURT_LOT},
)
async def get_charging(call: Call) -> ChargingOut:
    """How far it is charged and which lot to take next; before the first charge, under the recipe that it would adopt."""
    tenant = call.actor.tenant
    state = await chain.charge_state(tenant, call.id(), proposing=True)
    hides = call.masks_secrets and await is_formula_secret(tenant, call.id())
    return ChargingOut.shown(state, hides, call.language)
