"""Promise: a result outside a legal limit goes on counting until a correction measures the same again; a
correction that measures nothing lifts nothing, neither before nor after release, nor in a review of what failed."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.api import Api
from tests.fixtures.failing import Floor
from tests.fixtures.imports import imported, xlsx

SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
HIGH, LOW = {"Pb": "0.06"}, {"Pb": "0.02"}


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


def entry(lot: str, record: str, values: dict[str, str]) -> dict[str, object]:
    return {"form_code": "L", "lot_id": lot, "values": values, "corrects": record, "correction_reason": "抄错"}


async def test_a_slip_is_corrected_by_measuring_the_same_again_and_stays_in_the_trail(floor: Floor) -> None:
    lot = await floor.lot()
    record = await floor.record(lot, "0.06")
    blank = await floor.correct(lot, record, {})
    assert await floor.release(lot, status=409) == ["release_legal_limit_failed"]
    await floor.correct(lot, blank, LOW)
    await floor.release(lot)
    told = await floor.value(
        "SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action = 'record.legal_failure_corrected'"
    )
    assert told == 2


async def test_a_blank_correction_leaves_a_lot_barred_that_was_never_released(floor: Floor) -> None:
    lot = await floor.lot()
    record = await floor.record(lot, "0.06")
    await floor.correct(lot, record, {})
    assert await floor.release(lot, status=409) == ["release_legal_limit_failed"]
    assert await floor.ship_code(lot, "1") == "lot_not_released"
    opened = await floor.open(lot)
    concession = {"kind": "concession", "reason": "x", "expires_at": SOON}
    refused = await floor.refused("inspector", f"nonconformities/{opened['id']}/dispositions", concession)
    assert refused == "disposition_legal_limit_failed"


async def test_after_release_the_hold_stays_until_something_is_measured_again(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    record = await floor.record(lot, "0.06")
    blank = await floor.correct(lot, record, {})
    assert await floor.ship_code(lot, "1") == "lot_on_hold"
    right = await floor.correct(lot, blank, LOW)
    assert await floor.ship_code(lot, "1") == "ok"
    await floor.correct(lot, right, {})  # what had answered for it is withdrawn
    assert await floor.ship_code(lot, "1") == "lot_on_hold"


async def test_a_lot_reworked_from_goods_held_after_release_leaves_once_it_passed(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    await floor.record(lot, "0.06")
    opened = await floor.open(lot)
    made = await floor.carry_out(await floor.decide(opened["id"], "rework"))
    assert made is not None
    assert "release_lot_on_hold" in await floor.release(made, status=409)
    await floor.record(made, "0.02")
    await floor.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    await floor.release(made)
    assert await floor.ship_code(made, "100") == "ok"
    assert await floor.ship_code(lot, "1") == "lot_on_hold"


async def test_a_result_that_a_laboratory_sends_in_a_sheet_frees_it_as_well(floor: Floor, api: Api) -> None:
    lot = await floor.lot("0.01", release=True)
    await floor.record(lot, "0.06")
    opened = await floor.open(lot)
    made = await floor.carry_out(await floor.decide(opened["id"], "rework"))
    assert made is not None
    manager = floor.plant.client("quality_manager")
    number = (await manager.get(f"/api/v1/lots/{made}")).json()["lot_no"]
    results = ["表单编码", "批号", "检验项目", "检验结果", "单位", "取样时间", "报告编号", "检验人"]
    row = ["L", number, "Pb", "0.02", "", "", "R1", "王芳"]
    job = await imported(api, manager, "inspections", xlsx(results, [row]))
    assert (job["state"], job["rows_stored"]) == ("done", 1)
    held = (await manager.get(f"/api/v1/lots/{made}/holds")).json()["items"]
    assert [each["cause"].partition(":")[0] for each in held if each["closed_at"] is None] in ([], ["nonconformity"])
    assert "legal_limit" in {each["cause"].partition(":")[0] for each in held}
