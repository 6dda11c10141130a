"""Promise: operations keep what was done, with each device's calibration as it stood then; master data is kept in order."""

from datetime import UTC, date, datetime, timedelta

from server.core import db
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.floor import Floor


async def device(floor: Floor, code: str, *calibrations: tuple[str, str, bool], required: bool = True) -> str:
    body = {"code": code, "name": "电子秤", "kind": "scale", "calibration_required": required}
    made = (await floor.post("/api/v1/devices", body))["id"]
    for at, valid_to, passed in calibrations:
        body = {"certificate_no": f"{code}-{at}", "calibrated_at": at, "valid_to": valid_to, "passed": passed}
        await floor.post(f"/api/v1/devices/{made}/calibrations", body, 201)
    return made


async def test_an_operation_remembers_calibration_as_it_stood_then(floor: Floor) -> None:
    year = ("2026-01-01T08:00:00", "2026-12-31", True)
    good, old = await device(floor, "W1", year), await device(floor, "W2", ("2024-01-01T08:00:00", "2024-12-31", True))
    failed = await device(floor, "W3", year, ("2026-02-01T08:00:00", "2026-12-31", False))
    never, free = await device(floor, "W4"), await device(floor, "W5", required=False)
    source, target = await floor.lot(), await floor.lot("finished", released=False)
    operation = {
        "name": "称量", "lots_in": [source], "lots_out": [target], "device_ids": [good, old, failed, never, free],
        "started_at": "2026-03-01T08:00:00", "ended_at": "2026-03-01T09:00:00", "shift": "早班",
        "parameters": [{"name": "温度", "value": "132", "unit": "°C", "low": "130"}, {"name": "配方", "value": "A7", "secret": True}],
        "unit": "kg", "quantity_in": "100", "quantity_good": "95", "quantity_reworked": "2", "quantity_scrapped": "3",
        "scrapped_by_defect": {"破袋": "1", "异物": "2"},
    }  # fmt: skip
    made = (await floor.post("/api/v1/operations", operation))["id"]
    shown = (await floor.get(f"/api/v1/lots/{target}/operations"))["items"]
    assert [item["id"] for item in shown] == [made]
    assert {row["code"]: row["calibration"] for row in shown[0]["devices"]} == {
        "W1": "valid", "W2": "expired", "W3": "failed", "W4": "none", "W5": "not_required",
    }  # fmt: skip
    assert (await floor.get(f"/api/v1/lots/{target}"))["production_ended_at"] == "2026-03-01T01:00:00Z"
    assert shown[0]["parameters"][1]["value"] == "A7"
    masked = await floor.get(f"/api/v1/operations/{made}", **{"as": "authority"})
    assert masked["parameters"][1]["value"] == {"present": True}
    assert masked["parameters"][0]["value"] == "132"
    async with db.transaction(floor.plant.actor("viewer").scope()):
        trail = await db.fetchval("SELECT after::text FROM audit_entry WHERE object_id = $1", made)
    assert "A7" not in trail


async def test_quantities_of_an_operation_balance(floor: Floor) -> None:
    body = {
        "name": "灌装",
        "quantity_in": "100",
        "quantity_good": "95",
        "quantity_reworked": "0",
        "quantity_scrapped": "4",
    }
    refused = await floor.post("/api/v1/operations", body, 422)
    assert refused["errors"][0]["code"] == "operation_not_balanced"
    body |= {"quantity_scrapped": "5", "scrapped_by_defect": {"漏液": "4"}}
    assert (await floor.post("/api/v1/operations", body, 422))["errors"][0]["code"] == "defects_not_balanced"
    assert (await floor.post("/api/v1/operations", {}, 422))["errors"][0]["field"] == "name"


async def test_an_operation_uses_only_what_may_be_used(floor: Floor) -> None:
    held, target = await floor.lot(), await floor.lot("finished", released=False)
    opened = (await floor.post("/api/v1/holds", {"lot_ids": [held], "reason": "x"}, 201))["holds"][held]
    expired, pending = await floor.lot(expires_at="2020-01-01"), await floor.lot(released=False)
    for lot, code in ((held, "lot_on_hold"), (expired, "lot_expired"), (pending, "lot_not_released")):
        refused = await floor.post("/api/v1/operations", {"name": "配料", "lots_in": [lot], "lots_out": [target]}, 409)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [("lots_in", code)]
        await floor.post("/api/v1/operations", {"name": "降温", "lots_in": [lot]}, 201)
        await floor.post("/api/v1/operations", {"name": "移库", "lots_in": [lot], "lots_out": [lot]}, 201)
    await floor.post(f"/api/v1/holds/{opened}/close", {"reason": "x"}, 204)
    await floor.link(held, target, quantity="1")
    await floor.post("/api/v1/holds", {"lot_ids": [held], "reason": "x"}, 201)
    # What was charged while it might be is on record, and so may the step be in which it was.
    await floor.post("/api/v1/operations", {"name": "配料", "lots_in": [held], "lots_out": [target]}, 201)


