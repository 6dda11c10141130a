"""Promise: a lot made under a recipe takes in what the recipe knows and nothing else, by whatever route; too much is refused or noted
as the recipe says; the lot that expires first is proposed, and taking another is seen at release. A product without recipe is as before."""

from typing import Any

import pytest

from server.core import db
from server.domains import chain
from tests.fixtures.api import Api, Plant
from tests.fixtures.floor import Floor
from tests.fixtures.imports import carry_out, send, xlsx


async def material(floor: Floor, sku: str, **lot: Any) -> tuple[str, str]:
    """(product, released lot of 100 kg)."""
    body = {"kind": "material", "sku": sku, "name": sku, "unit": "kg"}
    product = (await floor.post("/api/v1/products", body))["id"]
    return product, await floor.lot(product_id=product, **lot)


async def recipe_of(floor: Floor, *lines: dict[str, Any], outside: str = "refuse", product: str = "finished") -> str:
    """The version of a recipe for 100 kg."""
    body = {
        "product_id": floor.products[product],
        "name": outside,
        "batch_quantity": "100",
        "outside": outside,
        "lines": list(lines),
    }
    recipe = await floor.post("/api/v1/recipes", body)
    return str((await floor.get(f"/api/v1/recipes/{recipe['id']}"))["versions"][0]["id"])


async def made_under(floor: Floor, version: str, **lot: Any) -> str:
    lot_id = await floor.lot("finished", released=False, **lot)
    answer = await floor.manager.put(f"/api/v1/lots/{lot_id}/recipe", json={"version_id": version})
    assert answer.status_code == 204, answer.text
    return lot_id


async def test_what_the_recipe_does_not_know_is_refused_on_every_route(floor: Floor, api: Api) -> None:
    sugar, _ = await material(floor, "糖", lot_no="S1")
    _, salt = await material(floor, "盐", lot_no="Y1")
    batch = await made_under(floor, await recipe_of(floor, {"product_id": sugar, "quantity": "10"}), lot_no="B1")
    for kind in ("consumed", "installed", "split", "merged", "reworked", "repaired"):
        refused = await floor.link(salt, batch, kind, status=409, quantity="1")
        assert refused["code"] == ("not_in_recipe" if kind in ("consumed", "installed") else "move_changes_product")
        assert "Y1" in str(refused)
    operation = {"name": "配料", "lots_in": [salt], "lots_out": [batch]}
    assert (await floor.post("/api/v1/operations", operation, 409))["code"] == "not_in_recipe"
    sheet = xlsx(["投入批号", "产出批号", "数量", "单位"], [["Y1", "B1", "1", "kg"]])
    job = (await send(floor.manager, "consumption", sheet, policy="good_rows")).json()["id"]
    await carry_out(api)
    errors = (await floor.get(f"/api/v1/imports/{job}/errors"))["items"]
    assert [error["code"] for error in errors] == ["not_in_recipe"]
    assert (await floor.get(f"/api/v1/lots/{batch}/links"))["items"] == []
    assert await floor.left(salt) == "100"


async def test_no_part_of_a_lot_is_a_way_around_its_recipe(floor: Floor) -> None:
    sugar, _ = await material(floor, "糖")
    _, salt = await material(floor, "盐")
    batch = await made_under(floor, await recipe_of(floor, {"product_id": sugar, "quantity": "10"}))
    part = (await floor.post(f"/api/v1/lots/{batch}/split", {"lot_no": "part", "quantity": "40"}))["id"]
    assert (await floor.link(salt, part, status=409, quantity="1"))["code"] == "not_in_recipe"
    redone = (await floor.post(f"/api/v1/lots/{part}/rework", {"lot_no": "redone", "quantity": "10"}))["id"]
    assert (await floor.link(salt, redone, status=409, quantity="1"))["code"] == "not_in_recipe"


async def test_a_charge_is_refused_with_its_reason(floor: Floor) -> None:
    sugar, good = await material(floor, "糖")
    pending = await floor.lot(product_id=sugar, released=False)
    expired = await floor.lot(product_id=sugar, expires_at="2020-01-01")
    batch = await made_under(
        floor, await recipe_of(floor, {"product_id": sugar, "quantity": "10", "above_percent": "5"})
    )
    assert (await floor.link(pending, batch, status=409, quantity="1"))["code"] == "lot_not_released"
    assert (await floor.link(expired, batch, status=409, quantity="1"))["code"] == "lot_expired"
    assert (await floor.link(good, batch, status=422))["code"] == "quantity_required"
    await floor.link(good, batch, quantity="10.4")
    above = await floor.link(good, batch, status=409, quantity="0.2")
    assert above["code"] == "charge_above_tolerance"
    assert "10.6" in str(above)
    assert "10.5" in str(above)
    await floor.link(good, batch, quantity="0.1")
    pending_input = {"name": "配料", "lots_in": [pending], "lots_out": [batch]}
    assert (await floor.post("/api/v1/operations", pending_input, 409))["code"] == "lot_not_released"
    await floor.post("/api/v1/operations", {"name": "配料", "lots_in": [good], "lots_out": [batch]}, 201)


