"""Promise: what is said of a piece that has records of its own, or of a package, reaches the codes that people hold: a recall,
an investigation, a rejection; a component in a piece is traced to the piece's customer; and no route takes a stopped piece
along unnamed."""

from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.domains import chain
from server.domains.quality.unit_lots import lot_of_code
from tests.api.test_chain_stock import coded, hold
from tests.api.test_packed_codes import pack, pieces, serials
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor

RECALL = {"level": 1, "reason": "电芯批次材料变更", "advice": "停止使用并退回"}


async def unit(floor: Floor, text: str) -> str:
    """The lot of the piece, as its first record makes it."""
    actor = floor.plant.actor("inspector")
    async with db.transaction(actor.scope()):
        return str(await lot_of_code(actor, text))


async def statuses(api: Api, *texts: str) -> list[str]:
    return [(await api.anonymous.get(f"/api/v1/public/codes/{text}")).json()["status"] for text in texts]


async def test_a_recalled_piece_is_recalled_by_its_code_alone(floor: Floor, api: Api) -> None:
    _, _, texts = await pieces(floor, 4)
    made = await floor.post("/api/v1/recalls", RECALL | {"lots": [await unit(floor, texts[1])]})
    assert await statuses(api, *texts[:3]) == ["genuine", "recalled", "genuine"]
    body = {"outcome": "withdrawn", "reason": "误报"}
    await floor.post(f"/api/v1/recalls/{made['id']}/close", body)
    assert await statuses(api, texts[1]) == ["genuine"]


async def test_a_held_or_rejected_piece_that_was_shipped_is_under_investigation(floor: Floor, api: Api) -> None:
    lot, order, texts = await pieces(floor, 4)
    first, second = await unit(floor, texts[0]), await unit(floor, texts[1])
    await floor.ship({"lot_id": lot, "serials": serials(order, 1, 3)})
    opened = await hold(floor, first)
    actor = floor.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        await chain.mark_rejected(actor, [UUID(second)])
    assert await statuses(api, *texts[:3]) == ["under_investigation", "under_investigation", "genuine"]
    await floor.post(f"/api/v1/holds/{opened}/close", {"reason": "合格"}, 204)
    assert await statuses(api, texts[0]) == ["genuine"]


async def test_a_package_is_recalled_with_what_lies_in_it(floor: Floor, api: Api) -> None:
    _, order, texts = await pieces(floor, 6)
    loose = await floor.lot("finished", quantity="10", unit="瓶")
    case = (await pack(floor, "C1", serials=[serials(order, 2, 3)]))["id"]
    pallet = (await pack(floor, "P1", contents=[{"lot_id": case}, {"lot_id": loose, "quantity": "4"}]))["id"]
    await floor.ship({"lot_id": pallet})
    made = await floor.post("/api/v1/recalls", RECALL | {"lots": [pallet]})
    assert await statuses(api, *texts[:4]) == ["genuine", "recalled", "recalled", "genuine"]
    assert made["ranges"] == 1
    (warning,) = made["warnings"]
    assert (await floor.get(f"/api/v1/lots/{loose}"))["lot_no"] in warning
    scope = (await floor.get(f"/api/v1/recalls/{made['id']}/scope"))["items"]
    assert [(row["first"], row["last"]) for row in scope if row["order_id"]] == [(2, 3)]


async def test_a_lot_recalled_takes_its_packages_but_not_what_else_lies_in_them(floor: Floor, api: Api) -> None:
    lot, order, texts = await pieces(floor, 3)
    _, other_order, others = await pieces(floor, 3)
    await floor.ship(
        {"lot_id": (await pack(floor, "C1", serials=[serials(order, 1, 2), serials(other_order, 1, 2)]))["id"]}
    )
    await floor.post("/api/v1/recalls", RECALL | {"lots": [lot]})
    assert await statuses(api, texts[0], others[0]) == ["recalled", "genuine"]


async def test_a_held_package_that_was_shipped_is_under_investigation(floor: Floor, api: Api) -> None:
    _, order, texts = await pieces(floor, 4)
    case = (await pack(floor, "C1", serials=[serials(order, 1, 2)]))["id"]
    await floor.ship({"lot_id": case})
    opened = await hold(floor, case)
    assert await statuses(api, *texts[:3]) == ["under_investigation", "under_investigation", "genuine"]
    await floor.post(f"/api/v1/holds/{opened}/close", {"reason": "合格"}, 204)
    assert await statuses(api, texts[0]) == ["genuine"]


