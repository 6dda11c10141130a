"""Promise: the record of a working day, week or month is listed as expected, filled in on its page (nothing found included),
once; what is wrong stands at its field; files that come later are added with a reason, in nobody's place, and are audited."""

import re
from datetime import timedelta
from html import unescape

import pytest

from server.core.clock import EDGE, now
from tests.api.test_inspections_due import tick
from tests.fixtures.api import Api
from tests.fixtures.failing import PNG
from tests.fixtures.inspections import Line, make_line

CONTROL = {
    "type": "object", "required": ["found", "areas"],
    "properties": {
        "found": {"type": "string", "title": "检查情况"},
        "areas": {"type": "array", "title": "检查区域", "items": {"enum": ["原料库", "灌装间"]}},
        "cold": {"type": "number", "title": "冷库温度", "maximum": 8},
        "sealed": {"type": "boolean", "title": "封条完好"},
        "measures": {"type": "array", "title": "整改", "items": {"type": "object", "properties": {
            "what": {"type": "string", "title": "措施"}, "until": {"type": "string", "format": "date", "title": "完成日期"}}}},
    },
}  # fmt: skip


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    form = {"code": "RK", "name": "每日检查", "stage": "production", "subject_kind": "working_day", "schema": CONTROL}
    form_id = (await line.post("forms", form | {"ui": {"order": list(CONTROL["properties"])}}))["id"]
    await line.plan(
        "daily", form_id, name="日管控", mandatory=False, in_force_from=(now() - timedelta(days=4)).isoformat()
    )
    await tick(line)
    return line


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def missed(line: Line) -> str:
    return str((await line.get("working-days", missing_only="true"))["items"][0]["inspection_id"])


async def test_nothing_found_is_a_record_made_with_one_tick(line: Line) -> None:
    day = await missed(line)
    inspector, path = line.plant.client("inspector"), f"/admin/days/{day}"
    listed = await inspector.get("/admin/days?missing=true")
    assert path in listed.text
    assert "日管控" in shown(listed.text)
    data = {"nothing_found": "1", "values.areas": ["原料库", "灌装间"], "values.cold": "4.5", "values.sealed": "true"}
    done = await inspector.post(path, data=data | {"late_reason": "昨日停电"}, files={"files": ("现场.png", PNG)})
    assert done.status_code == 303, shown(done.text)
    page = await inspector.get(done.headers["location"])
    for words in ("已登记", "未发现问题", "原料库", "4.5", "现场.png"):
        assert words in shown(page.text), words
    assert "<textarea" not in page.text
    record = (await line.get("records"))["items"][0]
    values = (await line.get(f"records/{record['id']}"))["values"]
    assert values == {"found": "未发现问题", "areas": ["原料库", "灌装间"], "cold": 4.5, "sealed": True}
    assert path not in (await inspector.get("/admin/days?missing=true")).text
    again = await inspector.post(path, data=data)
    assert again.status_code == 409 or "已登记" in shown((await inspector.get(path)).text)
    assert len((await line.get("records"))["items"]) == 1


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(line: Line) -> None:
    day = await missed(line)
    inspector, path = line.plant.client("inspector"), f"/admin/days/{day}"
    both = await inspector.post(path, data={"nothing_found": "1", "values.found": "地面积水", "values.areas": "原料库"})
    assert both.status_code == 422
    assert 'id="day-values.found-error"' in both.text
    assert "地面积水" in both.text
    warm = await inspector.post(path, data={"nothing_found": "1", "values.areas": "原料库", "values.cold": "9"})
    assert warm.status_code == 422
    assert 'id="day-values.cold-error"' in warm.text
    bare = await inspector.post(path, data={"values.cold": "低"})
    assert bare.status_code == 422
    for field in ("found", "areas", "cold"):
        assert f'id="day-values.{field}-error"' in bare.text, field
    assert (await line.get("records"))["items"] == []
    rows = {
        "values.found": "地面积水",
        "values.areas": "灌装间",
        "values.measures.1.what": "疏通地漏",
        "values.measures.1.until": "2030-01-02",
    }
    assert (await inspector.post(path, data=rows)).status_code == 303
    record = (await line.get("records"))["items"][0]
    values = (await line.get(f"records/{record['id']}"))["values"]
    assert values["measures"] == [{"what": "疏通地漏", "until": "2030-01-02"}]