async def test_a_recipe_that_warns_lets_through_and_notes(floor: Floor) -> None:
    sugar, lot = await material(floor, "糖")
    version = await recipe_of(
        floor, {"product_id": sugar, "quantity": "10", "below_percent": "2", "above_percent": "2"}, outside="warn"
    )
    batch = await made_under(floor, version)
    assert (await floor.link(lot, batch, quantity="9"))["warnings"] == []
    state = await floor.get(f"/api/v1/lots/{batch}/charging")
    assert [(each["kind"], each["mandatory"]) for each in state["findings"]] == [("below_tolerance", False)]
    assert len((await floor.link(lot, batch, quantity="2"))["warnings"]) == 1
    state = await floor.get(f"/api/v1/lots/{batch}/charging")
    assert [each["kind"] for each in state["findings"]] == ["above_tolerance"]
    line = state["lines"][0]
    assert [float(line[name]) for name in ("target", "low", "high", "charged")] == [10, 9.8, 10.2, 11]
    assert line["verdict"] == "above"


async def test_the_first_to_expire_is_proposed_and_another_is_an_exception(floor: Floor) -> None:
    sugar, late = await material(floor, "糖", lot_no="late", expires_at="2098-01-01")
    await floor.lot(product_id=sugar, lot_no="early", quantity="6", expires_at="2097-01-01")
    never = await floor.lot(product_id=sugar, lot_no="never")
    held = await floor.lot(product_id=sugar, expires_at="2096-01-01")
    await floor.post("/api/v1/holds", {"lot_ids": [held], "kind": "on_hold", "cause": "x", "reason": "x"})
    await floor.lot(product_id=sugar, released=False, expires_at="2095-01-01")
    batch = await made_under(
        floor, await recipe_of(floor, {"product_id": sugar, "quantity": "10", "below_percent": "0"})
    )
    state = await floor.get(f"/api/v1/lots/{batch}/charging")
    assert [(lot["lot_no"], float(lot["take"])) for lot in state["lines"][0]["proposed"]] == [("early", 6), ("late", 4)]
    assert state["findings"][0]["kind"] == "not_charged"
    assert state["findings"][0]["mandatory"]
    taken = await floor.link(late, batch, quantity="4")
    assert "early" in taken["warnings"][0]
    link = await floor.link(never, batch, quantity="1")
    found = (await floor.get(f"/api/v1/lots/{batch}/charging"))["findings"]
    assert [each["kind"] for each in found] == ["below_tolerance", "not_first_expiring", "not_first_expiring"]
    await floor.post(f"/api/v1/links/{link['id']}/reverse", {"reason": "拿错"})
    found = (await floor.get(f"/api/v1/lots/{batch}/charging"))["findings"]
    assert [each["kind"] for each in found] == ["below_tolerance", "not_first_expiring"]


async def test_one_command_that_uses_up_the_first_is_no_exception(floor: Floor) -> None:
    sugar, late = await material(floor, "糖", expires_at="2098-01-01")
    early = await floor.lot(product_id=sugar, quantity="6", expires_at="2097-01-01")
    batch = await made_under(floor, await recipe_of(floor, {"product_id": sugar, "quantity": "10"}))
    actor = floor.plant.actor("operator")
    rows = [
        chain.NewLink.model_validate({"from_lot": source, "to_lot": batch, "kind": "consumed", "quantity": quantity})
        for source, quantity in ((late, "4"), (early, "6"))
    ]
    async with db.transaction(actor.scope()):
        await chain.create_links(actor, rows)
    assert (await floor.get(f"/api/v1/lots/{batch}/charging"))["findings"] == []


async def test_a_recipe_is_set_before_charging_and_kept_after_it(floor: Floor) -> None:
    sugar, lot = await material(floor, "糖")
    _, salt = await material(floor, "盐")
    salted = await floor.lot("finished", released=False)
    await floor.link(salt, salted, quantity="1")  # before there is any recipe
    version = await recipe_of(floor, {"product_id": sugar, "quantity": "10"})
    other = await recipe_of(floor, {"product_id": sugar, "quantity": "10"}, product="intermediate", outside="warn")

    async def put(lot_id: str, version_id: str) -> Any:
        return (await floor.manager.put(f"/api/v1/lots/{lot_id}/recipe", json={"version_id": version_id})).json()

    assert (await put(salted, version))["code"] == "recipe_too_late"
    assert (await put(salted, other))["code"] == "recipe_of_other_product"
    batch = await made_under(floor, version)
    await floor.link(lot, batch, quantity="1")
    assert (await put(batch, version))["code"] == "recipe_in_use"
    await floor.link(salt, salted, quantity="1")  # begun without one, it goes on without one


