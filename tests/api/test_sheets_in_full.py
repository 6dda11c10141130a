"""Promise: the sheets print all that the field asks of them: an incoming sheet its n of N and sampling plan, a batch record its mass
balance, a round why each check was asked for; long ones keep head, foot and page number, and their symbol can be read."""

import io
from typing import Any

import numpy as np
import pytest
import zxingcpp
from pypdf import PdfReader

from tests.api.test_called_back import part_of
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, PASS, Line, hours_ago, make_line
from tests.fixtures.pictures import pages_of
from tests.fixtures.sheets import text_of


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def sheet(line: Line, kind: str, subject: str, language: str = "zh_CN") -> bytes:
    body = {"kind": kind, "subject_id": subject, "language": language}
    issued = await line.post("documents", body)
    answer = await line.client.get(f"/api/v1/documents/{issued['id']}/content.pdf")
    assert answer.status_code == 200, answer.text
    return answer.content


def says(pdf: bytes, *words: str) -> None:
    shown = text_of(pdf)
    for word in words:
        assert "".join(word.split()) in shown, word


async def record_as(line: Line, role: str, **body: Any) -> Any:
    said = {"form_code": "F1", "values": PASS, "source": "web"} | body
    return await line.post("records", said, client=line.plant.client(role))


async def incoming(line: Line) -> str:
    """1,000 kg received: sampled and accepted by one plan; by the other 300 looked at, 280 good, 20 bad, checked by another."""
    await line.plan(
        "receipt", await line.form("F1", second_check=True), name="进货抽样检验", sampling={"aql": "1.0", "level": "II"}
    )
    await line.plan("receipt", await line.form("F2"), name="外观全检")
    more = {"supplier_id": line.ids["supplier"], "supplier_lot_no": "DS-0311", "received_at": hours_ago(3).isoformat()}
    lot = await line.lot(lot_no="YL-2026-001", **more)
    due = {row["plan_name"]: row["id"] for row in await line.open(lot_id=lot)}
    sampled = await record_as(
        line, "inspector", lot_id=lot, inspection_id=due["进货抽样检验"], inspected={"sample_size": 80, "defectives": 1}
    )
    checker = {"username": line.plant.person("quality_manager").username, "password": PASSWORD}
    await line.post(f"records/{sampled['id']}/check", checker, expect=204)
    counted = {"accepted": "280", "rejected": "20"}
    await record_as(
        line, "inspector", form_code="F2", lot_id=lot, inspection_id=due["外观全检"], inspected=counted, values=FAIL
    )
    return lot


async def test_an_incoming_sheet_prints_n_of_n_the_sampling_plan_and_who_inspected(line: Line) -> None:
    lot = await incoming(line)
    inspector, checker = (line.plant.person(role).actor.name for role in ("inspector", "quality_manager"))
    pdf = await sheet(line, "incoming_inspection", lot)
    says(
        pdf,
        "进货抽样检验",
        "外观全检",
        "送检数量N",
        "1,000kg",
        "280kg",
        "20kg",
        "700kg",
        "待检验",
        "不合格",
        inspector,
        checker,
    )
    says(
        pdf,
        "AQL1.0",
        "检验水平II",
        "正常检验",
        "字码J",
        "n=80",
        "Ac=2",
        "Re=3",
        "样本80件，不合格1件",
        "保存期限",
        "2年",
        "DS-0311",
    )
    says(
        await sheet(line, "incoming_inspection", lot, "en"),
        "Lot size N",
        "n = 80, Ac = 2, Re = 3",
        "normal",
        "Pending",
        "Sound",
    )


async def test_records_of_any_stage_that_decided_a_receipt_stand_on_it(line: Line) -> None:
    await line.plan("receipt", await line.form())  # a form of the stage `testing`
    lot = await line.lot()
    await line.record(lot_id=lot)
    says(await sheet(line, "incoming_inspection", lot), "表单F1", "合格", "1,000kg", "0kg")


async def test_an_english_sheet_names_forms_units_and_blanks_in_english_where_they_have_such_names(line: Line) -> None:
    body = {"code": "WET", "name": "水分", "name_en": "Moisture", "result_kind": "number", "unit": "%"}
    wet = (await line.post("characteristics", body))["id"]
    fields = {"look": {"characteristic_id": line.ids["look"]}, "wet": {"characteristic_id": wet}}
    schema = {
        "type": "object",
        "required": ["look", "wet"],
        "properties": {"look": {"title": "外观"}, "wet": {"title": "水分"}},
    }
    await line.form("F3", stage="material", name_en="Receipt check", ui={"fields": fields}, schema=schema)
    lot = await line.lot(quantity=1, unit="张")
    await line.record(lot_id=lot, form="F3", values=PASS, incomplete=True)
    english = text_of(await sheet(line, "incoming_inspection", lot, "en"))
    for said in ("Receiptcheck", "1sheet", "Stillmissing:Moisture"):
        assert said in english, said
    assert "水分" not in english
    says(await sheet(line, "incoming_inspection", lot), "表单F3", "1张", "尚缺：水分")


