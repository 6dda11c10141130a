"""Promise: on a lot's page an inspection outside the plan is called with its reason, a failed one is called again, and what
was accepted and rejected of it goes on as lots of their own; refusals stand at their field, readers only read."""

import re
from html import unescape

import pytest

from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, Line, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def test_an_inspection_outside_the_plan_is_called_with_its_reason(line: Line) -> None:
    plan = await line.plan("before_shipment", await line.form(), name="成品检验", product_id=line.ids["finished"])
    other = await line.plan("before_shipment", await line.form("F2"), product_id=line.ids["material"])
    lot = await line.lot("finished")
    inspector, path = line.plant.client("inspector"), f"/admin/lots/{lot}/inspections"
    offered = (await inspector.get(path)).text
    assert plan in offered
    assert other not in offered
    bare = await inspector.post(path, data={"reason": "demand"})
    assert bare.status_code == 422
    assert 'id="call-plan_id-error"' in bare.text
    called = await inspector.post(path, data={"plan_id": plan, "reason": "repair", "remark": "封口机维修后"})
    assert called.status_code == 303, shown(called.text)
    (due,) = await line.open("due", lot_id=lot)
    assert (due["plan_id"], due["reason"]) == (plan, "repair")
    text = shown((await inspector.get(called.headers["location"])).text)
    for words in ("已列入应做的检验", "成品检验", "维修后"):
        assert words in text, words
    assert f"/admin/inspections/{due['id']}" in (await inspector.get(f"/admin/lots/{lot}")).text
    assert "成品检验" in shown((await inspector.get(f"/admin/inspections/{due['id']}")).text)


async def test_accepted_and_rejected_quantities_part_on_the_lots_page(line: Line) -> None:
    await line.plan("receipt", await line.form(), product_id=line.ids["material"])
    lot = await line.lot(quantity=1000)
    await line.record(lot_id=lot, inspected={"accepted": "280", "rejected": "20"})
    (inspection,) = await line.open("due", lot_id=lot)
    operator, path = line.plant.client("operator"), f"/admin/inspections/{inspection['id']}/lots"
    page = await operator.get(f"/admin/lots/{lot}/inspections")
    assert path in page.text
    for words in ("送检数量 1,000", "合格 280", "不合格 20", "待检数量 700"):
        assert words in shown(page.text), (words, shown(page.text))
    file = await operator.get(f"/admin/lots/{lot}")
    assert "280 kg 合格、20 kg 不合格尚未分批" in shown(file.text)
    taken = await line.lot(quantity=1)
    known = (await line.get(f"lots/{taken}"))["lot_no"]
    refused = await operator.post(path, data={"accepted_lot_no": known})
    assert refused.status_code in (409, 422)
    assert known in refused.text
    parted = await operator.post(path, data={"accepted_lot_no": "HG-1", "rejected_lot_no": "BHG-1"})
    assert parted.status_code == 303, shown(parted.text)
    text = shown((await operator.get(parted.headers["location"])).text)
    for words in ("已分批", "HG-1 280", "BHG-1 20"):
        assert words in text, (words, text)
    assert path not in (await operator.get(f"/admin/lots/{lot}/inspections")).text
    assert "尚未分批" not in shown((await operator.get(f"/admin/lots/{lot}")).text)
    again = await operator.post(path, data={})
    assert again.status_code == 409
    assert "没有可分出的" in shown(again.text)


async def test_the_lot_in_which_rejected_goods_lie_by_now_is_chosen(line: Line) -> None:
    await line.plan("receipt", await line.form(), product_id=line.ids["material"])
    lot = await line.lot(quantity=1000)
    (inspection,) = await line.open("due", lot_id=lot)
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "DI-ER-CANG", "quantity": "1000"}))["id"]
    await line.record(lot_id=lot, inspected={"accepted": "980", "rejected": "20"})
    operator, path = line.plant.client("operator"), f"/admin/inspections/{inspection['id']}/lots"
    page = (await operator.get(f"/admin/lots/{lot}/inspections")).text
    assert f'value="{part}"' in page
    assert "DI-ER-CANG" in page
    refused = await operator.post(path, data={})
    assert refused.status_code == 409
    parted = await operator.post(path, data={"from_lot_id": part, "rejected_lot_no": "BHG-2"})
    assert parted.status_code == 303, shown(parted.text)
    assert "BHG-2 20" in shown((await operator.get(parted.headers["location"])).text)


