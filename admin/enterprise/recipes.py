"""Recipes: of which product, in versions; a new version begins with what the last one says."""

from typing import Any
from uuid import UUID

from admin.enterprise import choices
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.paging import FETCHED, cut
from admin.rows import as_on_page, rows_of, shown_rows
from admin.wording import plainly
from server.domains import chain
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_recipes")
_FILLED = ("product_id", "quantity")
_NUMBERS = ("quantity", "below_percent", "above_percent")


class RecipesArgs(PageArgs):
    product: UUID | None = None


@routes.get("/admin/recipes", permission="chain.read", query=RecipesArgs, media_type=PAGE)
async def list_recipes(call: Call) -> Raw:
    q: RecipesArgs = call.query
    rows, following = cut(await chain.recipes(call.actor.tenant, q.product, decode_id(q.after), FETCHED))
    filters = q.model_dump(exclude_none=True, exclude={"done", "after"})
    return await show(call, "recipes.html", section="recipes", rows=rows, following=following, filters=filters)


@routes.get("/admin/recipes/new", permission="chain.master", query=RecipesArgs, media_type=PAGE)
async def new_recipe(call: Call) -> Raw:
    return await _form_page(call, None)


@routes.post("/admin/recipes", permission="chain.master", query=RecipesArgs, media_type=PAGE)
async def create_recipe(call: Call) -> Raw | Redirect:
    rows = rows_of(call, "lines", _FILLED)
    if "more" in form(call):
        return await _form_page(call, None, again=True)

    async def act() -> UUID:
        command = typed(form(call), chain.NewRecipe, lines=list(rows.values()))
        return await chain.create_recipe(call.actor, chain.NewRecipe.model_validate(_without_nulls(command)))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _form_page(call, None, as_on_page(done, "lines", rows))
    return back(call, f"/admin/recipes/{done}", "created")


def _without_nulls(command: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in command.items() if value is not None}


@routes.get("/admin/recipes/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_recipe(call: Call) -> Raw:
    found = await chain.recipe(call.actor.tenant, call.id())
    hides = call.masks_secrets and found["secret"]
    return await show(call, "recipe.html", section="recipes", recipe=found, hides=hides)


@routes.get("/admin/recipes/{id}/versions/new", permission="chain.master", query=PageArgs, media_type=PAGE)
async def new_version(call: Call) -> Raw:
    return await _form_page(call, await chain.recipe(call.actor.tenant, call.id()))


@routes.post("/admin/recipes/{id}/versions", permission="chain.master", query=PageArgs, media_type=PAGE)
async def add_version(call: Call) -> Raw | Redirect:
    found = await chain.recipe(call.actor.tenant, call.id())
    rows = rows_of(call, "lines", _FILLED)
    if "more" in form(call):
        return await _form_page(call, found, again=True)

    async def act() -> None:
        command = _without_nulls(typed(form(call), chain.NewRecipeVersion, lines=list(rows.values())))
        await chain.add_recipe_version(call.actor, call.id(), chain.NewRecipeVersion.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _form_page(call, found, as_on_page(done, "lines", rows))
    return back(call, f"/admin/recipes/{call.path['id']}", "version_added")


async def _form_page(
    call: Call, found: dict[str, Any] | None, wrong: Wrong | None = None, *, again: bool = False
) -> Raw:
    kept = wrong is not None or again
    newest = found["versions"][0] if found else None
    lines = shown_rows(call, "lines") if kept or newest is None else [*map(_as_typed, newest["lines"]), {}]
    return await show(
        call, "recipe_form.html", section="recipes", status=wrong.status if wrong else 200, recipe=found, newest=newest,
        wrong=wrong, open_form="recipe" if wrong else "", kept=form(call) if kept else {}, lines=lines,
        products=await choices.products(call), made=await choices.products(call, ("intermediate", "finished")),
        product=getattr(call.query, "product", None) or "",
    )  # fmt: skip


def _as_typed(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a version as somebody would type it."""
    numbers = {name: None if line[name] is None else plainly(line[name]) for name in _NUMBERS}
    return {**line, **numbers, "balanced": "true" if line["balanced"] else "false"}
