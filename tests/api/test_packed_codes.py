"""Promise: pieces are packed by their codes, each into one package; a package takes its codes along to the customer, at
any depth, and gives them back where it is opened; a piece that is stopped stops its package; a quantity beside serials agrees."""

from typing import Any
from uuid import UUID

from server.core import db
from server.domains import chain
from server.domains.quality.unit_lots import lot_of_code
from tests.api.test_chain_stock import coded, hold
from tests.fixtures.api import PASSWORD
from tests.fixtures.floor import Floor


async def pieces(floor: Floor, count: int = 20, **fields: Any) -> tuple[str, str, list[str]]:
    """A lot of so many bottles with as many active codes: lot, order, texts by serial."""
    lot = await floor.lot("finished", quantity=str(count), unit="瓶", **fields)
    order = await coded(floor, lot, count)
    return lot, order, [f"{UUID(order).hex[-12:]}{n}" for n in range(1, count + 1)]


async def pack(floor: Floor, lot_no: str, status: int | None = 201, **fields: Any) -> dict[str, Any]:
    return await floor.post("/api/v1/packages", {"lot_no": lot_no} | fields, status)


async def code(floor: Floor, text: str) -> dict[str, Any]:
    return await floor.get(f"/api/v1/codes/{text}")


def serials(order: str, first: int, last: int) -> dict[str, Any]:
    return {"order_id": order, "first": first, "last": last}


async def test_codes_by_list_and_by_range_go_into_a_package_and_draw_their_pieces(floor: Floor) -> None:
    lot, order, texts = await pieces(floor)
    other, _, others = await pieces(floor)
    wanted = [f"https://q.example/t/{texts[0]}", texts[1], others[4]]
    case = (await pack(floor, "C1", codes=wanted, serials=[serials(order, 2, 6)]))["id"]  # serial 2 twice: one piece
    assert (await floor.left(lot), await floor.left(other)) == ("14", "19")
    seen = await code(floor, texts[0])
    assert (seen["package_id"], seen["state"], seen["shipment"]) == (case, "active", None)
    assert [each["lot_no"] for each in seen["packages"]] == ["C1"]
    assert [(row["change"], row["first"], row["last"]) for row in seen["history"]] == [("packed", 1, 6)]
    assert (await code(floor, texts[6]))["package_id"] is None
    label = await floor.get(f"/api/v1/lots/{case}/shipping-label")
    assert sorted((row["lot_id"], row["quantity"]) for row in label["contents"]) == sorted([(lot, "6"), (other, "1")])


async def test_a_code_lies_in_one_package_and_leaves_only_with_it(floor: Floor) -> None:
    lot, order, texts = await pieces(floor)
    case = (await pack(floor, "C1", serials=[serials(order, 1, 5)]))["id"]
    again = await pack(floor, "C2", 409, codes=[texts[9], texts[4]])
    assert (again["code"], again["errors"][0]["field"]) == ("serials_packed", "codes.1")
    assert "C1" in again["title"]
    loose = await floor.ship({"lot_id": lot, "serials": serials(order, 5, 8)}, status=409)
    assert (loose["code"], loose["errors"][0]["field"]) == ("serials_packed", "lines.0.serials")
    split = {"lot_no": "PART", "serials": [serials(order, 5, 8)]}
    assert (await floor.post(f"/api/v1/lots/{lot}/split", split, 409))["code"] == "serials_packed"
    assert (await code(floor, texts[9]))["package_id"] is None  # what was refused packed nothing
    await floor.post(f"/api/v1/lots/{case}/open", {"reason": "改装"}, 200)
    assert await floor.left(lot) == "20"
    assert (await code(floor, texts[4]))["package_id"] is None
    await pack(floor, "C2", codes=[texts[9], texts[4]])


async def test_a_pallet_takes_every_code_inside_to_its_customer(floor: Floor) -> None:
    _, order, texts = await pieces(floor)
    async with db.transaction(floor.plant.actor("viewer").scope()):
        await db.execute("UPDATE code SET state = 5 WHERE text = $1", texts[2])
        await db.execute("UPDATE code SET state = 1 WHERE text = $1", texts[3])
    refused = await pack(floor, "C0", 409, codes=[texts[2]])
    assert refused["code"] == "pack_code_not_free"
    cases = [
        (await pack(floor, f"C{n}", serials=[serials(order, *part)]))["id"] for n, part in ((1, (1, 2)), (2, (4, 6)))
    ]
    pallet = (await pack(floor, "P1", unit="pallet", contents=[{"lot_id": case} for case in cases]))["id"]
    shipment = (await floor.ship({"lot_id": pallet}, delivery_note="DN-7"))["id"]
    seen = await code(floor, texts[4])
    assert (seen["state"], seen["shipment_id"]) == ("shipped", shipment)
    assert (seen["shipment"]["customer_name"], seen["shipment"]["delivery_note"]) == ("城西超市", "DN-7")
    assert [each["lot_no"] for each in seen["packages"]] == ["C2", "P1"]
    assert [(await code(floor, texts[n]))["state"] for n in (0, 3, 6)] == ["shipped", "issued", "active"]
    assert (await code(floor, texts[3]))["shipment_id"] == shipment  # not yet active, and gone all the same
    trace = await floor.get("/api/v1/trace", code=texts[4])
    assert trace["code"]["shipment"]["customer_name"] == "城西超市"
    assert [each["lot_no"] for each in trace["code"]["packages"]] == ["C2", "P1"]
    assert (await floor.get("/api/v1/trace", lot_no=trace["start"][0]["lot_no"]))["code"] is None


