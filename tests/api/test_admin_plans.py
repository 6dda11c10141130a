"""Promise: inspection plans are made, changed in versions and retired on their pages, what does not fit is said at its field,
and sampling shows each supplier's severity; who may not define only reads."""

import re
from html import unescape

import pytest

from tests.fixtures.api import Api
from tests.fixtures.inspections import PASS, Line, make_line


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def test_a_plan_with_its_versions(line: Line) -> None:
    manager, form = line.plant.client("quality_manager"), await line.form()
    data = {
        "code": "XJ-01", "name": "灌装巡检", "trigger": "hours", "form_id": form, "within_minutes": "90", "mandatory": "1",
        "while_running": "1", "weekdays": ["1", "2"], "product_id": line.ids["finished"],
    }  # fmt: skip
    unfit = await manager.post("/admin/plans", data=data)
    assert unfit.status_code == 422
    assert 'id="plan-every_hours-error"' in unfit.text
    made = await manager.post("/admin/plans", data={**data, "every_hours": "2", "aql": "1.0", "level": "II"})
    assert made.status_code == 303, shown(made.text)
    path = made.headers["location"].partition("?")[0]
    text = shown((await manager.get(path)).text)
    for words in ("每 2 小时", "90 分钟", "未完成前不能放行", "AQL 1.0"):
        assert words in text, words
    assert 'value="2"' in (await manager.get(f"{path}/versions/new")).text
    version = {"form_id": form, "within_minutes": "120", "every_hours": "4", "weekdays": ["1"], "in_force_from": "2099-01-02T08:00"}  # fmt: skip
    assert (await manager.post(f"{path}/versions", data=version)).status_code == 303
    text = shown((await manager.get(path)).text)
    assert text.index("第 2 版") < text.index("2099-01-02 08:00") < text.index("第 1 版")
    assert "每 4 小时 (停产时也检)" in text
    assert (await manager.post(f"{path}/retire", data={})).status_code == 422
    assert (await manager.post(f"{path}/retire", data={"reason": "改用在线检测"})).status_code == 303
    viewer = line.plant.client("viewer")
    assert "已停用" in shown((await viewer.get("/admin/plans")).text)
    assert (await viewer.get("/admin/plans/new")).status_code == 403
    assert (await viewer.post("/admin/plans", data=data)).status_code == 403


async def test_sampling_is_shown_and_resumed_only_where_it_stopped(line: Line) -> None:
    manager = line.plant.client("quality_manager")
    assert "还没有抽样检验的结果" in shown((await manager.get("/admin/sampling")).text)
    plan = await line.plan("receipt", await line.form(), sampling={"aql": "1.0"})
    for _ in range(9):
        lot = await line.lot(quantity=2000, supplier_id=line.ids["supplier"])
        await line.record(lot_id=lot, values=PASS, inspected={"sample_size": 125, "defectives": 4})
    html = (await manager.get("/admin/sampling")).text
    assert "不接收" in shown(html)
    assert "检验计划 计划" not in shown(html)
    data = {"plan_id": plan, "product_id": line.ids["material"], "reason": "供应商已换模具"}
    refused = await manager.post("/admin/sampling/resume", data=data)
    assert refused.status_code == 409
    assert "无需恢复" in refused.text
    assert (await line.plant.client("inspector").post("/admin/sampling/resume", data=data)).status_code == 403
    assert "暂停检验" in shown(html)
    resumed = await manager.post("/admin/sampling/resume", data={**data, "supplier_id": line.ids["supplier"]})
    assert resumed.status_code == 303
    assert "暂停检验" not in shown((await manager.get("/admin/sampling")).text)
