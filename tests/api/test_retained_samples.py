"""Promise: a retained sample comes out of its lot under its own name in the balance, is kept by the product's rule, watched on its dates,
used with a reason, and not disposed of before its time."""

import re
from datetime import date, datetime
from typing import Any

import pytest

from server.core import db
from server.core.clock import EDGE, end_of_day
from server.domains.quality.retained import end_of_keeping, months_later
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor
from tests.fixtures.works import Works, make_works

PARTS = ("consumed", "split_off", "packed", "installed", "shipped", "scrapped", "sampled", "left", "unexplained")


async def kept(floor: Floor, lot: str, status: int = 201, **fields: Any) -> dict[str, Any]:
    body = {"quantity": "3", "unit": "kg"} | fields
    return await floor.post(f"/api/v1/lots/{lot}/retained-samples", body, status)


async def test_the_balance_holds_with_the_sample_in_it(floor: Floor) -> None:
    lot = await floor.lot("finished")
    await kept(floor, lot, quantity="3000", unit="g", keep_until="2099-01-01")
    await floor.post(f"/api/v1/lots/{lot}/scrap", {"quantity": "1", "reason": "x"})
    balance = await floor.get(f"/api/v1/lots/{lot}/balance")
    assert (balance["sampled"], balance["left"], balance["unexplained"]) == ("3", "96", "0")
    assert sum(float(balance[part]) for part in PARTS) == float(balance["quantity"])
    assert (await kept(floor, lot, 409, quantity="97", keep_until="2099-01-01"))["code"] == "not_enough_left"


async def test_the_end_follows_the_rule_of_the_product(floor: Floor) -> None:
    lot = await floor.lot("finished", expires_at="2030-01-31")
    assert (await kept(floor, lot, 422))["code"] == "retained_end_unknown"
    rule = {"retain_months": 1, "retain_days": 5}
    await floor.manager.patch(f"/api/v1/products/{floor.products['finished']}", json=rule)
    sample = await floor.get(f"/api/v1/retained-samples/{(await kept(floor, lot))['id']}")
    assert (sample["keep_until"], sample["keep_rule"]) == ("2030-03-05", "after_expiry")
    early = await kept(floor, lot, 422, keep_until="2030-03-04")
    assert (early["code"], "2030-03-05" in early["title"]) == ("retained_end_too_soon", True)
    later = await floor.get(f"/api/v1/retained-samples/{(await kept(floor, lot, keep_until='2031-01-01'))['id']}")
    assert later["keep_until"] == "2031-01-01"
    without = await floor.lot("finished")
    assert (await kept(floor, without, 422))["code"] == "retained_end_unknown"


async def test_what_is_due_is_listed_until_it_is_done(floor: Floor) -> None:
    lot = await floor.lot("finished")
    dates = ["2026-01-10", "2026-01-20", "2090-01-01"]
    sample = (await kept(floor, lot, keep_until="2099-01-01", observe_on=dates))["id"]
    due = (await floor.get("/api/v1/retained-observations"))["items"]
    assert [each["due_on"] for each in due] == dates[:2]
    assert due[0]["days_late"] > due[1]["days_late"] > 0
    path = f"/api/v1/retained-samples/{sample}/observations"
    await floor.post(path, {"result": "normal"}, 201)
    assert [each["due_on"] for each in (await floor.get("/api/v1/retained-observations"))["items"]] == dates[1:2]
    assert (await floor.post(path, {"result": "abnormal", "due_on": dates[0]}, 409))["code"] == "observation_done"
    seen = (await floor.get(f"/api/v1/retained-samples/{sample}"))["observations"]
    assert [each["result"] for each in seen] == ["normal", None, None]