async def batch(line: Line) -> str:
    """100 kg asked by the recipe from sugar and water, with scrap, a sample, tolerance and yield limits."""
    for name, body in (("sugar", {"sku": "R1", "name": "白砂糖"}), ("water", {"sku": "R2", "name": "纯净水"})):
        line.ids[name] = (await line.post("products", {"kind": "material", "unit": "kg"} | body))["id"]
    demands = {"balance_tolerance_percent": "1", "yield_low_percent": "95", "yield_high_percent": "101"}
    answer = await line.client.patch(f"/api/v1/products/{line.ids['finished']}", json=demands)
    assert answer.status_code == 200, answer.text
    lines = [
        {"product_id": line.ids["sugar"], "quantity": "20", "unit": "kg", "below_percent": "2", "above_percent": "2"},
        {"product_id": line.ids["water"], "quantity": "80", "unit": "kg", "below_percent": "2", "above_percent": "2"},
    ]
    recipe = {
        "product_id": line.ids["finished"],
        "name": "糖水",
        "batch_quantity": "100",
        "outside": "warn",
        "lines": lines,
    }
    recipe_id = (await line.post("recipes", recipe))["id"]
    version = (await line.get(f"recipes/{recipe_id}"))["versions"][0]["id"]
    lot = await line.lot("finished", "98", lot_no="PC-2026-031")
    put = await line.client.put(f"/api/v1/lots/{lot}/recipe", json={"version_id": version})
    assert put.status_code == 204, put.text
    for material, quantity in (("sugar", "21"), ("water", "79")):
        body = {"kind": "material", "product_id": line.ids[material], "lot_no": f"{material}-1", "quantity": "100"}
        charged = (await line.post("lots", body))["id"]
        await release(line, charged)
        await line.post("links", {"from_lot": charged, "to_lot": lot, "kind": "consumed", "quantity": quantity})
    await line.operation(
        lot, hours_ago(5), unit="kg", quantity_in="100", quantity_good="98.5", quantity_reworked="0", quantity_scrapped="1.5",
        parameters=[{"name": "温度", "value": "85.5", "unit": "°C", "low": "83", "high": "90"}],
    )  # fmt: skip
    await line.post(f"lots/{lot}/retained-samples", {"quantity": "2", "unit": "kg", "keep_until": "2099-01-01"})
    return lot


async def release(line: Line, lot: str) -> None:
    answer = await line.plant.client("releaser").post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
    assert answer.status_code == 201, answer.text


async def test_a_batch_record_has_its_mass_balance_and_yield(line: Line) -> None:
    lot = await batch(line)
    pdf = await sheet(line, "batch_record", lot)
    says(pdf, "C物料平衡与收率", "白砂糖", "sugar-1", "19.6kg", "21kg", "19.208–19.992kg", "多于配方", "79kg", "符合")
    says(
        pdf,
        "投入总量100kg",
        "合格产量98kg",
        "报废量1.5kg",
        "取样与留样2kg",
        "未解释量0.5kg",
        "未解释比例0.5%",
        "平衡允许偏差±1%",
    )
    says(pdf, "平衡结论在允许范围内", "理论产量100kg", "收率98%", "收率范围95–101%", "收率结论在允许范围内")
    says(await sheet(line, "batch_record", lot, "en"), "Mass balance and yield", "within limits", "Theoretical")


async def test_without_recipe_and_limits_it_says_so_and_guesses_nothing(line: Line) -> None:
    lot = await line.lot("finished", "98")
    await line.operation(lot, hours_ago(5), unit="kg", quantity_good="98")
    says(await sheet(line, "batch_record", lot), "C物料平衡与收率", "平衡允许偏差／", "未规定或无法判定")


async def test_a_batch_record_tells_why_in_its_own_language(line: Line) -> None:
    plan = await line.plan("end_of_lot", await line.form(), product_id=line.ids["material"])
    part = await part_of(line, await line.lot("finished", unit="kg"))
    await line.record(lot_id=part)
    await release(line, part)
    called = await line.post("inspections", {"plan_id": plan, "lot_id": part, "reason": "demand"})
    await line.record(lot_id=part, values=FAIL, inspection_id=called["id"])
    says(await sheet(line, "batch_record", part), "由拆分产生", "检验不合格或判退了一部分")
    says(await sheet(line, "batch_record", part, "en"), "split off", "An inspection failed or rejected a part")


async def rounds(line: Line, checks: int) -> str:
    """So many patrols of one lot, one of them bad."""
    await line.plan(
        "hours",
        await line.form("F1", document_no="QR-XJ-01"),
        step_id=line.ids["step"],
        every_hours="1",
        name="灌装巡检",
    )
    lot = await line.lot("finished", lot_no="XJ-2026-007")
    await line.operation(lot, hours_ago(checks + 1), checks + 0.5)
    for number in range(checks):
        values = FAIL if number == 1 else PASS
        await line.record(
            values=values, lot_id=lot, captured_at=hours_ago(checks - number).isoformat(), late_reason="离线补传"
        )
    return lot


async def test_a_round_tells_which_plan_asked_for_it_and_why(line: Line) -> None:
    pdf = await sheet(line, "patrol", await rounds(line, 3))
    says(pdf, "灌装巡检（按时间巡检）", "QR-XJ-01", "补录", "保存期限2年")


async def test_a_single_check_stands_as_a_form(line: Line) -> None:
    lot = await rounds(line, 1)
    says(await sheet(line, "patrol", lot), "应于", "前完成", "标准要求")


async def test_a_long_sheet_keeps_head_foot_number_and_rows_whole(line: Line) -> None:
    """60 checks: every page names sheet, lot, number and page n of N, and the symbol of the first leads to its page."""
    pdf = await sheet(line, "patrol", await rounds(line, 60))
    pages = ["".join(page.extract_text().replace("\0", "").split()) for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"第{number}页/共{len(pages)}页" in page
        assert "XJ-2026-007" in page
        assert "巡检记录" in page
        assert "XJ20" in page
    assert sum(page.count("离线补传") for page in pages) == 60
    (found,) = zxingcpp.read_barcodes(np.asarray(pages_of(pdf, 150)[0].convert("L")))
    assert "/d/" in found.text