async def test_a_cancelled_package_is_in_stock_with_its_codes(floor: Floor) -> None:
    _, order, texts = await pieces(floor)
    case = (await pack(floor, "C1", serials=[serials(order, 1, 5)]))["id"]
    shipment = (await floor.ship({"lot_id": case}))["id"]
    line = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"][0]["id"]
    await floor.post(f"/api/v1/shipments/{shipment}/lines/{line}/cancel", {"reason": "减量"}, 200)
    seen = await code(floor, texts[0])
    assert (seen["state"], seen["shipment_id"], seen["package_id"]) == ("active", None, case)
    await floor.ship({"lot_id": case})


async def test_a_piece_that_is_stopped_stops_its_package_and_its_serials(floor: Floor) -> None:
    lot, order, texts = await pieces(floor)
    actor = floor.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        unit = await db.fetchval(
            "INSERT INTO lot (tenant_id, kind, product_id, lot_no, state, code_text) SELECT tenant_id, 'unit', product_id, $2, state, $2"
            " FROM lot WHERE id = $1 RETURNING id",
            UUID(lot), texts[2],
        )  # fmt: skip
    case = (await pack(floor, "C1", serials=[serials(order, 1, 5)]))["id"]
    pallet = (await pack(floor, "P1", contents=[{"lot_id": case}]))["id"]
    held = await hold(floor, str(unit))
    refused = await floor.ship({"lot_id": pallet}, status=409)
    assert refused["code"] == "content_on_hold"
    assert texts[2] in refused["title"]
    await floor.post(f"/api/v1/lots/{pallet}/open", {"reason": "x"}, 200)
    await floor.post(f"/api/v1/lots/{case}/open", {"reason": "x"}, 200)
    assert (await floor.ship({"lot_id": lot, "serials": serials(order, 1, 5)}, status=409))["code"] == "lot_on_hold"
    shipment = (await floor.ship({"lot_id": lot, "serials": serials(order, 4, 5)}))["id"]
    await floor.post(f"/api/v1/holds/{held}/close", {"reason": "合格"}, 204)
    await floor.ship({"lot_id": lot, "serials": serials(order, 1, 3)})
    await floor.post(f"/api/v1/shipments/{shipment}/depart", {}, 200)


async def test_a_stopped_piece_stops_the_package_it_lies_in_now(floor: Floor) -> None:
    """Not the one that it lay in before: it was opened, and packed anew."""
    _, order, texts = await pieces(floor)
    first = (await pack(floor, "C1", serials=[serials(order, 1, 5)]))["id"]
    await floor.post(f"/api/v1/lots/{first}/open", {"reason": "改装"}, 200)
    second = (await pack(floor, "C2", serials=[serials(order, 2, 3)]))["id"]
    third = (await pack(floor, "C3", serials=[serials(order, 4, 5)]))["id"]
    actor = floor.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        unit = await lot_of_code(actor, texts[1])
    await hold(floor, str(unit))
    stopped = await floor.ship({"lot_id": second, "quantity": "1"}, status=409)
    assert stopped["code"] == "content_on_hold"
    await floor.ship({"lot_id": third, "quantity": "1"})
    assert (await floor.ship({"lot_id": first, "quantity": "1"}, status=409))["code"] == "package_empty"


async def test_the_pieces_of_a_package_are_found_by_an_index(floor: Floor) -> None:
    await pieces(floor, 3000)
    async with db.transaction(floor.plant.actor("viewer").scope()):
        await db.execute("SET LOCAL enable_seqscan = off")
        sql = "EXPLAIN SELECT text FROM code WHERE tenant_id = $1 AND package_id = ANY($2::uuid[])"
        plan = await db.fetch(sql, floor.plant.tenant_id, [floor.plant.tenant_id])
    assert any("code_package" in row[0] for row in plan), plan


async def test_a_quantity_beside_serials_is_their_number(floor: Floor) -> None:
    lot, order, _ = await pieces(floor)
    wrong = await floor.ship({"lot_id": lot, "serials": serials(order, 1, 5), "quantity": "6"}, status=422)
    assert (wrong["code"], wrong["errors"][0]["field"]) == ("serials_differ_from_quantity", "lines.0.quantity")
    assert "5" in wrong["title"]
    split = {"lot_no": "PART", "serials": [serials(order, 1, 5)], "quantity": "4"}
    refused = await floor.post(f"/api/v1/lots/{lot}/split", split, 422)
    assert (refused["code"], refused["errors"][0]["field"]) == ("serials_differ_from_quantity", "quantity")
    part = {"lot_id": lot, "quantity": "3"}
    assert (await pack(floor, "C1", 422, contents=[part], serials=[serials(order, 1, 5)]))[
        "code"
    ] == "serials_differ_from_quantity"
    await floor.ship({"lot_id": lot, "serials": serials(order, 1, 5), "quantity": "5"})