async def test_files_come_later_with_a_reason_and_replace_nothing(line: Line) -> None:
    await line.form()
    lot = await line.lot()
    record = (await line.record(lot_id=lot))["id"]
    inspector, path = line.plant.client("inspector"), f"/admin/records/{record}"
    assert f"{path}/attachments" in (await inspector.get(f"/admin/lots/{lot}/records")).text
    bare = await inspector.post(f"{path}/attachments", data={})
    assert bare.status_code == 422
    assert f'id="files-{record}-file-error"' in bare.text
    unsaid = await inspector.post(f"{path}/attachments", data={}, files={"file": ("a.png", PNG)})
    assert unsaid.status_code == 422
    assert f'id="files-{record}-reason-error"' in unsaid.text
    before = (await line.get(f"lots/{lot}/quality"))["documents"]
    for name in ("甲.png", "乙.png"):
        said = {"reason": "照片次日导出"}
        added = await inspector.post(f"{path}/attachments", data=said, files={"file": (name, PNG + name.encode())})
        assert added.status_code == 303, shown(added.text)
    text = shown((await inspector.get(path)).text)
    for words in ("甲.png", "乙.png", "照片次日导出"):
        assert words in text, words
    seen = await line.get(f"records/{record}")
    assert len(seen["attachment_ids"]) == 2
    assert [each["reason"] for each in seen["added_later"]] == ["照片次日导出"] * 2
    assert (await line.get(f"lots/{lot}/quality"))["documents"] == before + 2
    again = {"attachment_ids": seen["attachment_ids"], "reason": "又一次"}
    await line.post(f"records/{record}/attachments", again, expect=204)
    assert await line.get(f"records/{record}") == seen
    audit = (
        await line.plant.client("quality_manager").get("/api/v1/audit", params={"action": "record.files_added"})
    ).json()
    assert len(audit["items"]) == 2


async def test_a_corrected_record_takes_no_files_and_readers_add_none(line: Line) -> None:
    await line.form()
    lot = await line.lot()
    first = (await line.record(lot_id=lot))["id"]
    file = (await line.client.post("/api/v1/attachments", files={"file": ("a.png", PNG)})).json()["id"]
    await line.record(lot_id=lot, corrects=first, correction_reason="抄错")
    body = {"attachment_ids": [file], "reason": "补"}
    refused = await line.post(f"records/{first}/attachments", body, expect=409)
    assert refused["code"] == "record_already_corrected"
    page = await line.plant.client("inspector").get(f"/admin/records/{first}")
    assert "这条记录已被更正" in shown(page.text)
    assert "/attachments" not in page.text
    viewer = line.plant.client("viewer")
    assert (await viewer.post(f"/api/v1/records/{first}/attachments", json=body)).status_code == 403
    assert "<form method" not in (await viewer.get(f"/admin/days/{await missed(line)}")).text.split("<main")[1]
    other = (await line.record(lot_id=await line.lot()))["id"]
    strange = await line.post(f"records/{other}/attachments", body | {"attachment_ids": [lot]}, expect=404)
    assert strange["code"] == "not_found"


async def test_a_day_that_no_plan_lists_is_recorded_too(line: Line) -> None:
    inspector, today = line.plant.client("inspector"), now().astimezone(EDGE).date()
    page = (await inspector.get("/admin/days")).text
    form_id = re.search(r'<option value="([0-9a-f-]{36})">每日检查', page)
    assert form_id
    assert "登记其他日子" not in shown((await line.plant.client("viewer").get("/admin/days")).text)
    listed = {"form_id": form_id[1], "working_day": str(today - timedelta(days=1))}
    assert re.fullmatch(
        r"/admin/days/[0-9a-f-]{36}", (await inspector.get("/admin/days/new", params=listed)).headers["location"]
    )
    asked = listed | {"working_day": str(today - timedelta(days=40))}
    assert "没有列入检验计划" in shown((await inspector.get("/admin/days/new", params=asked)).text)
    typed = await inspector.get("/admin/days/new")
    assert (typed.status_code, typed.headers["location"]) == (303, "/admin/days")
    unsaid = await inspector.post("/admin/days/new", params=asked, data={"values.cold": "4"})
    assert unsaid.status_code == 422
    assert 'value="4"' in unsaid.text
    data = {"nothing_found": "1", "values.areas": ["原料库"], "late_reason": "补登记"}
    ahead = await inspector.post(
        "/admin/days/new", params=asked | {"working_day": str(today + timedelta(days=2))}, data=data
    )
    assert ahead.status_code == 422
    assert "之后" in shown(ahead.text)
    done = await inspector.post("/admin/days/new", params=asked, data=data)
    assert done.status_code == 303, shown(done.text)
    text = shown((await inspector.get(done.headers["location"])).text)
    for words in ("已登记", "未发现问题", "原料库"):
        assert words in text, words
    (record,) = (await line.get("records"))["items"]
    assert record["working_day"] == asked["working_day"]
    stranger = await inspector.get(
        "/admin/days/new", params=asked | {"form_id": "01a20964-8086-75ef-996c-288d633983ae"}
    )
    assert stranger.status_code == 404