async def test_no_operation_without_a_recipe_lets_goods_through_that_may_not_be_used(floor: Floor) -> None:
    """Rejected goods, what lies in a package, several outputs at once; and what an operation handled alone is not used by it."""
    rejected, pending = await floor.lot(), await floor.lot(released=False)
    body = {"lot_ids": [rejected], "remark": "x", "password": PASSWORD}
    answer = await floor.plant.client("releaser").post("/api/v1/rejections", json=body)
    assert answer.is_success, answer.text
    case = (await floor.post("/api/v1/packages", {"lot_no": "C1", "contents": [{"lot_id": pending, "quantity": "5"}]}))[
        "id"
    ]
    good, target, other = (
        await floor.lot(),
        await floor.lot("finished", released=False),
        await floor.lot("finished", released=False),
    )
    for lots_in, code in (
        ([rejected], "lot_rejected"),
        ([case], "content_not_released"),
        ([good, pending], "lot_not_released"),
    ):
        for lots_out in ([target], [target, other], [*lots_in, target]):
            body = {"name": "配料", "lots_in": lots_in, "lots_out": lots_out}
            refused = await floor.post("/api/v1/operations", body, 409)
            assert refused["errors"][0]["code"] == code, (lots_in, lots_out)
    await floor.post("/api/v1/operations", {"name": "称量", "lots_in": [pending]}, 201)
    assert (await floor.link(pending, target, status=409, quantity="1"))["code"] == "lot_not_released"
    assert (await floor.get(f"/api/v1/lots/{target}/operations"))["items"] == []
    assert [await floor.left(lot) for lot in (good, rejected)] == ["100", "100"]


async def test_steps_come_in_their_sequence(floor: Floor) -> None:
    path = f"/api/v1/products/{floor.products['finished']}/steps"
    second = (await floor.post(path, {"sequence": 2, "name": "灌装"}))["id"]
    await floor.post(path, {"sequence": 1, "name": "杀菌", "critical": True})
    assert [step["name"] for step in (await floor.get(path))["items"]] == ["杀菌", "灌装"]
    await floor.post(path, {"sequence": 1, "name": "x"}, 409)
    changed = await floor.manager.patch(f"/api/v1/steps/{second}", json={"sequence": 3})
    assert changed.json()["sequence"] == 3
    named = (await floor.post("/api/v1/operations", {"step_id": second}))["id"]
    assert (await floor.get(f"/api/v1/operations/{named}"))["name"] == "灌装"


async def test_master_data_is_checked_and_changes_leave_a_trail(floor: Floor) -> None:
    wrong = await floor.post(
        "/api/v1/products", {"kind": "finished", "sku": "X", "name": "X", "unit": "kg", "gtin": "6901234567893"}, 422
    )
    assert wrong["errors"][0]["code"] == "gtin_wrong"
    body = {
        "kind": "finished",
        "sku": "Y",
        "name": "鲜牛奶",
        "unit": "瓶",
        "gtin": "6901234567892",
        "label": [{"name": "净含量", "value": "250 mL"}],
    }
    product = (await floor.post("/api/v1/products", body))["id"]
    shown = await floor.get(f"/api/v1/products/{product}")
    assert (shown["gtin"], shown["label"]) == ("06901234567892", [{"name": "净含量", "value": "250 mL"}])
    changed = await floor.manager.patch(
        f"/api/v1/products/{product}", json={"name": "鲜牛奶（全脂）", "publish_allow": ["origin"]}
    )
    assert changed.json()["publish_allow"] == ["origin"]
    nulled = await floor.manager.patch(f"/api/v1/products/{product}", json={"name": None})
    assert nulled.status_code == 422
    async with db.transaction(floor.plant.actor("viewer").scope()):
        row = await db.fetchrow(
            "SELECT before, after FROM audit_entry WHERE action = 'product.changed' AND object_id = $1", product
        )
    assert row is not None
    assert (db.loads(row["before"])["name"], db.loads(row["after"])["name"]) == ("鲜牛奶", "鲜牛奶（全脂）")


