"""Promise: forty pallets pass one check in one call: at the gate, at the release and at the loading. The three that are not right
are named and go another way; the thirty-seven are not kept waiting, and every kilogram is accounted for."""

from typing import Any

import pytest

from server.core.clock import now
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_works

FORTY = range(40)


@pytest.fixture
async def works(api: Api) -> Works:
    works = await make_works(api)
    works.goods["奶"] = works.product
    return works


async def hand_over(works: Works, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Both signatures, the vehicle, and what is said of the lines."""
    body = {"vehicle": "浙F·12345", "seal": "A7", "temperature": "4.5", "counterpart_name": "王师傅"}
    return body | {"signature_id": await works.file(), "lines": lines} | more


async def pallets(works: Works) -> list[str]:
    """Forty of a hundred kilograms each, of one released lot of 4,000."""
    await works.add("MILK", "奶", "finished", "4000")
    await works.record(works.lots["MILK"], "0.01")
    await works.release(works.lots["MILK"])
    return [await works.pack(f"P{n}", ("MILK", "100"), unit="pallet") for n in FORTY]


async def test_loaded_in_one_check_and_three_stay_here(works: Works) -> None:
    await pallets(works)
    shipment = await works.send("CK-40", works.customer, *((f"P{n}", None) for n in FORTY))
    lines = (await works.get(f"shipments/{shipment}"))["lines"]
    wrong = {"P3": "薄膜破损", "P17": "倾斜", "P39": "标签不清"}
    refused = [
        {"line_id": line["id"], "accepted": False, "remark": wrong[line["lot_no"]]}
        for line in lines
        if line["lot_no"] in wrong
    ]
    body = await hand_over(works, refused, stage="loading", at=now().isoformat())
    await works.call("operator", "POST", f"shipments/{shipment}/handover", body)
    gone = await works.get(f"shipments/{shipment}")
    assert gone["departed_at"] is not None
    assert {line["lot_no"] for line in gone["lines"] if line["returned_at"]} == set(wrong)
    for lot_no, remark in wrong.items():
        (held,) = (await works.seen_lot(lot_no))["holds"]
        assert (held["kind"], remark in held["reason"]) == ("quarantined", True)
        assert await works.ship_code(works.lots[lot_no], "1") == "lot_on_hold"
        assert await works.balance(lot_no) == {"left": "1"}
    assert await works.balance("P4") == {"shipped": "1"}
    assert await works.balance("MILK") == {"packed": "4000"}
    found = await works.trace("lot_no=MILK&direction=products")
    assert found["summary"]["held"] == 3
    (amounts,) = found["summary"]["quantities"]
    assert (amounts["shipped"], amounts["in_transit"], amounts["in_stock"]) == ("3700", "3700", "300")
    assert (amounts["shipped_packages"], amounts["stocked_packages"]) == (37, 3)
    note = await works.sheet("delivery_note", shipment)
    assert "P4" in note
    await works.call("operator", "POST", f"shipments/{shipment}/receipt", {"receiver": "李敏"}, status=200)
    await one_is_repacked_and_follows(works)


async def one_is_repacked_and_follows(works: Works) -> None:
    """Two are looked at and go; the film of the third was torn: it is opened, and what is spoiled is scrapped."""
    for lot_no in ("P3", "P17", "P39"):
        (held,) = (await works.seen_lot(lot_no))["holds"]
        await works.lift(held["id"], "已处理")
    await works.call("operator", "POST", f"lots/{works.lots['P3']}/open", {"reason": "换膜"}, status=200)
    await works.call("operator", "POST", f"lots/{works.lots['MILK']}/scrap", {"quantity": "5", "reason": "破损"})
    await works.pack("P3-B", ("MILK", "95"), unit="pallet")
    await works.send(
        "CK-41", works.customer, *((each, None) for each in ("P17", "P39", "P3-B")), departed_at=now().isoformat()
    )
    assert await works.balance("MILK") == {"packed": "3995", "scrapped": "5"}
    assert await works.ship_code(works.lots["P3"], "1") == "package_empty"


async def test_received_at_the_gate_in_one_check_with_three_exceptions(works: Works) -> None:
    powder = await works.good("奶粉", "material")
    body = {"supplier_id": works.supplier, "purchase_order": "CG-40", "items": [{"product_id": powder}]}
    delivery = (await works.call("operator", "POST", "deliveries", body))["id"]
    lines: list[dict[str, Any]] = [
        {
            "product_id": powder,
            "supplier_lot_no": f"T{n}",
            "lot_no": f"G{n}",
            "quantity": "500",
            "core_temperature": "3.1",
        }
        for n in FORTY
    ]
    lines[5] |= {"accepted": False, "core_temperature": "12.5", "remark": "超温"}
    lines[6] |= {"refused_quantity": "100", "remark": "四袋破损"}
    lines[7] |= {"quantity": "480", "remark": "少一袋"}
    answer = await works.call("operator", "POST", f"deliveries/{delivery}/receive", await hand_over(works, lines))
    assert len(answer["lot_ids"]) == 39
    got = {each["lot_no"]: each for lot in answer["lot_ids"] if (each := await works.get(f"lots/{lot}"))}
    assert {each["state"] for each in got.values()} == {"pending"}
    assert {no: each["quantity"] for no, each in got.items() if each["quantity"] != "500"} == {"G6": "400", "G7": "480"}
    assert "G5" not in got
    (signed,) = (await works.get(f"handovers?delivery_id={delivery}"))["items"]
    said = {line["supplier_lot_no"]: line for line in signed["lines"]}
    assert len(said) == 40
    assert (said["T5"]["accepted"], said["T5"]["core_temperature"]) == (False, "12.5")


async def test_released_with_one_signature_and_the_three_that_may_not_are_named(works: Works) -> None:
    lots = [await works.add(f"L{n}", "奶", "finished", "10") for n in FORTY]
    await works.hold("外观待复核", lots[3])
    await works.record(lots[17], "0.07")
    await works.open(lots[39])
    refused: dict[str, Any] = await works.call(
        "releaser", "POST", "releases", {"lot_ids": lots, "password": PASSWORD}, status=409
    )
    assert {each["field"] for each in refused["errors"]} == {"lot_ids.3", "lot_ids.17", "lot_ids.39"}
    assert {await works.state(f"L{n}") for n in FORTY} == {"pending"}  # all or none
    await works.release(*(lot for n, lot in enumerate(lots) if n not in (3, 17, 39)))
    states = [await works.state(f"L{n}") for n in FORTY]
    assert (states.count("released"), [n for n in FORTY if states[n] != "released"]) == (37, [3, 17, 39])
    waiting = await works.get("releases/waiting")
    assert {each["lot_no"] for each in waiting["items"]} == {"L3", "L17", "L39"}
