"""Promise: the gate's pages name what is missing of a delivery, show a supplier's link once, take goods in with both
signatures or not at all, name the row and the field at fault, and open for those who may and for nobody else."""

import re
from html import unescape

from server.core.ids import new_id
from tests.api.test_deliveries import PNG, announced, expected, fill_in, upload
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor, floor

__all__ = ["floor"]


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def test_a_delivery_is_made_announced_and_received(api: Api, floor: Floor) -> None:
    supplier = (await floor.post("/api/v1/suppliers", {"code": "S1", "name": "嘉兴糖业"}))["id"]
    sugar = (await floor.post("/api/v1/products", {"kind": "material", "sku": "M", "name": "白砂糖", "unit": "kg"}))[
        "id"
    ]
    clerk = floor.plant.client("operator")
    made = await clerk.post(
        "/admin/deliveries",
        data={"supplier_id": supplier, "expected_on": "2099-01-02", "items.0.product_id": sugar, "items.0.quantity": "800"},
    )  # fmt: skip
    assert made.status_code == 303, made.text
    path = made.headers["location"].partition("?")[0]
    assert "白砂糖：供应商还没有报批次" in shown((await clerk.get(path)).text)
    link = await clerk.post(f"{path}/link", data={"valid_hours": "24"})
    token = re.search(r"/s/([\w=-]{64})", link.text)
    assert link.status_code == 200
    assert token
    assert "data:image/svg+xml" in link.text
    assert token[1] not in (await clerk.get(path)).text
    assert (await fill_in(api, f"/s/{token[1]}", product_id=sugar)).status_code == 303
    text = shown((await clerk.get(path)).text)
    for words in (
        "已报数量还差 300 kg",
        "白砂糖 T-0715：没有检验报告",
        "有一个链接可用",
    ):
        assert words in text, words
    form = (await clerk.get(f"{path}/receive")).text
    line = re.search(r'name="lines.0.line_id" value="([^"]+)"', form)
    assert line
    assert 'name="lines.0.quantity" type="text" value="500"' in form
    said = {
        "vehicle": "浙F·12345", "seal": "A7", "seal_intact": "true", "temperature": "4.5", "counterpart_name": "王师傅",
        "lines.0.line_id": line[1], "lines.0.accepted": "true", "lines.0.quantity": "500", "lines.0.refused_quantity": "20",
        "lines.0.core_temperature": "3.8", "lines.0.expires_on": "2099-07-14", "lines.1.accepted": "true",
        "lines.2.product_id": sugar, "lines.2.supplier_lot_no": "T-0716", "lines.2.quantity": "300", "lines.2.refused_quantity": "900",
    }  # fmt: skip
    unsigned = await clerk.post(f"{path}/receive", data={**said, "vehicle": ""}, files={"signature_id": ("", b"")})
    assert unsigned.status_code == 422
    assert {"车牌: 请填写", "签名: 请填写"} <= {each.rstrip("。") for each in faults(unsigned.text)}
    too_much = await clerk.post(f"{path}/receive", data=said, files={"signature_id": ("s.png", PNG)})
    assert too_much.status_code == 422
    assert "拒收数量 900 kg 多于到货数量 300 kg" in too_much.text
    assert 'id="receive-lines.2.refused_quantity-error"' in too_much.text
    assert 'value="王师傅"' in too_much.text
    done = await clerk.post(
        f"{path}/receive", data={**said, "lines.2.refused_quantity": ""}, files={"signature_id": ("s.png", PNG)}
    )
    assert done.status_code == 303, shown(done.text)
    text = shown((await clerk.get(path)).text)
    for words in ("已收货", "浙F·12345", "完好", "4.5 °C", "3.8 °C", "480 kg", "20 kg", "王师傅", "T-0716"):
        assert words in text, words
    assert (await clerk.get(f"{path}/receive")).status_code == 404
    assert "已取消" not in text


async def test_what_did_not_come_is_shown_and_received_by_the_same_number(floor: Floor) -> None:
    delivery, lines = await announced(floor, "T-1", "T-2")
    clerk, path = floor.plant.client("operator"), f"/admin/deliveries/{delivery}"
    said = {
        "vehicle": "浙F·12345", "counterpart_name": "王师傅", "lines.0.line_id": lines["T-1"], "lines.0.accepted": "true",
        "lines.1.line_id": lines["T-2"], "lines.1.accepted": "absent", "lines.1.quantity": "500",
    }  # fmt: skip
    done = await clerk.post(f"{path}/receive", data=said, files={"signature_id": ("s.png", PNG)})
    assert done.status_code == 303, shown(done.text)
    text = shown((await clerk.get(path)).text)
    for words in ("部分到货", "T-2：未到货，预报 500 kg", "余下批次不再到货"):
        assert words in text, words
    assert "未到货 预报 500 kg" in text.split("交接明细")[1]
    assert "1 单送货部分到货" in shown((await floor.manager.get("/admin")).text)
    assert delivery in (await clerk.get("/admin/deliveries", params={"state": "partial"})).text
    form = (await clerk.get(f"{path}/receive")).text
    assert lines["T-2"] in form
    assert lines["T-1"] not in form
    late = {"vehicle": "浙F·2", "counterpart_name": "李师傅", "lines.0.line_id": lines["T-2"]}
    done = await clerk.post(f"{path}/receive", data=late, files={"signature_id": ("s.png", PNG)})
    assert done.status_code == 303, shown(done.text)
    assert "余下批次不再到货" not in (text := shown((await clerk.get(path)).text))
    assert "已收货" in text


