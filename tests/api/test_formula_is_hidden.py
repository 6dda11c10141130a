"""Promise: how much of a material went into goods whose formula is a trade secret is nowhere told to an authority, and everywhere
to the enterprise itself."""

import pytest

from tests.fixtures.api import Api
from tests.fixtures.floor import Floor

AMOUNT = "7.7777"
PATHS = (
    "/lots/{made}/links", "/lots/{made}/materials", "/lots/{made}/balance", "/lots/{made}/charging", "/recipes/{recipe}",
    "/lots/{material}/links", "/lots/{material}/balance", "/lots/{material}/products",
)  # fmt: skip


@pytest.fixture
async def named(floor: Floor) -> dict[str, str]:
    product = {"kind": "finished", "sku": "SECRET", "name": "秘方酱", "unit": "kg", "trade_secrets": ["formula"]}
    product_id = (await floor.post("/api/v1/products", product))["id"]
    lines = [{"product_id": floor.products["material"], "quantity": AMOUNT}]
    recipe = {"product_id": product_id, "name": "R", "batch_quantity": "100", "unit": "kg", "lines": lines}
    recipe_id = (await floor.post("/api/v1/recipes", recipe))["id"]
    material = await floor.lot()
    made = await floor.lot("finished", released=False, product_id=product_id)
    await floor.link(material, made, quantity=AMOUNT)
    return {"made": made, "material": material, "recipe": recipe_id}


@pytest.mark.parametrize("path", PATHS)
async def test_an_authority_sees_that_there_is_an_amount(
    api: Api, floor: Floor, named: dict[str, str], path: str
) -> None:
    address = "/api/v1" + path.format(**named)
    assert AMOUNT in (await floor.manager.get(address)).text
    authority = (await api.regulator("330000")).client()
    seen = await authority.get(address, params={"enterprise": str(floor.plant.tenant_id)})
    assert seen.status_code == 200, seen.text
    assert AMOUNT not in seen.text
    assert '"present":true' in seen.text
    as_seen = await floor.manager.get(address, params={"as": "authority"})
    assert AMOUNT not in as_seen.text