@pytest.mark.parametrize("way", ["serials", "case", "pallet"])
async def test_a_component_is_traced_to_the_customer_of_its_piece(floor: Floor, api: Api, way: str) -> None:
    lot, order, texts = await pieces(floor, 4)
    cell = await floor.lot("intermediate", quantity="1", unit="pcs")
    piece = await unit(floor, texts[0])
    await floor.link(cell, piece, "installed", quantity="1")
    line: dict[str, Any] = {"lot_id": lot, "serials": serials(order, 1, 3)}
    if way != "serials":
        line = {"lot_id": (await pack(floor, "C1", serials=[serials(order, 1, 3)]))["id"]}
    if way == "pallet":
        line = {"lot_id": (await pack(floor, "P1", contents=[line]))["id"]}
    shipment = (await floor.ship(line))["id"]
    trace = await floor.get(f"/api/v1/lots/{cell}/products")
    (sent,) = trace["shipments"]
    assert (sent["lot_id"], sent["shipment_id"]) == (piece, shipment)
    assert [each["name"] for each in trace["customers"]] == ["城西超市"]
    assert sent["quantity"] == ("1" if way == "serials" else None)
    whole = await floor.get(f"/api/v1/lots/{lot}/products")
    assert len(whole["shipments"]) == (1 if way == "serials" else len(whole["shipments"]))  # its line is not told twice
    recall = await floor.post("/api/v1/recalls", RECALL | {"from_lot": cell})
    assert await statuses(api, *texts[:2]) == ["recalled", "genuine"]
    receivers = await floor.get(f"/api/v1/recalls/{recall['id']}/receivers")
    assert [each["name"] for each in receivers["customers"]] == ["城西超市"]


@pytest.mark.parametrize("stop", ["hold", "reject"])
async def test_what_is_taken_unnamed_spares_the_stopped_piece(floor: Floor, stop: str) -> None:
    lot, order, texts = await pieces(floor, 10)
    piece = await unit(floor, texts[0])
    if stop == "hold":
        await hold(floor, piece)
    else:
        actor = floor.plant.actor("quality_manager")
        async with db.transaction(actor.scope()):
            await chain.mark_rejected(actor, [UUID(piece)])
    target = await floor.lot("finished", released=False, unit="瓶")
    other = await floor.lot("finished", unit="瓶")
    refused = [
        await floor.ship({"lot_id": lot, "quantity": "10"}, status=409),
        await floor.link(lot, target, quantity="10", status=409),
        await pack(floor, "C1", 409, contents=[{"lot_id": lot, "quantity": "10"}]),
        await floor.post("/api/v1/merges", {"lot_no": "M", "parts": [{"lot_id": lot}, {"lot_id": other}]}, 409),
    ]
    assert {each["code"] for each in refused} == {"pieces_stopped"}
    assert "9" in refused[0]["title"]
    await floor.ship({"lot_id": lot, "quantity": "6"})
    await floor.ship({"lot_id": lot, "serials": serials(order, 2, 4)})
    assert await floor.left(lot) == "1"
    assert (await floor.ship({"lot_id": lot, "quantity": "1"}, status=409))["code"] == "pieces_stopped"


async def test_a_part_of_a_coded_lot_names_its_serials(floor: Floor) -> None:
    lot, order, _ = await pieces(floor, 10)
    refused = await floor.post(f"/api/v1/lots/{lot}/split", {"lot_no": "PART", "quantity": "6"}, 409)
    assert (refused["code"], refused["errors"][0]["field"]) == ("serials_to_name", "serials")
    await floor.post(f"/api/v1/lots/{lot}/split", {"lot_no": "PART", "serials": [serials(order, 1, 6)]}, 201)
    half_coded = await floor.lot("finished", quantity="30", unit="瓶")
    await coded(floor, half_coded, 10)
    await floor.post(f"/api/v1/lots/{half_coded}/split", {"lot_no": "REST", "quantity": "20"}, 201)
    await floor.post(f"/api/v1/lots/{half_coded}/split", {"lot_no": "MORE", "quantity": "1"}, 409)


async def test_a_recalled_part_whose_pieces_nobody_named_says_so(floor: Floor) -> None:
    lot, _, _ = await pieces(floor, 10)
    actor = floor.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        part = await chain.split_lot(actor, UUID(lot), chain.SplitLot(lot_no="PART-N1", quantity="4"), unnamed=True)
    made = await floor.post("/api/v1/recalls", RECALL | {"lots": [str(part)], "exactly": True})
    assert any("PART-N1" in each for each in made["warnings"])


async def test_a_unit_is_one_piece(floor: Floor) -> None:
    body = {"kind": "unit", "product_id": floor.products["finished"], "lot_no": "SN", "unit": "pcs"}
    refused = await floor.post("/api/v1/lots", body | {"quantity": "5"}, 422)
    assert "unit_is_one_piece" in str(refused)
    await floor.post("/api/v1/lots", body | {"quantity": "1"}, 201)
    await floor.post("/api/v1/lots", body | {"lot_no": "WHEEL", "quantity": "7.5", "unit": "kg"}, 201)
