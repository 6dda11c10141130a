"""Promise: what is empty is not counted as goods: a lot of refused goods that were scrapped or sent back is not among those on
hold, and a case or pallet that was emptied is not in stock; recalled goods that left stay on hold."""

import re
from html import unescape
from typing import Any

from tests.fixtures.floor import Floor, floor

__all__ = ["floor"]


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def on_hold(floor: Floor) -> tuple[int, str]:
    """(how many the first page says, the list it opens)."""
    found = re.search(r"(\d+) 批冻结中", shown((await floor.manager.get("/admin")).text))
    return int(found[1]) if found else 0, (await floor.manager.get("/admin/lots?state=held")).text


async def test_a_lot_of_refused_goods_is_held_until_it_is_emptied(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment = (await floor.ship({"lot_id": lot, "quantity": "40"}))["id"]
    (line,) = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    said = {"receiver": "李", "lines": [{"line_id": line["id"], "accepted": False, "remark": "温度高"}]}
    await floor.post(f"/api/v1/shipments/{shipment}/receipt", said, 200)
    (line,) = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    back = line["returned_lot_id"]
    count, listed = await on_hold(floor)
    assert (count, back in listed) == (1, True)
    await floor.post(f"/api/v1/lots/{back}/scrap", {"quantity": "15", "reason": "销毁"})
    assert (await on_hold(floor))[0] == 1
    await floor.post(f"/api/v1/lots/{back}/scrap", {"quantity": "25", "reason": "销毁"})
    count, listed = await on_hold(floor)
    assert (count, back in listed) == (0, False)
    assert (await floor.get(f"/api/v1/lots/{back}/holds"))["items"]  # its file still tells of it


async def test_recalled_goods_that_left_stay_on_hold(floor: Floor) -> None:
    lot = await floor.lot("finished")
    await floor.ship({"lot_id": lot, "quantity": "100"}, departed_at="2026-11-01T08:00:00+08:00")
    body: dict[str, Any] = {"lots": [lot], "level": 1, "reason": "异物", "advice": "停止食用，退回购买处"}
    answer = await floor.manager.post("/api/v1/recalls", json=body)
    assert answer.is_success, answer.text
    count, listed = await on_hold(floor)
    assert (count, lot in listed) == (1, True)


async def test_an_emptied_case_and_its_pallet_are_not_in_stock(floor: Floor) -> None:
    lot = await floor.lot("finished")
    carton = {"kind": "packaging", "sku": "BOX", "name": "纸箱", "unit": "pcs"}
    product = (await floor.post("/api/v1/products", carton))["id"]
    case = {"lot_no": "CASE-1", "product_id": product, "contents": [{"lot_id": lot, "quantity": "30"}]}
    cased = (await floor.post("/api/v1/packages", case))["id"]
    pallet = {"lot_no": "PAL-1", "product_id": product, "contents": [{"lot_id": cased}]}
    await floor.post("/api/v1/packages", pallet)
    before = (await floor.get(f"/api/v1/lots/{lot}/products"))["summary"]["quantities"]
    assert [(each["unit"], each["in_stock"]) for each in before] == [("kg", "100")]
    links = (await floor.get(f"/api/v1/lots/{cased}/links"))["items"]
    for link in sorted((each for each in links if each["kind"] == "packed"), key=lambda each: each["from_lot"] == lot):
        await floor.post(f"/api/v1/links/{link['id']}/end", {"reason": "拆箱"})
    after = (await floor.get(f"/api/v1/lots/{lot}/products"))["summary"]["quantities"]
    assert [(each["unit"], each["in_stock"]) for each in after] == [("kg", "100")]
    page = shown((await floor.manager.get(f"/admin/lots/{lot}/trace")).text)
    assert "100 kg" in page
    assert "在库 1 " not in page
