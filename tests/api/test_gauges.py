"""Promise: a gauge whose calibration fails lists every result, lot and shipped code since it last held, with the hold that
stops them ready to send; an entry made with an overdue gauge is marked, or refused where the enterprise wants it so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.core import db
from server.domains.quality.nonconformity import gauges
from tests.fixtures.api import Api
from tests.fixtures.failing import Floor

NOW = datetime.now(UTC)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def gauge(floor: Floor, *calibrations: tuple[float, bool], valid_days: int = 400) -> str:
    """A gauge with calibrations so many days ago."""
    body = {"code": "CS-01", "name": "测厚仪", "kind": "量具", "calibration_required": True}
    device: str = (await floor.call("quality_manager", "POST", "devices", body))["id"]
    for days, passed in calibrations:
        await calibrate(floor, device, days, passed, valid_days)
    return device


async def calibrate(floor: Floor, device: str, days: float, passed: bool, valid_days: int = 400) -> None:
    valid_to = (NOW - timedelta(days=days) + timedelta(days=valid_days)).date().isoformat()
    body = {"certificate_no": f"JZ-{days}", "calibrated_at": ago(days), "valid_to": valid_to, "passed": passed}
    await floor.call("quality_manager", "POST", f"devices/{device}/calibrations", body)


async def affected(floor: Floor, device: str) -> dict[str, Any]:
    found: dict[str, Any] = await floor.call("viewer", "GET", f"devices/{device}/affected")
    return found


async def test_since_the_last_good_calibration_every_result_lot_and_shipment(floor: Floor) -> None:
    device = await gauge(floor, (30, True))
    early, measured, made = await floor.lot(), await floor.lot("0.01"), await floor.lot()
    await floor.record(early, "0.01", gauge_ids=[device], captured_at=ago(40), late_reason="补录")
    await floor.record(measured, "0.02", gauge_ids=[device])
    operation = {
        "name": "灌装",
        "lots_out": [made],
        "device_ids": [device],
        "started_at": ago(0.1),
        "ended_at": ago(0.05),
    }
    operation_id = (await floor.call("operator", "POST", "operations", operation))["id"]
    await floor.record(made, "0.01", operation_id=operation_id)
    await floor.release(measured)
    assert await floor.ship_code(measured, "40") == "ok"
    assert (await affected(floor, device))["failed"] is False
    await calibrate(floor, device, 0, passed=False)
    found = await affected(floor, device)
    assert (found["failed"], found["records"], found["results"]) == (True, 2, 2)
    assert {each["id"] for each in found["lots"]} == {measured, made}
    assert [(each["lot_id"], each["quantity"]) for each in found["shipped"]] == [(measured, "40")]
    assert set(found["hold_proposal"]["lot_ids"]) == {measured, made}
    await floor.call("quality_manager", "POST", "holds", found["hold_proposal"])
    assert await floor.ship_code(measured, "1") == "lot_on_hold"
    assert (await affected(floor, device))["hold_proposal"] is None
    (hold,) = (await floor.call("viewer", "GET", f"lots/{measured}/holds"))["items"]
    await floor.call("quality_manager", "POST", f"holds/{hold['id']}/close", {"reason": "复检合格"})
    pages, after = [], ""
    while after is not None:
        path = f"devices/{device}/affected/results?limit=1" + (f"&after={after}" if after else "")
        page = await floor.call("viewer", "GET", path)
        pages += page["items"]
        after = page["next"]
    assert [(each["lot_id"], each["name"], each["result"]) for each in pages] == [
        (measured, "铅", "0.02"),
        (made, "铅", "0.01"),
    ]


async def test_an_earlier_failure_is_still_answered_for_after_a_good_one(floor: Floor) -> None:
    device = await gauge(floor, (40, True), (30, False), (20, True))
    lot, later = await floor.lot(), await floor.lot()
    await floor.record(lot, "0.01", gauge_ids=[device], captured_at=ago(35), late_reason="补录")
    await calibrate(floor, device, 0, passed=False)
    await floor.record(later, "0.01", gauge_ids=[device], captured_at=ago(5), late_reason="补录")
    assert {each["id"] for each in (await affected(floor, device))["lots"]} == {later}
    listed = (await floor.call("viewer", "GET", f"devices/{device}/calibrations"))["items"]
    first, passed = (next(each["id"] for each in listed if each["certificate_no"] == f"JZ-{days}") for days in (30, 20))
    found = await floor.call("viewer", "GET", f"devices/{device}/affected?calibration_id={first}")
    assert {each["id"] for each in found["lots"]} == {lot}
    results = await floor.call("viewer", "GET", f"devices/{device}/affected/results?calibration_id={first}")
    assert {each["lot_id"] for each in results["items"]} == {lot}
    refused = await floor.plant.client("viewer").get(f"/api/v1/devices/{device}/affected?calibration_id={passed}")
    assert refused.status_code == 404


async def test_the_shipped_codes_are_named_as_ranges(floor: Floor) -> None:
    device = await gauge(floor, (30, True), (0, False))
    product = {"sku": "P", "name": "瓶", "kind": "finished", "unit": "pcs"}
    bottles = (await floor.call("quality_manager", "POST", "products", product))["id"]
    lot = await floor.lot(product_id=bottles, unit="pcs", quantity="20")
    await floor.record(lot, "0.01", gauge_ids=[device], captured_at=ago(1), late_reason="补录")
    await floor.release(lot)
    rule = {"name": "瓶码", "level": "item", "segments": [{"kind": "minted"}], "unguessable": True}
    rule_id = (await floor.call("quality_manager", "POST", "code-rules", rule))["id"]
    order = {"lot_id": lot, "rule_id": rule_id, "count": 20}
    order_id = (await floor.call("quality_manager", "POST", "code-orders", order))["id"]
    serials = {"first": 1, "last": 20}
    await floor.call("quality_manager", "POST", f"code-orders/{order_id}/activate", serials)
    for first, last in ((1, 5), (8, 10)):
        line = {"lot_id": lot, "serials": {"order_id": order_id, "first": first, "last": last}}
        body = {"shipment_no": f"S{first}", "customer_id": floor.customer, "lines": [line]}
        await floor.call("operator", "POST", "shipments", body)
    codes = (await affected(floor, device))["codes"]
    assert [(each["first"], each["last"], each["codes"], each["shipment_no"]) for each in codes] == [
        (1, 5, 5, "S1"),
        (8, 10, 3, "S8"),
    ]


async def test_an_overdue_gauge_marks_or_blocks_as_the_enterprise_says(floor: Floor) -> None:
    device = await gauge(floor, (30, True), valid_days=10)
    lot = await floor.lot()
    body = {"form_code": "L", "lot_id": lot, "values": {"Pb": "0.01"}, "gauge_ids": [device]}
    stored = await floor.call("inspector", "POST", "records", body)
    assert (stored["verdict"], stored["warning"]) == ("pass", True)
    (used,) = (await floor.call("viewer", "GET", f"records/{stored['id']}"))["gauges"]
    assert (used["code"], used["calibration"]) == ("CS-01", "expired")
    operation = {"name": "灌装", "lots_out": [lot], "device_ids": [device]}
    operation_id = (await floor.call("operator", "POST", "operations", operation))["id"]
    await floor.call("quality_manager", "PUT", "gauge-rule", {"overdue": "block"})
    assert (await floor.call("viewer", "GET", "gauge-rule")) == {"overdue": "block"}
    assert await floor.refused("inspector", "records", body) == "gauge_overdue"
    by_operation = {"form_code": "L", "lot_id": lot, "values": {"Pb": "0.01"}, "operation_id": operation_id}
    assert await floor.refused("inspector", "records", by_operation) == "gauge_overdue"
    await calibrate(floor, device, 0.01, passed=True)
    assert not (await floor.call("inspector", "POST", "records", body))["warning"]


async def test_among_many_records_the_question_reads_its_own_rows_alone(floor: Floor) -> None:
    """Five thousand records of another gauge stand beside: no table is read from end to end."""
    device = await gauge(floor, (30, True), (0, False))
    lot = await floor.lot()
    await floor.record(lot, "0.01", gauge_ids=[device], captured_at=ago(1), late_reason="补录")
    tenant = floor.plant.tenant_id
    async with db.transaction(floor.plant.actor("quality_manager").scope()):
        await db.execute(_MANY, tenant)
    plan = await _plan(floor, device)
    assert "Seq Scan on record_gauge" not in plan
    assert "Seq Scan on measurement" not in plan
    assert (await affected(floor, device))["results"] == 1


_MANY = """
WITH one AS (SELECT * FROM record WHERE tenant_id = $1 LIMIT 1),
other AS (INSERT INTO device (tenant_id, code, name, kind) VALUES ($1, 'CS-02', 'x', 'x') RETURNING id),
made AS (
    INSERT INTO record (tenant_id, id, entry_id, body_digest, stage, form_version_id, lot_id, values, verdict, source, operator_name)
    SELECT $1, uuidv7(), uuidv7(), body_digest, stage, form_version_id, lot_id, values, verdict, source, operator_name
    FROM one, generate_series(1, 5000) RETURNING id
)
INSERT INTO record_gauge (tenant_id, record_id, device_id, calibration, at, results)
SELECT $1, made.id, other.id, 'valid', now(), 1 FROM made, other
"""


async def _plan(floor: Floor, device: str) -> str:
    """How it is found in tables as large as those of a plant: small ones are rightly read from end to end."""
    async with db.transaction(floor.plant.actor("quality_manager").scope()):
        await db.execute("SET LOCAL enable_seqscan = off")
        rows = await db.fetch(
            "EXPLAIN " + gauges._COUNTS, floor.plant.tenant_id, device, NOW - timedelta(days=30), None
        )
    return "\n".join(row[0] for row in rows)


async def test_a_part_that_was_split_off_is_among_what_a_gauge_measured(floor: Floor) -> None:
    device = await gauge(floor, (30, True))
    lot = await floor.lot("0.01")
    await floor.record(lot, "0.02", gauge_ids=[device])
    await floor.release(lot)
    part = (await floor.call("operator", "POST", f"lots/{lot}/split", {"lot_no": "PART", "quantity": "5"}))["id"]
    assert await floor.ship_code(part, "5") == "ok"
    await calibrate(floor, device, 0, passed=False)
    found = await affected(floor, device)
    assert {each["id"] for each in found["lots"]} == {lot, part}
    assert [(each["lot_id"], each["quantity"]) for each in found["shipped"]] == [(part, "5")]
    assert set(found["hold_proposal"]["lot_ids"]) >= {lot}


async def test_what_was_worked_on_again_is_still_what_the_gauge_measured(floor: Floor) -> None:
    device = await gauge(floor, (30, True))
    lot = await floor.lot("0.01")
    await floor.record(lot, "0.02", gauge_ids=[device])
    again = (await floor.call("operator", "POST", f"lots/{lot}/rework", {"lot_no": "AGAIN", "quantity": "5"}))["id"]
    await calibrate(floor, device, 0, passed=False)
    found = await affected(floor, device)
    assert {each["id"] for each in found["lots"]} == {lot, again}