async def test_what_failed_is_called_again_once(line: Line) -> None:
    await line.plan("before_shipment", await line.form(), product_id=line.ids["finished"])
    lot = await line.lot("finished")
    await line.post("inspections", {"plan_id": (await line.get("inspection-plans"))["items"][0]["id"], "lot_id": lot})
    await line.record(values=FAIL, lot_id=lot)
    (failed,) = await line.open("failed", lot_id=lot)
    inspector, path = line.plant.client("inspector"), f"/admin/inspections/{failed['id']}/again"
    assert path in (await inspector.get(f"/admin/lots/{lot}/inspections")).text
    called = await inspector.post(path, data={"remark": "复检"})
    assert called.status_code == 303, shown(called.text)
    assert "重新检验 · 上一次检验" in shown((await inspector.get(called.headers["location"])).text)
    assert path not in (await inspector.get(f"/admin/lots/{lot}/inspections")).text
    twice = await inspector.post(path, data={})
    assert twice.status_code == 409
    assert "只有判为不合格" in shown(twice.text)


async def test_who_only_reads_sees_no_forms(line: Line) -> None:
    plan = await line.plan("receipt", await line.form(), product_id=line.ids["material"])
    lot = await line.lot(quantity=10)
    await line.record(lot_id=lot, inspected={"accepted": "5", "rejected": "1"})
    viewer = line.plant.client("viewer", accept_language="en")
    page = await viewer.get(f"/admin/lots/{lot}/inspections")
    assert "Presented 10" in shown(page.text)
    assert "<form" not in page.text.split("<main")[1]
    assert (await viewer.post(f"/admin/lots/{lot}/inspections", data={"plan_id": plan})).status_code == 403


async def test_a_device_is_inspected_when_somebody_calls_for_it(line: Line) -> None:
    form = await line.form("JT", "device")
    more = {"every_hours": 2, "device_id": line.ids["device"], "step_id": line.ids["step"]}
    plan = await line.plan("hours", form, name="金检验证", **more)
    inspector, path = line.plant.client("inspector"), f"/admin/plans/{plan}/call"
    assert path in (await inspector.get(f"/admin/plans/{plan}")).text
    odd = await inspector.post(path, data={"reason": "again"})
    assert odd.status_code == 422
    called = await inspector.post(path, data={"reason": "repair", "remark": "换皮带"})
    assert called.status_code == 303, shown(called.text)
    text = shown((await inspector.get(called.headers["location"])).text)
    for words in ("金检验证", "维修后", "金属检测机"):
        assert words in text, words
    of_lots = await line.plan("receipt", await line.form("F9"))
    assert "/call" not in (await inspector.get(f"/admin/plans/{of_lots}")).text


async def test_the_chip_of_a_lot_is_the_worse_of_its_records_and_its_inspections(api: Api) -> None:
    """Every piece of the sample that was written down passed, and the sample was rejected by its number of rejects."""
    line = await make_line(api)
    await line.plan("receipt", await line.form(), sampling={"aql": "1.0", "level": "II"})
    lot = await line.lot(quantity=2000, supplier_id=line.ids["supplier"])
    await line.record(lot_id=lot, inspected={"sample_size": 125, "defectives": 4})
    (row,) = [each for each in await line.open(state="done") if each["lot_id"] == lot]
    assert row["verdict"] == "fail"
    client = line.plant.client("quality_manager")
    page = (await client.get(f"/admin/lots/{lot}")).text
    head = page[page.index('<div class="actions">') :]
    assert '<span class="chip fail">不合格</span>' in head[: head.index("</div>")]
    assert '<span class="chip pass">' not in head[: head.index("</div>")]
    listed = (await client.get("/admin/lots", params={"state": "failed"})).text
    assert lot in listed