async def test_versions_never_change_and_a_lot_keeps_its_own(floor: Floor) -> None:
    sugar, lot = await material(floor, "糖")
    version = await recipe_of(floor, {"product_id": sugar, "quantity": "10", "above_percent": "0"})
    batch = await made_under(floor, version)
    recipe = (await floor.get("/api/v1/recipes", product_id=floor.products["finished"]))["items"][0]["id"]
    body = {"batch_quantity": "100", "lines": [{"product_id": sugar, "quantity": "20"}]}
    assert (await floor.post(f"/api/v1/recipes/{recipe}/versions", body))["version"] == 2
    assert (await floor.link(lot, batch, status=409, quantity="11"))["code"] == "charge_above_tolerance"
    versions = (await floor.get(f"/api/v1/recipes/{recipe}"))["versions"]
    assert [(each["version"], each["lines"][0]["quantity"]) for each in versions] == [(2, "20"), (1, "10")]


async def test_an_authority_sees_that_there_is_a_formula_and_not_the_formula(floor: Floor, api: Api) -> None:
    sugar, lot = await material(floor, "糖")
    version = await recipe_of(floor, {"product_id": sugar, "quantity": "10", "above_percent": "7"})
    batch = await made_under(floor, version)
    await floor.link(lot, batch, quantity="10")
    await floor.manager.patch(f"/api/v1/products/{floor.products['finished']}", json={"trade_secrets": ["formula"]})
    recipe = (await floor.get("/api/v1/recipes"))["items"][0]["id"]
    authority = (await api.regulator("330000")).client()
    for path in (f"recipes/{recipe}", f"lots/{batch}/charging", f"lots/{batch}/balance"):
        answer = await authority.get(f"/api/v1/{path}", params={"enterprise": str(floor.plant.tenant_id)})
        assert answer.status_code == 200, answer.text
        own = await floor.manager.get(f"/api/v1/{path}", params={"as": "authority"})
        for text in (answer.text, own.text):
            assert '{"present":true}' in text
    shown = (await authority.get(f"/api/v1/recipes/{recipe}", params={"enterprise": str(floor.plant.tenant_id)})).json()
    assert shown["versions"][0]["lines"][0] | {"quantity": "", "above_percent": ""} == {
        "product_id": sugar, "product_name": "糖", "sku": "糖", "quantity": "", "unit": "kg", "below_percent": None,
        "above_percent": "", "balanced": True,
    }  # fmt: skip
    assert shown["versions"][0]["lines"][0]["quantity"] == {"present": True}


async def test_the_balance_says_whether_it_adds_up(floor: Floor) -> None:
    await floor.manager.patch(
        f"/api/v1/products/{floor.products['finished']}",
        json={"balance_tolerance_percent": "1", "yield_low_percent": "90"},
    )
    source = await floor.lot(quantity="200")
    batch = await floor.lot("finished", released=False, quantity="95")
    await floor.link(source, batch, quantity="100")
    scrap = {"name": "灌装", "lots_out": [batch], "unit": "kg", "quantity_scrapped": "3"}
    await floor.post("/api/v1/operations", scrap, 201)
    mass = (await floor.get(f"/api/v1/lots/{batch}/balance"))["mass"]
    assert [float(mass[name]) for name in ("quantity_in", "good", "scrap", "unexplained", "unexplained_percent")] == [
        100,
        95,
        3,
        2,
        2,
    ]
    assert (mass["within"], float(mass["yield_percent"]), mass["yield_within"]) == (False, 95, True)


@pytest.mark.parametrize("name", ["charge_findings", "balances", "licences_expired"])
async def test_the_release_asks_for_many_lots_at_once(floor: Floor, name: str) -> None:
    plant: Plant = floor.plant
    supplier = (await floor.post("/api/v1/suppliers", {"code": "S", "name": "糖厂"}))["id"]
    body = {"supplier_id": supplier, "kind": "许可证", "number": "X1", "valid_to": "2020-01-01"}
    await floor.post("/api/v1/certificates", body)
    source = await floor.lot(supplier_id=supplier)
    lots = [await floor.lot("finished", released=False) for _ in range(3)]
    await floor.link(source, lots[0], quantity="5")
    actor = plant.actor("releaser")
    async with db.transaction(actor.scope()):
        rows = await db.fetch(
            "SELECT id FROM lot WHERE tenant_id = $1 AND id::text = ANY($2::text[])", plant.tenant_id, lots
        )
        found = await getattr(chain, name)(plant.tenant_id, [row["id"] for row in rows])
    if name == "balances":
        assert len(found) == 3
    elif name == "licences_expired":
        assert [(str(lot), each[0].number, each[0].holder) for lot, each in found.items()] == [(lots[0], "X1", "糖厂")]
    else:
        assert found == {}
