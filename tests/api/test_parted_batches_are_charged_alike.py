"""Promise: parts and mixtures of a batch answer for its recipe as the batch does: what was charged wrong or is not in it bars them
too, and nothing more goes into them than their share; a released lot takes in nothing that its recipe does not know."""

from decimal import Decimal
from typing import Any

from tests.api.test_charging import made_under, material, recipe_of
from tests.fixtures.floor import Floor


async def missing(floor: Floor, lot: str) -> list[str]:
    seen: dict[str, Any] = await floor.get(f"/api/v1/lots/{lot}/review")
    return [each["code"] for each in seen["missing"]]


async def part_of(floor: Floor, lot: str, quantity: str = "10") -> str:
    body = {
        "kind": "finished",
        "product_id": floor.products["finished"],
        "lot_no": f"P{lot[-8:]}",
        "quantity": quantity,
    }
    part = (await floor.post("/api/v1/lots", body))["id"]
    await floor.link(lot, part, "split", quantity=quantity)
    return str(part)


async def prepared(floor: Floor, *lots: str, charged: str = "1") -> tuple[str, list[str]]:
    """A released lot of preservative, and batches of 100 kg that take 1 kg of it, within 2 percent."""
    product, preservative = await material(floor, "防腐剂")
    version = await recipe_of(
        floor, {"product_id": product, "quantity": "1", "below_percent": "2", "above_percent": "2"}
    )
    made = [await made_under(floor, version, lot_no=lot) for lot in lots]
    for lot in made:
        await floor.link(preservative, lot, quantity=charged)
    return preservative, made


async def test_a_part_takes_in_its_share_and_no_more(floor: Floor) -> None:
    preservative, (batch,) = await prepared(floor, "F", charged="0.5")
    part = await part_of(floor, batch)
    refused = await floor.link(preservative, part, status=409, quantity="0.06")
    assert refused["code"] == "charge_above_tolerance"
    assert "release_charge_below_tolerance" in await missing(floor, part)
    await floor.link(preservative, part, quantity="0.05")
    (line,) = (await floor.get(f"/api/v1/lots/{part}/charging"))["lines"]
    assert (line["charged"], line["verdict"]) == ("0.10", "within")
    assert "release_charge_below_tolerance" not in await missing(floor, part)


async def test_a_mixture_of_whole_batches_takes_in_nothing_more(floor: Floor) -> None:
    preservative, batches = await prepared(floor, "G", "H")
    mixed = await floor.lot("finished", released=False, quantity="200")
    for lot in batches:
        await floor.link(lot, mixed, "merged", quantity="100")
    assert (await floor.link(preservative, mixed, status=409, quantity="1"))["code"] == "charge_above_tolerance"
    assert not [code for code in await missing(floor, mixed) if "charge" in code]


async def test_what_was_not_charged_bars_the_parts_too(floor: Floor) -> None:
    product, _ = await material(floor, "防腐剂")
    version = await recipe_of(floor, {"product_id": product, "quantity": "1", "below_percent": "2"})
    batches = [await made_under(floor, version, lot_no=lot) for lot in ("F", "G")]
    part = await part_of(floor, batches[0])
    mixed = await floor.lot("finished", released=False, quantity="190")
    await floor.link(batches[0], mixed, "merged", quantity="90")
    await floor.link(batches[1], mixed, "merged", quantity="100")
    for lot in (part, mixed):
        assert "release_charge_not_charged" in await missing(floor, lot)


async def test_a_released_lot_takes_in_what_its_recipe_knows_and_says_so(floor: Floor) -> None:
    product, preservative = await material(floor, "防腐剂")
    _, salt = await material(floor, "盐")
    await recipe_of(floor, {"product_id": product, "quantity": "1", "above_percent": "2"})
    released = await floor.lot("finished")
    assert (await floor.link(salt, released, status=409, quantity="5"))["code"] == "not_in_recipe"
    assert (await floor.link(preservative, released, status=409, quantity="5"))["code"] == "charge_above_tolerance"
    link = await floor.link(preservative, released, quantity="1")
    assert link["warnings"]


