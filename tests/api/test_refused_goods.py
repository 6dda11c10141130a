"""Promise: what a customer refuses is the plant's stock again, stopped until somebody decides, and no longer counted with the
customer; its codes are `returned` until they are shipped again; the books of every lot still balance."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.api.test_deliveries import handing, upload
from tests.api.test_packed_codes import code, pack, pieces, serials
from tests.fixtures.floor import Floor


async def shipped(floor: Floor, *lines: dict[str, Any]) -> tuple[str, list[str]]:
    shipment = (await floor.ship(*lines))["id"]
    return shipment, [line["id"] for line in (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]]


async def receipt(
    floor: Floor, shipment: str, *lines: dict[str, Any], status: int = 200, **fields: Any
) -> dict[str, Any]:
    body = {"receiver": "王敏", "lines": list(lines)} | fields
    return await floor.post(f"/api/v1/shipments/{shipment}/receipt", body, status)


async def balances(floor: Floor, lot: str) -> dict[str, Any]:
    found = await floor.get(f"/api/v1/lots/{lot}/balance")
    parts = ("consumed", "split_off", "packed", "installed", "shipped", "scrapped", "left", "unexplained")
    assert Decimal(found["quantity"]) == sum(Decimal(found[part]) for part in parts)
    return found


async def test_a_refused_part_comes_back_as_a_sub_lot_on_hold(floor: Floor) -> None:
    lot = await floor.lot("finished", lot_no="F1")
    shipment, (line,) = await shipped(floor, {"lot_id": lot, "quantity": "30"})
    answer = await receipt(
        floor,
        shipment,
        {"line_id": line, "accepted": False, "refused_quantity": "5000", "remark": "外箱破损"},
        status=422,
    )
    assert (answer["code"], answer["errors"][0]["field"]) == ("refused_too_much", "lines.0.refused_quantity")
    said = await receipt(
        floor, shipment, {"line_id": line, "accepted": True, "refused_quantity": "5", "remark": "外箱破损"}
    )
    back = said["lines"][0]["returned_lot_id"]
    assert (said["lines"][0]["refused_quantity"], said["lines"][0]["returned_at"]) == ("5", None)
    part = await floor.get(f"/api/v1/lots/{back}")
    assert (part["lot_no"], part["quantity"], part["left"]) == ("F1-R1", "5", "5")
    (held,) = part["holds"]
    assert (held["kind"], held["cause"]) == ("quarantined", "refused")
    assert "外箱破损" in held["reason"]
    assert (await floor.ship({"lot_id": back, "quantity": "1"}, status=409))["code"] == "lot_on_hold"
    found = await balances(floor, lot)
    assert (found["shipped"], found["split_off"], found["left"]) == ("25", "5", "70")
    await floor.post(f"/api/v1/holds/{held['id']}/close", {"reason": "复检合格"}, 204)
    await floor.ship({"lot_id": back, "quantity": "5"})


async def test_the_ends_of_a_trace_count_what_stayed_with_the_customer(floor: Floor) -> None:
    lot = await floor.lot("finished", lot_no="F2")
    shipment, (line,) = await shipped(floor, {"lot_id": lot, "quantity": "30"})
    await receipt(floor, shipment, {"line_id": line, "accepted": True, "refused_quantity": "5"})
    whole, _ = await shipped(floor, {"lot_id": lot, "quantity": "10"})
    await receipt(floor, whole, accepted=False, remark="温度超标")
    found = await floor.get("/api/v1/trace", lot_no="F2")
    by_shipment = {customer["id"]: customer["quantities"] for customer in found["customers"]}
    assert sorted(by_shipment.values()) == [[], [{"unit": "kg", "quantity": "25"}]]
    (amounts,) = found["summary"]["quantities"]
    assert (amounts["delivered"], amounts["returned"], amounts["shipped"]) == ("25", "15", "25")
    assert found["summary"]["customers"] == 1
    assert [node["lot_no"] for node in found["nodes"] if node["holds"]] == ["F2-R1", "F2-R2"]
    await balances(floor, lot)


async def test_refused_serials_are_returned_and_may_leave_again(floor: Floor) -> None:
    lot, order, texts = await pieces(floor)
    shipment, (line,) = await shipped(floor, {"lot_id": lot, "serials": serials(order, 1, 10)})
    unsaid = await receipt(floor, shipment, {"line_id": line, "accepted": True, "refused_quantity": "3"}, status=422)
    assert (unsaid["code"], unsaid["errors"][0]["field"]) == ("refused_serials_needed", "lines.0.refused_serials")
    word: dict[str, Any] = {"line_id": line, "accepted": True, "refused_serials": [{"first": 4, "last": 6}]}
    outside = word | {"refused_serials": [{"first": 10, "last": 11}]}
    assert (await receipt(floor, shipment, outside, status=422))["code"] == "refused_serials_unknown"
    both = await receipt(floor, shipment, word | {"accepted": False}, status=422)
    assert (both["code"], both["errors"][0]["field"]) == ("refused_in_part", "lines.0.accepted")
    differs = await receipt(floor, shipment, word | {"refused_quantity": "2"}, status=422)
    assert differs["code"] == "serials_differ_from_quantity"
    said = await receipt(floor, shipment, word)
    back = said["lines"][0]["returned_lot_id"]
    assert said["lines"][0]["refused_serials"] == [{"first": 4, "last": 6}]
    seen = await code(floor, texts[4])
    assert (seen["state"], seen["shipment_id"], seen["lot_id"]) == ("returned", None, back)
    assert (await code(floor, texts[6]))["state"] == "shipped"
    (held,) = (await floor.get(f"/api/v1/lots/{back}"))["holds"]
    await floor.post(f"/api/v1/holds/{held['id']}/close", {"reason": "复检合格"}, 204)
    taken = await floor.ship({"lot_id": lot, "serials": serials(order, 7, 8)}, status=409)
    assert taken["code"] == "serial_shipped_already"
    again = (await floor.ship({"lot_id": back, "serials": serials(order, 4, 6)}))["id"]
    seen = await code(floor, texts[4])
    assert (seen["state"], seen["shipment_id"]) == ("shipped", again)


async def test_a_refused_pallet_comes_back_as_it_is(floor: Floor) -> None:
    lot, order, texts = await pieces(floor)
    case = (await pack(floor, "C1", serials=[serials(order, 1, 5)]))["id"]
    pallet = (await pack(floor, "P1", unit="pallet", contents=[{"lot_id": case}]))["id"]
    shipment, (line,) = await shipped(floor, {"lot_id": pallet})
    part = await receipt(floor, shipment, {"line_id": line, "accepted": True, "refused_quantity": "0.5"}, status=422)
    assert part["code"] == "package_is_one_piece"
    said = await receipt(floor, shipment, {"line_id": line, "accepted": False, "remark": "倒塌"})
    assert said["lines"][0]["returned_lot_id"] == pallet
    assert said["lines"][0]["returned_at"] is not None
    seen = await code(floor, texts[0])
    assert (seen["state"], seen["shipment_id"], [each["lot_no"] for each in seen["packages"]]) == (
        "returned",
        None,
        ["C1", "P1"],
    )
    assert (await floor.ship({"lot_id": pallet}, status=409))["code"] == "lot_on_hold"
    opening = (f"/api/v1/lots/{pallet}/open", {"reason": "检查"})
    assert (await floor.post(*opening, 409))["code"] == "lot_on_hold"  # what is in it is refused with it
    (hold,) = (await floor.get(f"/api/v1/lots/{pallet}"))["holds"]
    await floor.post(f"/api/v1/holds/{hold['id']}/close", {"reason": "已检查，完好"}, 204)
    await floor.post(*opening, 200)  # it stands here again
    assert await floor.left(lot) == "15"


async def test_a_refusal_names_lines_of_its_shipment(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment, (line,) = await shipped(floor, {"lot_id": lot, "quantity": "30"})
    stranger = str(UUID(int=7))
    assert (await receipt(floor, shipment, {"line_id": stranger, "accepted": False}, status=422))[
        "code"
    ] == "lines_unknown"
    nothing = await receipt(floor, shipment, {"line_id": line, "accepted": False, "refused_quantity": "0"}, status=422)
    assert nothing["errors"][0]["code"] == "refused_nothing"
    await receipt(floor, shipment, {"line_id": line, "accepted": True})
    assert (await floor.get(f"/api/v1/lots/{lot}/balance"))["shipped"] == "30"


async def test_a_line_refused_whole_and_in_part_is_asked_about(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment, (line,) = await shipped(floor, {"lot_id": lot, "quantity": "30"})
    word = {"line_id": line, "accepted": False, "refused_quantity": "5"}
    for path, more in (
        ("receipt", {"receiver": "王敏"}),
        ("handover", handing(await upload(floor), stage="delivery", counterpart_name="门店收货员")),
    ):
        both = await floor.post(f"/api/v1/shipments/{shipment}/{path}", more | {"lines": [word]}, 422)
        assert (both["code"], both["errors"][0]["field"]) == ("refused_in_part", "lines.0.accepted"), path
    left = await floor.get(f"/api/v1/shipments/{shipment}")
    assert (left["received_at"], left["lines"][0]["refused_quantity"]) == (None, "0")
    assert (await balances(floor, lot))["shipped"] == "30"
    said = await receipt(floor, shipment, word | {"refused_quantity": "30"})  # all of it, said twice
    assert said["lines"][0]["returned_at"]


async def test_goods_of_unknown_quantity_come_back_unknown(floor: Floor) -> None:
    lot = await floor.lot("finished", quantity=None)
    shipment, (line,) = await shipped(floor, {"lot_id": lot})
    said = await receipt(floor, shipment, {"line_id": line, "accepted": False})
    part = await floor.get(f"/api/v1/lots/{said['lines'][0]['returned_lot_id']}")
    assert (part["quantity"], len(part["holds"])) == (None, 1)
