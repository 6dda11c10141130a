"""Promise: a recipe is made and changed in versions with the row at fault named; charging proposes the lot that expires
first, refuses what may not go in and says why, and shows balance and yield; an authority sees no secret formula."""

import re
from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

from server.core import db
from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor, floor

__all__ = ["floor"]


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def recipe(floor: Floor, **more: str) -> str:
    """The path of a recipe for 100 kg of the finished product: 100 kg of material, 2 % either way."""
    data = {
        "product_id": floor.products["finished"], "name": "标准配方", "batch_quantity": "100", "outside": "refuse",
        "lines.0.product_id": floor.products["material"], "lines.0.quantity": "100", "lines.0.below_percent": "2",
        "lines.0.above_percent": "2", "lines.0.balanced": "true", "lines.1.balanced": "true",
    }  # fmt: skip
    answer = await floor.manager.post("/admin/recipes", data=data | more)
    assert answer.status_code == 303, shown(answer.text)
    return answer.headers["location"].partition("?")[0]


async def test_a_recipe_grows_by_versions(floor: Floor) -> None:
    path = await recipe(floor)
    assert "± 2 %" in shown((await floor.manager.get(path)).text)
    form = (await floor.manager.get(f"{path}/versions/new")).text
    assert 'name="lines.0.quantity" type="text" value="100"' in form
    twice = {
        "batch_quantity": "100", "outside": "warn", "lines.0.product_id": floor.products["material"], "lines.0.quantity": "98",
        "lines.3.product_id": floor.products["material"], "lines.3.quantity": "1",
    }  # fmt: skip
    wrong = await floor.manager.post(f"{path}/versions", data=twice)
    assert wrong.status_code == 422
    assert 'id="recipe-lines.3.product_id-error"' in wrong.text
    twice["lines.3.product_id"] = floor.products["intermediate"]
    assert (await floor.manager.post(f"{path}/versions", data=twice)).status_code == 303
    text = shown((await floor.manager.get(path)).text)
    assert text.index("第 2 版") < text.index("以前的版本") < text.index("第 1 版")
    assert (await floor.plant.client("operator").get("/admin/recipes/new")).status_code == 403
    assert "标准配方" in shown((await floor.plant.client("viewer").get("/admin/recipes")).text)


async def test_the_first_to_expire_is_proposed_and_the_rest_refused_with_a_reason(floor: Floor) -> None:
    await recipe(floor)
    late = await floor.lot(lot_no="LATE", expires_at="2099-12-31")
    early = await floor.lot(lot_no="EARLY", expires_at="2099-01-31")
    await floor.lot(lot_no="WAITING", released=False)
    await floor.lot("intermediate", lot_no="OTHER")
    target = await floor.lot("finished", released=False)
    operator = floor.plant.client("operator")
    path = f"/admin/lots/{target}/charging"
    page = (await operator.get(path)).text
    version = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>标准配方', page)
    assert version
    set_it = await operator.post(
        f"/admin/lots/{target}/recipe", data={"version_id": version[1], "batch_quantity": "100"}
    )
    assert set_it.status_code == 303
    text = shown((await operator.get(path)).text)
    assert "EARLY 先用 2099-01-31" in text
    for number, why in (("WAITING", "WAITING"), ("OTHER", "配方"), ("NOBODY", "没有批号为“NOBODY”的批次")):
        no = await operator.post(f"/admin/lots/{target}/charges", data={"from_lot_no": number, "quantity": "1"})
        assert no.status_code >= 400, number
        assert why in shown(no.text), number
    too_much = await operator.post(
        f"/admin/lots/{target}/charges", data={"from_lot": early, "quantity": "103", "unit": "kg"}
    )
    assert too_much.status_code >= 400
    assert 'value="103"' in too_much.text
    done = await operator.post(
        f"/admin/lots/{target}/charges", data={"from_lot": early, "quantity": "60", "unit": "kg"}
    )
    assert done.status_code == 303, shown(done.text)
    await operator.post(f"/admin/lots/{target}/charges", data={"from_lot": late, "quantity": "40", "unit": "kg"})
    page = (await operator.get(path)).text
    text = shown(page)
    assert "未按先到期先出" in text
    assert "收率" in text
    assert "100 %" in text
    assert "收率" in shown((await operator.get(f"/admin/lots/{target}")).text)
    review = await floor.get(f"/api/v1/lots/{target}/review")
    assert "有效期至 2099-12-31" not in str(review["missing"])
    link = re.search(r'name="link_id" value="([^"]+)"', page)
    assert link
    back = await operator.post(f"/admin/lots/{target}/charges/reverse", data={"link_id": link[1], "reason": "登记错误"})
    assert back.status_code == 303
    assert (await floor.plant.client("inspector").post(f"/admin/lots/{target}/charges", data={})).status_code == 403


async def test_a_charge_keeps_when_it_was(floor: Floor) -> None:
    source, target = await floor.lot(lot_no="SOURCE"), await floor.lot("finished", released=False)
    path = f"/admin/lots/{target}/charges"
    data = {"from_lot_no": "SOURCE", "quantity": "10"}
    begun = now()
    assert (await floor.manager.post(path, data=data)).status_code == 303
    assert (await floor.manager.post(path, data=data | {"at": "2026-03-01T06:45"})).status_code == 303
    for wrong, why in (("2199-03-01T06:45", "之后"), ("2026-02-30T06:45", "2026-02-30")):
        no = await floor.manager.post(path, data=data | {"at": wrong})
        assert no.status_code == 422, wrong
        assert 'id="other-at-error"' in no.text
        assert f'value="{wrong}"' in no.text
        assert why in shown(no.text)
    proposed = {"from_lot": source, "quantity": "10", "at": "2199-03-01T06:45"}
    assert (await floor.manager.post(path, data=proposed)).status_code == 422
    async with db.transaction(floor.plant.actor("viewer").scope()):
        found = await db.fetch(
            "SELECT at FROM link WHERE tenant_id = $1 AND to_lot = $2", floor.plant.tenant_id, UUID(target)
        )
    times = sorted(row["at"] for row in found)
    assert times[0] == datetime.fromisoformat("2026-03-01T06:45:00+08:00")
    assert begun - timedelta(seconds=1) <= times[1] <= now()
    assert len(times) == 2
    assert "2026-03-01 06:45" in shown((await floor.manager.get(f"/admin/lots/{target}/charging")).text)


async def test_a_secret_formula_is_only_named_to_the_authority(api: Api, floor: Floor) -> None:
    await floor.manager.patch(f"/api/v1/products/{floor.products['finished']}", json={"trade_secrets": ["formula"]})
    path = await recipe(floor, **{"lines.0.quantity": "77.7"})
    authority = await api.regulator("330000")
    page = await authority.client().get(path, params={"enterprise": str(floor.plant.tenant_id)})
    assert page.status_code == 200
    assert "77.7" not in page.text
    assert "商业秘密" in shown(page.text)
    assert "77.7" in (await floor.manager.get(path)).text
