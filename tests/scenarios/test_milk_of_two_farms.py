"""Promise: milk of two farms, blended, in part reworked, packed in cases on pallets and sent to two distributors, is found
again from either end, kilogram by kilogram, also where a pallet went to another place than it was sent to."""

from typing import Any

import pytest

from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.works import Works, graph, make_works, numbers


@pytest.fixture
async def works(api: Api) -> Works:
    """Two tankers blended, filled, a tenth of it reworked; four cases on two pallets."""
    works = await make_works(api)
    for name, kind in (("生牛乳", "material"), ("混合乳", "intermediate")):
        await works.good(name, kind)
    works.goods["奶"] = works.product
    west = (await works.call("quality_manager", "POST", "suppliers", {"code": "W", "name": "西岭牧场"}))["id"]
    for lot_no, farm, tanker, quantity in (("RM-1", works.supplier, "TANK-7", "1000"), ("RM-2", west, "TANK-9", "600")):
        await works.add(
            lot_no, "生牛乳", "material", quantity, supplier_id=farm, supplier_lot_no=tanker, received_at=now().isoformat()
        )  # fmt: skip
        await works.release(works.lots[lot_no])
    await works.add("MIX", "混合乳", "intermediate", "1500")
    await works.use("RM-1", "MIX", "900")
    await works.use("RM-2", "MIX", "600")
    await works.call(
        "operator", "POST", "operations",
        {"name": "预处理", "lots_in": [works.lots["RM-1"], works.lots["RM-2"]], "lots_out": [works.lots["MIX"]], "unit": "kg",
         "quantity_in": "1500", "quantity_good": "1500", "quantity_reworked": "0", "quantity_scrapped": "0"},
    )  # fmt: skip
    await works.release(works.lots["MIX"])
    await works.add("MILK", "奶", "finished", "1480", produced_at=now().isoformat())
    await works.use("MIX", "MILK", "1500")
    await works.record(works.lots["MILK"], "0.01", report_no="YS-1")
    await works.release(works.lots["MILK"])
    await works.made("MILK-RW", f"lots/{works.lots['MILK']}/rework", {"quantity": "150", "quantity_out": "145"})
    return works


async def packed(works: Works) -> None:
    await works.record(works.lots["MILK-RW"], "0.02")
    await works.release(works.lots["MILK-RW"])
    for case, lot_no in (("C1", "MILK"), ("C2", "MILK"), ("C3", "MILK"), ("C4", "MILK-RW")):
        await works.pack(case, (lot_no, "100"))
    await works.pack("P1", ("C1", None), ("C2", None), unit="pallet")
    await works.pack("P2", ("C3", None), ("C4", None), unit="pallet")


async def test_what_was_reworked_waits_for_its_own_inspection_and_release(works: Works) -> None:
    assert await works.state("MILK-RW") == "pending"
    assert await works.release(works.lots["MILK-RW"], status=409) == ["release_reinspection_missing"]
    body = {"lot_no": "C9", "contents": [{"lot_id": works.lots["MILK-RW"], "quantity": "10"}], "unit": "case"}
    case = (await works.call("operator", "POST", "packages", body))["id"]
    assert await works.ship_code(case, "1") == "content_not_released"


