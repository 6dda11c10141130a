"""Promise: gauges are listed with what is overdue first, entered and calibrated by hand, and a failed calibration shows what it
reaches and stops what is still here by one button, for who may hold; the rest only read."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.fixtures.api import Api
from tests.fixtures.failing import Floor


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def test_from_a_new_gauge_to_what_its_failure_reached(floor: Floor) -> None:
    manager, now = floor.plant.client("quality_manager"), datetime.now(UTC)
    data = {"code": "CS-9", "name": "测厚仪", "kind": "量具", "calibration_required": "1"}
    made = await manager.post("/admin/gauges", data=data)
    assert made.status_code == 303, shown(made.text)
    path = made.headers["location"].partition("?")[0]
    assert "1 件校准失效" in shown((await manager.get("/admin/gauges")).text)
    today = (await manager.get("/admin")).text
    assert "1 件器具校准失效" in shown(today)
    assert 'href="/admin/gauges?state=overdue"' in today
    again = await manager.post("/admin/gauges", data=data)
    assert again.status_code == 409
    assert 'id="new-code-error"' in again.text
    backwards = {
        "certificate_no": "JZ-1",
        "calibrated_at": "2026-02-01T08:00",
        "valid_to": "2026-01-01",
        "passed": "true",
    }
    wrong = await manager.post(f"{path}/calibrations", data=backwards)
    assert wrong.status_code == 422
    assert 'id="calibrate-valid_to-error"' in wrong.text
    good = {
        **backwards,
        "calibrated_at": (now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"),
        "valid_to": "2099-01-01",
    }
    assert (await manager.post(f"{path}/calibrations", data=good)).status_code == 303
    lot = await floor.lot("0.01")
    await floor.record(lot, "0.02", gauge_ids=[path.rsplit("/", 1)[1]])
    assert 'id="reach"' not in (await manager.get(path)).text
    failed = {
        **good,
        "certificate_no": "JZ-2",
        "calibrated_at": (now + timedelta(hours=8, minutes=2)).strftime("%Y-%m-%dT%H:%M"),
        "passed": "false",
    }
    assert (await manager.post(f"{path}/calibrations", data=failed)).status_code == 303
    text = shown((await manager.get(path)).text)
    assert "涉及 1 份记录、1 项结果、1 批，已发货 0 笔" in text
    assert "mg/kg" in shown((await manager.get(f"{path}/results")).text)
    viewer = floor.plant.client("viewer")
    assert "冻结在库批次" not in shown((await viewer.get(path)).text)
    assert (await viewer.post(f"{path}/hold")).status_code == 403
    assert (await viewer.post(f"{path}/calibrations", data=good)).status_code == 403
    assert (await manager.post(f"{path}/hold")).status_code == 303
    assert (await manager.get(f"/api/v1/lots/{lot}/holds")).json()["items"]
    assert "都已冻结" in shown((await manager.get(path)).text)
    assert "CS-9" in shown((await viewer.get("/admin/gauges?state=overdue")).text)
    assert "CS-9" not in shown((await viewer.get("/admin/gauges?state=soon")).text)