async def test_pieces_of_a_lot_measured_by_weight_need_its_weight(floor: Floor) -> None:
    lot = await floor.lot("finished", quantity="100")
    order = await coded(floor, lot, 8)
    assert (await floor.ship({"lot_id": lot, "serials": serials(order, 1, 4)}, status=422))[
        "code"
    ] == "quantity_required"
    await floor.ship({"lot_id": lot, "serials": serials(order, 1, 4), "quantity": "2500", "unit": "g"})
    part = {"lot_id": lot, "quantity": "2.5"}
    await pack(floor, "C1", contents=[part], serials=[serials(order, 5, 8)])
    assert await floor.left(lot) == "95.0"


async def test_what_is_not_ours_is_named(floor: Floor) -> None:
    _, _, texts = await pieces(floor)
    unknown = await pack(floor, "C1", 422, codes=[texts[0], "NOT-A-CODE"])
    assert (unknown["code"], unknown["errors"][0]["field"]) == ("pack_code_unknown", "codes.1")
    assert (await pack(floor, "C1", 422))["errors"][0]["code"] == "nothing_to_pack"


async def test_a_pallet_of_thousands_is_packed_shipped_and_opened_set_wise(floor: Floor) -> None:
    lot, _, texts = await pieces(floor, 10_000)
    actor = floor.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        every = chain.PackLots(lot_no="P", codes=texts, unit="pallet")
        pallet = await chain.pack_lots(actor, every)
        assert await db.fetchval("SELECT count(*) FROM code WHERE package_id = $1", pallet) == 10_000
        assert await db.fetchval("SELECT count(*) FROM code_history WHERE change = 'packed'") == 1
        assert await chain.open_package(actor, pallet, chain.EndLink(reason="x")) == 1
        assert await db.fetchval("SELECT count(*) FROM code WHERE package_id IS NOT NULL") == 0
    assert await floor.left(lot) == "10000"


async def test_what_did_not_come_back_out_of_a_case_leaves_no_more_by_its_code(floor: Floor) -> None:
    lot, order, _ = await pieces(floor, 6)
    case = (await pack(floor, "C1", serials=[serials(order, 1, 3)]))["id"]
    await floor.post(f"/api/v1/lots/{case}/open", {"reason": "摔碎", "returns_to_stock": False}, 200)
    assert await floor.left(lot) == "3"
    refused = await floor.ship({"lot_id": lot, "serials": serials(order, 3, 4)}, status=409)
    assert refused["code"] == "serials_packed"
    await floor.ship({"lot_id": lot, "serials": serials(order, 4, 6)})


async def test_the_codes_of_a_case_that_failed_go_with_what_comes_out_of_it(floor: Floor) -> None:
    lot, order, texts = await pieces(floor)
    case = (await pack(floor, "C1", serials=[serials(order, 2, 3), serials(order, 6, 6)]))["id"]
    async with db.transaction(floor.plant.actor("viewer").scope()):
        await db.execute("UPDATE code SET state = 5 WHERE text = $1", texts[2])
    failed = {"lot_id": case, "defect": "破损", "defect_class": "B", "stage": "production"}
    opened = await floor.post("/api/v1/nonconformities", failed)
    sort = {"kind": "sort", "reason": "拆箱检查"}
    found = await floor.post(f"/api/v1/nonconformities/{opened['id']}/dispositions", sort)
    signed = await floor.plant.client("inspector").post(
        f"/api/v1/dispositions/{found['id']}/signatures", json={"password": PASSWORD}
    )
    assert signed.status_code == 403, signed.text  # has no part in this review
    releaser = floor.plant.client("releaser")
    signed = await releaser.post(f"/api/v1/dispositions/{found['id']}/signatures", json={"password": PASSWORD})
    assert signed.is_success, signed.text
    await floor.post(f"/api/v1/dispositions/{found['id']}/carry-out", {})
    (part,) = [
        each
        for each in (await floor.get("/api/v1/nonconformities", lot_id=case))["items"]
        if each["from_lot_id"] == case
    ]
    assert (part["quantity"], await floor.left(lot)) == ("3", "17")
    for number, where in ((0, lot), (1, part["lot_id"]), (2, part["lot_id"]), (5, part["lot_id"]), (6, lot)):
        seen = await code(floor, texts[number])
        assert (seen["lot_id"], seen["package_id"]) == (where, None)
    assert (await floor.ship({"lot_id": part["lot_id"], "serials": serials(order, 2, 2)}, status=409))["code"] == "lot_on_hold"  # fmt: skip