async def test_papers_that_expire_are_listed_in_time(floor: Floor) -> None:
    supplier = (await floor.post("/api/v1/suppliers", {"code": "S1", "name": "一号牧场"}))["id"]
    today = date.today()  # noqa: DTZ011 - the days are far apart
    for number, days in (("GONE", -30), ("SOON", 10), ("LATER", 300)):
        body = {
            "supplier_id": supplier,
            "kind": "生产许可证",
            "number": number,
            "valid_to": str(today + timedelta(days=days)),
        }
        await floor.post("/api/v1/certificates", body)
    due = (await floor.get("/api/v1/certificates", expiring_within_days=30))["items"]
    assert [(item["number"], item["supplier_name"]) for item in due] == [("GONE", "一号牧场"), ("SOON", "一号牧场")]
    body = {"supplier_id": supplier, "product_id": floor.products["finished"], "kind": "x", "number": "x"}
    assert (await floor.post("/api/v1/certificates", body, 422))["errors"][0]["code"] == "certificate_of_one"


async def test_customers_have_points_of_sale(floor: Floor, api: Api) -> None:
    customer = (await floor.post("/api/v1/customers", {"code": "C1", "name": "城西超市", "sales_areas": ["3301"]}))[
        "id"
    ]
    outlet = (await floor.post(f"/api/v1/customers/{customer}/outlets", {"name": "一店", "division_code": "330106"}))[
        "id"
    ]
    assert [item["id"] for item in (await floor.get(f"/api/v1/customers/{customer}/outlets"))["items"]] == [outlet]
    other = (await floor.post("/api/v1/customers", {"code": "C2", "name": "城东超市"}))["id"]
    lot = await floor.lot("finished")
    refused = await floor.ship({"lot_id": lot, "quantity": "1"}, customer_id=other, outlet_id=outlet, status=422)
    assert refused["code"] == "outlet_of_other_customer"
    stranger = (await api.plant()).client("quality_manager")
    assert (await stranger.get(f"/api/v1/customers/{customer}")).status_code == 404


async def test_calibration_at_a_moment(floor: Floor) -> None:
    gauge = await device(floor, "G1", ("2026-01-01T08:00:00", "2026-01-31", True))
    path = f"/api/v1/devices/{gauge}/calibration"
    assert (await floor.get(path, at="2026-01-31T23:59:59"))["calibration"] == "valid"
    assert (await floor.get(path, at="2026-02-01T00:00:00"))["calibration"] == "expired"
    assert (await floor.get(path, at="2025-12-31T00:00:00"))["calibration"] == "none"
    body = {"certificate_no": "x", "calibrated_at": "2026-03-01T00:00:00", "valid_to": "2026-02-01", "passed": True}
    refused = await floor.post(f"/api/v1/devices/{gauge}/calibrations", body, 422)
    assert refused["errors"][0]["code"] == "calibration_backwards"


async def test_no_device_is_moved_or_calibrated_in_the_future(floor: Floor) -> None:
    gauge = await device(floor, "G1")
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    tries = {
        "move": ("at", {"place_id": None}),
        "calibrations": ("calibrated_at", {"certificate_no": "x", "valid_to": "2099-01-31", "passed": True}),
    }
    for path, (field, body) in tries.items():
        refused = await floor.post(f"/api/v1/devices/{gauge}/{path}", {**body, field: ahead}, 422)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, "happens_in_future")], path


async def test_quantities_without_a_unit_are_in_that_of_the_lots_where_they_agree(floor: Floor) -> None:
    source, target = await floor.lot(), await floor.lot("finished", released=False)
    own = (await floor.get(f"/api/v1/lots/{target}"))["unit"]

    async def unit_of(body: dict[str, object], **end: object) -> object:
        made = (await floor.post("/api/v1/operations", {"name": "灌装", **body}))["id"]
        if end:
            await floor.post(f"/api/v1/operations/{made}/end", end, 200)
        return (await floor.get(f"/api/v1/operations/{made}"))["unit"]

    assert await unit_of({"lots_out": [target], "quantity_good": "95"}) == own
    assert await unit_of({"lots_in": [source]}, lots_out=[target], quantity_good="95") == own
    assert await unit_of({"lots_out": [target]}) is None  # nothing was counted
    assert await unit_of({"quantity_good": "95"}) is None
    assert await unit_of({"lots_out": [target], "quantity_good": "95", "unit": "t"}) == "t"