async def balanced(floor: Floor) -> str:
    body = {"kind": "finished", "sku": "平衡", "name": "平衡", "unit": "kg", "balance_tolerance_percent": "2"}
    return str((await floor.post("/api/v1/products", body))["id"])


async def test_what_is_unexplained_of_a_batch_stays_so_in_its_parts(floor: Floor) -> None:
    _, milk = await material(floor, "奶")
    product = await balanced(floor)
    batch = await floor.lot("finished", product_id=product, released=False)
    await floor.link(milk, batch, quantity="60")
    assert "release_balance_unexplained" in await missing(floor, batch)
    part = await floor.lot("finished", product_id=product, released=False, quantity="50")
    await floor.link(batch, part, "split", quantity="50")
    other = await floor.lot("finished", product_id=product, released=False, quantity="50")
    await floor.link(batch, other, "reworked", quantity="50")
    for lot in (part, other):
        assert "release_origin_unexplained" in await missing(floor, lot)
    page = (await floor.manager.get(f"/admin/lots/{part}")).text
    assert "该批物料平衡差" in page


async def test_a_balance_that_cannot_be_told_is_not_passed_without_a_word(floor: Floor) -> None:
    product = await balanced(floor)
    of_nothing = await floor.lot("finished", product_id=product, released=False)
    balance = await floor.get(f"/api/v1/lots/{of_nothing}/balance")
    assert (balance["mass"]["quantity_in"], balance["mass"]["within"]) == (None, None)
    seen = await floor.get(f"/api/v1/lots/{of_nothing}/review")
    assert "release_balance_unknown" in [each["code"] for each in seen["unusual"]]


async def test_what_an_operation_took_in_is_balanced_against_what_came_out(floor: Floor) -> None:
    _, milk = await material(floor, "奶")
    product = await balanced(floor)
    batch = await floor.lot("finished", product_id=product, released=False, quantity="50")
    operation = {"name": "灌装", "lots_in": [milk], "lots_out": [batch], "unit": "kg"}
    operation |= {"quantity_in": "100", "quantity_good": "50", "quantity_reworked": "50", "quantity_scrapped": "0"}
    await floor.post("/api/v1/operations", operation)
    assert "release_balance_unexplained" in await missing(floor, batch)


async def test_of_several_recipes_somebody_chooses_for_a_released_lot_too(floor: Floor) -> None:
    product, preservative = await material(floor, "防腐剂")
    line = {"product_id": product, "quantity": "1", "above_percent": "2"}
    chosen = await recipe_of(floor, line)
    await recipe_of(floor, line, outside="warn")
    released = await floor.lot("finished")
    assert (await floor.link(preservative, released, status=409, quantity="1"))["code"] == "recipe_to_choose"
    answer = await floor.manager.put(f"/api/v1/lots/{released}/recipe", json={"version_id": chosen})
    assert answer.status_code == 204
    await floor.link(preservative, released, quantity="1")


async def test_a_third_is_told_in_numbers_that_can_be_weighed(floor: Floor) -> None:
    product, preservative = await material(floor, "防腐剂")
    version = await recipe_of(floor, {"product_id": product, "quantity": "1", "above_percent": "2"})
    batch = await made_under(floor, version, lot_no="D", quantity="30")
    await floor.link(preservative, batch, quantity="0.1")
    part = await part_of(floor, batch)
    state = await floor.get(f"/api/v1/lots/{part}/charging")
    (line,) = state["lines"]
    assert (Decimal(state["batch_quantity"]), Decimal(line["target"])) == (10, Decimal("0.1"))
    assert line["charged"] == "0.033333"
    (proposed,) = line["proposed"]
    assert proposed["take"] == "0.066666"
    refused = await floor.link(preservative, part, status=409, quantity="0.08")
    assert "0.113333" in str(refused)
