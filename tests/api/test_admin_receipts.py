"""Promise: what a customer says of an arrival is recorded on the shipment's page, also at another point of sale and line by line;
goods that go back to their supplier say with whom they left, and have their sheet; refusals stand at their field."""

import re
from html import unescape
from typing import Any

import pytest

from tests.fixtures.api import Api
from tests.fixtures.failing import PNG
from tests.fixtures.failing import Floor as Failing
from tests.fixtures.floor import Floor, floor

__all__ = ["floor"]


@pytest.fixture
async def failing(api: Api) -> Failing:
    return await Failing(await api.plant()).setup()


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def shops(floor: Floor, customer: str, *names: str) -> list[str]:
    return [(await floor.post(f"/api/v1/customers/{customer}/outlets", {"name": name}))["id"] for name in names]


async def test_goods_that_arrive_elsewhere_are_received_there(floor: Floor) -> None:
    customer = await floor.customer()
    east, west, south = await shops(floor, customer, "东店", "西店", "南店")
    lots = [await floor.lot("finished") for _ in range(3)]
    lines = [{"lot_id": lot, "quantity": "50"} for lot in lots]
    shipment = (await floor.ship(*lines, customer_id=customer, outlet_id=east))["id"]
    clerk, path = floor.plant.client("operator"), f"/admin/shipments/{shipment}/receipt"
    assert path in (await clerk.get(f"/admin/shipments/{shipment}")).text
    own = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    data: dict[str, Any] = {f"lines.{n}.line_id": line["id"] for n, line in enumerate(own)}
    data |= {
        "accepted": "true",
        "outlet_id": west,
        "lines.1.outlet_id": south,
        "lines.2.refused_quantity": "5",
        "lines.2.remark": "破损",
    }
    nameless = await clerk.post(path, data=data)
    assert nameless.status_code == 422
    assert 'id="receipt-receiver-error"' in nameless.text
    assert f'<option value="{west}" selected>' in nameless.text
    too_much = await clerk.post(path, data=data | {"receiver": "王店长", "lines.2.refused_quantity": "500"})
    assert too_much.status_code in (409, 422)
    assert 'id="receipt-lines.2.refused_quantity-error"' in too_much.text
    both = await clerk.post(path, data=data | {"receiver": "王店长", "lines.2.accepted": "false"})
    assert both.status_code == 422
    assert 'id="receipt-lines.2.accepted-error"' in both.text
    done = await clerk.post(path, data=data | {"receiver": "王店长"})
    assert done.status_code == 303, shown(done.text)
    text = shown((await clerk.get(done.headers["location"])).text)
    for words in ("签收已登记", "到达：西店", "到达：南店", "拒收 5", "王店长"):
        assert words in text, (words, text)
    seen = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    assert [line["received_outlet_id"] for line in seen] == [west, south, west]
    assert [line["refused_quantity"] for line in seen] == ["0", "0", "5"]
    assert path not in (await clerk.get(f"/admin/shipments/{shipment}")).text
    assert "已经签收" in shown((await clerk.get(path)).text)
    assert (await floor.plant.client("inspector").get(path)).status_code == 403


async def test_of_a_refused_shipment_a_line_refused_in_part_keeps_its_rest(floor: Floor) -> None:
    lots = [await floor.lot("finished") for _ in range(2)]
    shipment = (await floor.ship(*({"lot_id": lot, "quantity": "50"} for lot in lots)))["id"]
    data: dict[str, Any] = {"receiver": "李", "accepted": "false", "lines.1.refused_quantity": "5"}
    for number, line in enumerate((await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]):
        data[f"lines.{number}.line_id"] = line["id"]
    done = await floor.manager.post(f"/admin/shipments/{shipment}/receipt", data=data)
    assert done.status_code == 303, shown(done.text)
    seen = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    assert [(line["refused_quantity"], line["returned_at"] is None) for line in seen] == [("50", False), ("5", True)]


async def test_all_of_a_shipment_is_refused_at_once(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment = (await floor.ship({"lot_id": lot, "quantity": "100"}))["id"]
    (line,) = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    data = {"receiver": "李", "accepted": "false", "remark": "车厢温度高", "lines.0.line_id": line["id"]}
    done = await floor.manager.post(f"/admin/shipments/{shipment}/receipt", data=data)
    assert done.status_code == 303, shown(done.text)
    assert "车厢温度高" in shown((await floor.manager.get(f"/admin/shipments/{shipment}")).text)
    (line,) = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    assert line["returned_at"] is not None


async def test_a_return_says_with_whom_it_left_and_has_its_sheet(failing: Failing) -> None:
    lot = await failing.lot("0.035", supplier_id=failing.supplier)
    opened = await failing.open(lot, party="supplier", supplier_id=failing.supplier)
    disposition = await failing.propose(opened["id"], "return")
    await failing.sign(disposition)
    manager, page = failing.plant.client("quality_manager"), f"/admin/nonconformities/{opened['id']}"
    form = (await manager.get(page)).text
    for field in ("carrier", "vehicle", "receiver", "left_at"):
        assert f'id="carry-{disposition}-{field}"' in form, field
    path = f"/admin/dispositions/{disposition}/carry-out"
    odd = await manager.post(path, data={"left_at": "gestern"})
    assert odd.status_code == 422
    assert f'id="carry-{disposition}-left_at-error"' in odd.text
    said = {
        "carrier": "云岭冷链",
        "vehicle": "浙A·7",
        "receiver": "赵司机",
        "left_at": "2026-11-20T08:30",
        "detail": "整批退回",
    }
    done = await manager.post(path, data=said, files={"files": ("退货.png", PNG)})
    assert done.status_code == 303, shown(done.text)
    (made,) = (await failing.call("viewer", "GET", f"supplier-returns?disposition_id={disposition}"))["items"]
    assert (made["carrier"], made["vehicle"], made["receiver"]) == ("云岭冷链", "浙A·7", "赵司机")
    assert made["left_at"].startswith("2026-11-20T00:30")
    own = f"/admin/supplier-returns/{made['id']}"
    assert own in (await manager.get(page)).text
    for words in ("云岭冷链", "浙A·7", "赵司机", "2026-11-20 08:30", "南山牧场"):
        assert words in shown((await manager.get(own)).text), words
    sheet = await manager.post(f"{own}/documents", data={"kind": "supplier_return"})
    assert sheet.status_code == 303, shown(sheet.text)
    assert "THD" in shown((await failing.plant.client("viewer").get(own)).text)
