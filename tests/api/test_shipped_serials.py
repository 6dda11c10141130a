"""Promise: a piece that left is no stock: neither split off nor sent to another, by whatever route its serial is named;
nor is one whose code was voided or lost. What came back is stock again. Of a shipment and a split at once, one counts."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.ids import new_id
from tests.api.test_packed_codes import pieces, serials
from tests.api.test_refused_goods import receipt, shipped
from tests.fixtures.floor import Floor


async def split(floor: Floor, lot: str, order: str, first: int, last: int, status: int = 201) -> dict[str, Any]:
    body = {"lot_no": new_id().hex, "serials": [serials(order, first, last)]}
    return await floor.post(f"/api/v1/lots/{lot}/split", body, status)


async def change(floor: Floor, order: str, word: str, first: int, last: int) -> None:
    body = {"first": first, "last": last, "reason": "标签破损"}
    await floor.post(f"/api/v1/code-orders/{order}/{word}", body, 200)


def told(problem: dict[str, Any]) -> tuple[str, str]:
    return problem["code"], problem["errors"][0]["field"]


async def test_shipped_pieces_are_not_split_off_and_their_trace_keeps_its_customer(floor: Floor) -> None:
    lot, order, texts = await pieces(floor, 10)
    shipment, _ = await shipped(floor, {"lot_id": lot, "serials": serials(order, 1, 5)})
    refused = await split(floor, lot, order, 1, 5, 409)
    assert told(refused) == ("serial_shipped_already", "serials")
    assert await floor.left(lot) == "5"
    over = await split(floor, lot, order, 4, 7, 409)
    number = (await floor.get(f"/api/v1/shipments/{shipment}"))["shipment_no"]
    assert over["title"].startswith("序号 4 ")
    assert number in over["title"]
    found = await floor.get("/api/v1/trace", code=texts[0])
    assert [customer["shipments"] for customer in found["customers"]] != []
    part = (await split(floor, lot, order, 6, 8))["id"]
    assert (await floor.left(part), await floor.left(lot)) == ("3", "2")
    elsewhere = await floor.ship({"lot_id": lot, "serials": serials(order, 5, 5)}, status=409)
    assert told(elsewhere) == ("serial_shipped_already", "lines.0.serials")


async def test_a_planned_shipment_holds_its_pieces_until_its_line_is_taken_off(floor: Floor) -> None:
    lot, order, _ = await pieces(floor, 10)
    shipment = (await floor.ship({"lot_id": lot, "serials": serials(order, 1, 5)}))["id"]
    assert (await split(floor, lot, order, 5, 6, 409))["code"] == "serial_shipped_already"
    (line,) = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"]
    await floor.post(f"/api/v1/shipments/{shipment}/lines/{line['id']}/cancel", {"reason": "改期"}, 200)
    await split(floor, lot, order, 5, 6)


@pytest.mark.parametrize("word", ["void", "lose"])
async def test_a_code_out_of_use_neither_leaves_nor_moves(floor: Floor, word: str) -> None:
    lot, order, _ = await pieces(floor, 10)
    await change(floor, order, word, 3, 3)
    assert told(await split(floor, lot, order, 1, 5, 409)) == ("serial_out_of_use", "serials")
    sent = await floor.ship({"lot_id": lot, "serials": serials(order, 1, 5)}, status=409)
    assert told(sent) == ("serial_out_of_use", "lines.0.serials")
    assert "3" in sent["title"]
    shipment = (await floor.ship({"lot_id": lot, "serials": serials(order, 4, 6)}))["id"]
    await change(floor, order, word, 6, 6)
    assert (await floor.post(f"/api/v1/shipments/{shipment}/depart", {}, 409))["code"] == "serial_out_of_use"


async def test_what_came_back_is_stock_again_though_its_code_said_returned_before(floor: Floor) -> None:
    lot, order, texts = await pieces(floor, 10)
    shipment, (line,) = await shipped(floor, {"lot_id": lot, "serials": serials(order, 1, 5)})
    await change(floor, order, "return", 2, 2)
    assert (await split(floor, lot, order, 2, 2, 409))["code"] == "serial_shipped_already"
    said = await receipt(
        floor, shipment, {"line_id": line, "accepted": True, "refused_serials": [{"first": 2, "last": 3}]}
    )
    back = said["lines"][0]["returned_lot_id"]
    await split(floor, back, order, 2, 2)
    assert (await split(floor, lot, order, 4, 4, 409))["code"] == "serial_shipped_already"
    async with db.transaction(floor.plant.actor("viewer").scope()):
        assert await db.fetchval("SELECT shipment_id FROM code WHERE text = $1", texts[1]) is None


async def test_of_a_shipment_and_a_split_at_once_one_counts(floor: Floor) -> None:
    customer = await floor.customer()
    for _ in range(6):
        lot, order, _ = await pieces(floor, 10)
        line = {"lot_id": lot, "serials": serials(order, 1, 5)}
        shipment = {"shipment_no": new_id().hex, "customer_id": customer, "lines": [line]}
        part = {"lot_no": new_id().hex, "serials": [serials(order, 5, 9)]}
        sent, parted = await asyncio.gather(
            floor.manager.post("/api/v1/shipments", json=shipment),
            floor.manager.post(f"/api/v1/lots/{lot}/split", json=part),
        )
        assert (sent.status_code, parted.status_code) in ((201, 409), (422, 201)), (sent.text, parted.text)
        async with db.transaction(floor.plant.actor("viewer").scope()):
            gone = await db.fetch(
                "SELECT lot_id FROM code WHERE order_id = $1 AND shipment_id IS NOT NULL", UUID(order)
            )
        assert [str(row["lot_id"]) for row in gone] == ([lot] * 5 if sent.status_code == 201 else [])