def faults(html: str) -> list[str]:
    """The lines of the refusal above a form."""
    listed = re.search(r'<div class="flash error".*?</div>', html, re.S)
    assert listed
    return [" ".join(re.sub(r"<[^>]+>", "", each).split()) for each in re.findall(r"<li>(.*?)</li>", listed[0], re.S)]


async def test_who_only_reads_sees_and_does_nothing(floor: Floor) -> None:
    delivery, _ = await expected(floor)
    viewer = floor.plant.client("viewer")
    html = (await viewer.get(f"/admin/deliveries/{delivery}")).text
    assert f"/admin/deliveries/{delivery}/receive" not in html
    assert 'id="link"' not in html
    assert (await viewer.get(f"/admin/deliveries/{delivery}/receive")).status_code == 403
    assert (await viewer.post(f"/admin/deliveries/{delivery}/link", data={})).status_code == 403
    assert (await floor.manager.get(f"/admin/deliveries/{new_id()}")).status_code == 404
    path = f"/admin/deliveries/{delivery}"
    unsaid = await floor.manager.post(f"{path}/cancel")
    assert unsaid.status_code == 422
    assert 'id="cancel-reason-error"' in unsaid.text
    assert (await floor.manager.post(f"{path}/cancel", data={"reason": "供应商停产"})).status_code == 303
    assert "供应商停产" in shown((await viewer.get(path)).text)
    assert (await floor.manager.get(f"{path}/receive")).status_code == 404


async def test_a_row_at_fault_is_named_where_it_stands(floor: Floor) -> None:
    supplier = (await floor.post("/api/v1/suppliers", {"code": "S1", "name": "嘉兴糖业"}))["id"]
    data = {
        "supplier_id": supplier,
        "items.2.product_id": floor.products["material"],
        "items.2.quantity": "viel",
        "items.0.quantity": "",
    }
    wrong = await floor.manager.post("/admin/deliveries", data=data)
    assert wrong.status_code == 422
    assert faults(wrong.text)[0].startswith("第 3 行 数量:")
    assert 'id="new-items.2.quantity-error"' in wrong.text
    more = await floor.manager.post("/admin/deliveries", data={**data, "more": "1"})
    assert more.status_code == 200
    assert more.text.count('.product_id"') // 2 >= 8
    assert 'value="viel"' in more.text
    nothing = await floor.manager.post("/admin/deliveries", data={"supplier_id": supplier})
    assert nothing.status_code == 422
    assert faults(nothing.text)[0].startswith("应到物料:")


async def test_a_shipment_is_handed_over_and_what_was_refused_is_named(floor: Floor) -> None:
    lots = [await floor.lot("finished") for _ in range(2)]
    shipment = (await floor.ship(*({"lot_id": lot, "quantity": "100"} for lot in lots)))["id"]
    lines = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    path = f"/admin/shipments/{shipment}/handover"
    assert "装车（交给承运人）" in shown((await floor.manager.get(path)).text)
    data = {
        "stage": "loading", "vehicle": "浙A·1", "counterpart_name": "李司机", "lines.0.line_id": lines[0]["id"], "lines.0.accepted": "true",
        "lines.1.line_id": lines[1]["id"], "lines.1.accepted": "false", "lines.1.core_temperature": "9.5", "lines.1.remark": "温度超标",
    }  # fmt: skip
    picture = {"signature_id": ("s.pdf", b"%PDF-1.4")}
    refused = await floor.manager.post(path, data=data, files=picture)
    assert refused.status_code == 422
    assert "签名须为图片" in refused.text
    done = await floor.manager.post(path, data=data, files={"signature_id": ("s.png", PNG)})
    assert done.status_code == 303, shown(done.text)
    text = shown((await floor.manager.get(f"/admin/shipments/{shipment}")).text)
    for words in ("装车交接", "李司机", "9.5 °C", "温度超标", "在途"):
        assert words in text, words
    assert (await floor.plant.client("inspector").get(path)).status_code == 403
    assert await upload(floor)