async def test_blended_reworked_packed_and_shipped_to_two_with_one_pallet_diverted(works: Works) -> None:
    await packed(works)
    east, (east_store,) = await works.customer_at("D1", "城东经销", "城东一店")
    west, (west_store, far_store) = await works.customer_at("D2", "城西经销", "城西一店", "城西二店")
    first = await works.send("CK-1", east, ("P1", None), outlet_id=east_store, departed_at=now().isoformat())
    second = await works.send("CK-2", west, ("P2", None), outlet_id=west_store, departed_at=now().isoformat())
    await receipt(works, first)
    returned = await receipt(works, second, accepted=False, remark="送错门店")
    assert returned["lines"][0]["returned_lot_id"] == works.lots["P2"]
    assert await works.stops("P2") == ["quarantined"]
    assert await works.ship_code(works.lots["P2"], "1") == "lot_on_hold"
    (held,) = (await works.seen_lot("P2"))["holds"]
    await works.call("quality_manager", "POST", f"holds/{held['id']}/close", {"reason": "封签完好，改送城西二店"})
    third = await works.send("CK-3", west, ("P2", None), outlet_id=far_store, departed_at=now().isoformat())
    await receipt(works, third)

    found = await works.trace("supplier_lot_no=TANK-9&direction=products")
    assert graph(found) == {
        ("RM-2", "consumed", "MIX", "600"), ("MIX", "consumed", "MILK", "1500"), ("MILK", "reworked", "MILK-RW", "150"),
        ("MILK", "packed", "C1", "100"), ("MILK", "packed", "C2", "100"), ("MILK", "packed", "C3", "100"),
        ("MILK-RW", "packed", "C4", "100"), ("C1", "packed", "P1", "1"), ("C2", "packed", "P1", "1"),
        ("C3", "packed", "P2", "1"), ("C4", "packed", "P2", "1"),
    }  # fmt: skip
    stayed = {(row["shipment_no"], row["outlet_id"]) for row in found["shipments"] if row["returned_at"] is None}
    assert stayed == {("CK-1", east_store), ("CK-3", far_store)}
    assert found["summary"]["customers"] == 2
    back = await works.trace("lot_no=P2&direction=materials")
    assert {"RM-1", "RM-2", "MIX", "MILK", "MILK-RW", "C3", "C4"} == numbers(back) - {"P2"}
    assert {node["supplier_name"] for node in back["nodes"]} - {None} == {"南山牧场", "西岭牧场"}

    assert await works.balance("RM-1") == {"consumed": "900", "left": "100"}
    assert await works.balance("RM-2") == {"consumed": "600"}
    assert await works.balance("MIX") == {"consumed": "1500"}
    made = await works.balance("MILK")
    assert (made.pop("packed"), made.pop("left")) == ("300", "1030")
    assert list(made.values()) == ["150"]
    assert await works.balance("MILK-RW") == {"packed": "100", "left": "45"}
    assert await works.balance("P2") == {"shipped": "1"}
    mass = (await works.get(f"lots/{works.lots['MILK']}/balance"))["mass"]
    assert (mass["quantity_in"], mass["good"]) == ("1500", "1480")
    await sheets(works, third)


async def test_a_pallet_that_another_distributor_took_is_found_where_it_is(works: Works) -> None:
    """Two pallets leave for one store; the driver hands the second one to a store of the other distributor."""
    await packed(works)
    east, (east_store,) = await works.customer_at("D1", "城东经销", "城东一店")
    west, (west_store,) = await works.customer_at("D2", "城西经销", "城西一店")
    sent = await works.send(
        "CK-1", east, ("P1", None), ("P2", None), outlet_id=east_store, departed_at=now().isoformat()
    )
    lines = {line["lot_no"]: line["id"] for line in (await works.get(f"shipments/{sent}"))["lines"]}
    stray = {"line_id": lines["P2"], "accepted": True, "outlet_id": "0198a7c0-0000-7000-8000-000000000001"}
    body = {"receiver": "王敏", "lines": [stray]}
    assert await works.refused("operator", f"shipments/{sent}/receipt", body, status=404) == "not_found"
    told = await receipt(works, sent, lines=[stray | {"outlet_id": west_store}])
    assert {line["lot_no"]: line["received_outlet_name"] for line in told["lines"]} == {"P1": None, "P2": "城西一店"}

    found = await works.trace("supplier_lot_no=TANK-9&direction=products")
    names = ("customer_id", "outlet_id", "sent_to_customer_id", "sent_to_outlet_id", "diverted")
    there = {row["lot_id"]: tuple(row[name] for name in names) for row in found["shipments"]}
    assert there == {
        works.lots["P1"]: (east, east_store, east, east_store, False),
        works.lots["P2"]: (west, west_store, east, east_store, True),
    }
    assert {each["name"]: each["quantities"] for each in found["customers"]} == {
        "城东经销": [{"unit": "pallet", "quantity": "1"}], "城西经销": [{"unit": "pallet", "quantity": "1"}],
    }  # fmt: skip
    assert {each["id"] for each in found["outlets"]} == {east_store, west_store}
    assert (found["summary"]["customers"], found["summary"]["outlets"]) == (2, 2)
    body = {"lots": [works.lots["MILK"]], "level": 2, "reason": "x", "advice": "x"}
    recall = await works.call("quality_manager", "POST", "recalls", body)
    receivers = await works.get(f"recalls/{recall['id']}/receivers")
    assert {each["id"] for each in receivers["outlets"]} == {east_store, west_store}
    assert [row["outlet_id"] for row in receivers["shipments"] if row["diverted"]] == [west_store]


async def receipt(works: Works, shipment: str, **said: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await works.call(
        "operator", "POST", f"shipments/{shipment}/receipt", {"receiver": "王敏"} | said, status=200
    )
    return answer


async def sheets(works: Works, shipment: str) -> None:
    """The receiver's paper names what lies inside the pallet; the batch record names both farms' tankers."""
    note = await works.sheet("delivery_note", shipment)
    for word in ("CK-3", "城西二店", "MILK-RW"):
        assert word in note, word
    report = await works.sheet("test_report", works.lots["MILK"])
    assert "YS-1" in report
    batch = await works.sheet("batch_record", works.lots["MIX"])
    for word in ("RM-1", "RM-2", "预处理"):
        assert word in batch, word
