"""Promise: goods whose product has a recipe are charged under it though nobody chose it for the lot; of several somebody
chooses; what an import took over stands in the review; a balance that leaves much unexplained is not passed without a word."""

from typing import Any

from tests.api.test_charging import material, recipe_of
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor
from tests.fixtures.imports import carry_out, send, xlsx


async def unusual(floor: Floor, lot: str) -> list[str]:
    seen: dict[str, Any] = await floor.get(f"/api/v1/lots/{lot}/review")
    return [each["code"] for each in seen["unusual"]]


async def test_the_only_recipe_is_used_without_being_asked_for(floor: Floor) -> None:
    sugar, sweet = await material(floor, "糖")
    _, salt = await material(floor, "盐")
    await recipe_of(floor, {"product_id": sugar, "quantity": "10", "above_percent": "5"})
    batch = await floor.lot("finished", released=False)
    assert (await floor.link(salt, batch, status=409, quantity="1"))["code"] == "not_in_recipe"
    operation = {"name": "配料", "lots_in": [salt], "lots_out": [batch]}
    assert (await floor.post("/api/v1/operations", operation, 409))["code"] == "not_in_recipe"
    await floor.link(sweet, batch, quantity="9")
    assert (await floor.link(sweet, batch, status=409, quantity="3"))["code"] == "charge_above_tolerance"
    (line,) = (await floor.get(f"/api/v1/lots/{batch}/charging"))["lines"]
    assert line["charged"] == "9"


async def test_before_the_first_charge_the_lot_expiring_first_is_proposed(floor: Floor) -> None:
    sugar, late = await material(floor, "糖")
    early = await floor.lot("material", product_id=sugar, expires_at="2030-01-01")
    await recipe_of(floor, {"product_id": sugar, "quantity": "10"})
    batch = await floor.lot("finished", released=False)
    state = await floor.get(f"/api/v1/lots/{batch}/charging")
    (line,) = state["lines"]
    assert (state["chosen"], line["charged"], line["verdict"]) == (False, "0", "none")
    assert line["proposed"][0]["lot_id"] == early
    page = (await floor.manager.get(f"/admin/lots/{batch}/charging")).text
    assert "首次投料" in page
    await floor.link(early, batch, quantity="10")
    state = await floor.get(f"/api/v1/lots/{batch}/charging")
    assert (state["chosen"], state["lines"][0]["charged"]) == (True, "10")
    unknown = await floor.lot("finished", released=False, quantity=None)
    assert (await floor.manager.get(f"/api/v1/lots/{unknown}/charging")).status_code == 404
    assert late


async def test_of_several_recipes_somebody_chooses(floor: Floor) -> None:
    sugar, sweet = await material(floor, "糖")
    first = await recipe_of(floor, {"product_id": sugar, "quantity": "10"})
    await recipe_of(floor, {"product_id": sugar, "quantity": "20"}, outside="warn")
    batch = await floor.lot("finished", released=False)
    refused = await floor.link(sweet, batch, status=409, quantity="9")
    assert (refused["code"], "refuse" in str(refused), "warn" in str(refused)) == ("recipe_to_choose", True, True)
    operation = {"name": "配料", "lots_in": [sweet], "lots_out": [batch]}
    assert (await floor.post("/api/v1/operations", operation, 409))["code"] == "recipe_to_choose"
    assert (await floor.manager.put(f"/api/v1/lots/{batch}/recipe", json={"version_id": first})).status_code == 204
    await floor.link(sweet, batch, quantity="9")


async def test_what_an_import_charged_stands_in_the_review(floor: Floor, api: Api) -> None:
    sugar, _ = await material(floor, "糖")
    await material(floor, "盐", lot_no="Y1")
    await recipe_of(floor, {"product_id": sugar, "quantity": "10"})
    batch = await floor.lot("finished", released=False, lot_no="B1")
    await send(floor.manager, "consumption", xlsx(["投入批号", "产出批号", "数量", "单位"], [["Y1", "B1", "80", "kg"]]))
    await carry_out(api)
    assert {"without_recipe", "release_balance_untold"} <= set(await unusual(floor, batch))


async def test_a_lot_into_which_nothing_was_charged_says_so(floor: Floor) -> None:
    sugar, _ = await material(floor, "糖")
    await recipe_of(floor, {"product_id": sugar, "quantity": "10"})
    batch = await floor.lot("finished", released=False)
    bought = await floor.lot(
        "finished",
        released=False,
        supplier_id=(await floor.post("/api/v1/suppliers", {"code": "S", "name": "供方"}))["id"],
    )
    assert "nothing_charged" in await unusual(floor, batch)
    assert "nothing_charged" not in await unusual(floor, bought)