async def test_it_is_used_with_a_reason_and_disposed_of_in_time(floor: Floor) -> None:
    lot = await floor.lot("finished")
    sample = (await kept(floor, lot, keep_until="2099-01-01"))["id"]
    path = f"/api/v1/retained-samples/{sample}"
    assert (await floor.post(f"{path}/uses", {"quantity": "1", "reason": "投诉复检"}))["left_over"] == "2"
    assert (await floor.post(f"{path}/uses", {"quantity": "3", "reason": "x"}, 409))["code"] == "retained_not_enough"
    assert (await floor.post(f"{path}/disposal", {"disposal": "销毁"}, 409))["code"] == "retained_too_early"
    in_time = {"disposal": "销毁", "at": "2099-06-01T00:00:00+08:00"}
    assert (await floor.post(f"{path}/disposal", in_time, 422))["errors"][0]["code"] == "happens_in_future"
    await floor.post(f"{path}/uses", {"quantity": "2", "reason": "型式检验"})
    await floor.post(f"{path}/disposal", {"disposal": "已用完", "witness_name": "李工"}, 204)
    assert (await floor.post(f"{path}/uses", {"quantity": "1", "reason": "x"}, 409))["code"] == "retained_disposed"
    shown = await floor.get(path)
    assert (shown["left_over"], len(shown["uses"]), shown["witness_name"]) == ("0", 2, "李工")
    assert (await floor.get("/api/v1/retained-samples", kept="true"))["items"] == []
    old = (await kept(floor, lot, keep_until="2020-01-01"))["id"]
    await floor.post(f"/api/v1/retained-samples/{old}/disposal", {"disposal": "销毁"}, 204)


@pytest.mark.parametrize(
    ("months", "days", "until"),
    [(1, 0, date(2028, 2, 29)), (12, None, date(2029, 1, 31)), (None, 3, date(2028, 2, 3)), (None, None, None)],
)
def test_months_end_where_the_month_ends(months: int | None, days: int | None, until: date | None) -> None:
    assert end_of_keeping(end_of_day(date(2028, 1, 31)), months, days) == until


def test_a_moment_of_expiry_counts_by_its_last_day() -> None:
    assert end_of_keeping(datetime(2028, 1, 31, 15, tzinfo=EDGE), 0, 1) == date(2028, 2, 1)
    assert end_of_keeping(None, 1, 1) is None
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_later(date(9998, 12, 1), 60) == date.max


async def sampled(api: Api) -> tuple[Works, str]:
    """A plant whose lot L passed, and a sample kept of it."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    await works.add("L", "奶", "finished", "100")
    await works.record(works.lots["L"], "0.01")
    kept_at = {"quantity": "1", "unit": "kg", "keep_until": "2099-01-01"}
    sample = (await works.call("inspector", "POST", f"lots/{works.lots['L']}/retained-samples", kept_at))["id"]
    return works, sample


async def test_an_abnormal_look_stands_until_a_nonconformity_is_opened(api: Api) -> None:
    """It is told, shown with the lot and its parts, stops their release, and offers the nonconformity filled in."""
    works, sample = await sampled(api)
    await works.part("L", "P", "30")
    for result, remark in (("normal", "无变化"), ("abnormal", "胀包，有异味")):
        body = {"result": result, "remark": remark, "due_on": "2026-01-0" + ("1" if result == "normal" else "2")}
        await works.call("inspector", "POST", f"retained-samples/{sample}/observations", body)
    async with db.transaction(db.Scope.system()):
        told = "SELECT count(*) FROM outbox WHERE topic = 'SampleAbnormal' AND tenant_id = $1"
        assert await db.fetchval(told, works.plant.tenant_id) == 1
    for lot_no in ("L", "P"):
        assert await works.release(works.lots[lot_no], status=409) == ["release_sample_abnormal"]
    manager = works.plant.client("quality_manager")
    page = (await manager.get(f"/admin/lots/{works.lots['L']}")).text
    (form,) = set(re.findall(rf"/admin/lots/{works.lots['L']}/nonconformity\?observation=[0-9a-f-]+", page))
    assert "胀包，有异味" in (await manager.get(form)).text
    for path in ("/admin", "/admin/samples", f"/admin/samples/{sample}"):
        assert "尚未开具" in (text := (await manager.get(path)).text) or "未处理" in text, path
    await works.open(works.lots["L"], defect="胀包", quantity="40")
    await works.release(works.lots["L"], works.lots["P"])
    assert "尚未开具" not in (await manager.get(f"/admin/samples/{sample}")).text


async def test_goods_worked_on_again_by_hand_bring_it_along(api: Api) -> None:
    works, sample = await sampled(api)
    body = {"result": "abnormal", "remark": "胀包", "due_on": "2026-01-01"}
    await works.call("inspector", "POST", f"retained-samples/{sample}/observations", body)
    await works.made("R", f"lots/{works.lots['L']}/rework", {"kind": "reworked", "quantity": "50"})
    await works.record(works.lots["R"], "0.01")
    assert await works.release(works.lots["R"], status=409) == ["release_sample_abnormal"]
