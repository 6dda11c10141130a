"""Promise: publishing looks at the order of events of all that is told of: intermediates as well as materials, the whole a
part was split off from, what left inside a case, single pieces."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.test_packed_codes import pieces
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor


def days(count: float) -> str:
    return (datetime.now(UTC) + timedelta(days=count)).isoformat()


async def chain_of(floor: Floor, used_at: str | None = None, **base: Any) -> tuple[str, str, str]:
    """A material in a base in a finished lot, each released before it is used."""
    milk, base_lot = await floor.lot(), await floor.lot("intermediate", released=False, **base)
    await floor.link(milk, base_lot, quantity="10")
    await floor.release(base_lot)
    finished = await floor.lot("finished", released=False)
    await floor.link(base_lot, finished, quantity="10", **({"at": used_at} if used_at else {}))
    await floor.release(finished)
    return milk, base_lot, finished


async def ended_tomorrow(floor: Floor, lot: str) -> None:
    """Put right so that the production of a released lot ended after its release."""
    answer = await floor.manager.patch(f"/api/v1/lots/{lot}", json={"production_ended_at": days(1), "reason": "补正"})
    assert answer.status_code == 200, answer.text


async def refused(floor: Floor, path: str) -> list[str]:
    answer = await floor.post(f"/api/v1/{path}/publish", {}, 409)
    assert answer["code"] == "publish_chronology"
    return [each["text"] for each in answer["errors"]]


async def test_an_order_that_holds_is_published(floor: Floor) -> None:
    _, _, finished = await chain_of(floor)
    await floor.post(f"/api/v1/lots/{finished}/publish", {}, 201)


async def test_a_base_used_before_its_own_release(floor: Floor) -> None:
    _, base, finished = await chain_of(floor, used_at=days(-10))
    assert (await floor.get(f"/api/v1/lots/{base}"))["lot_no"] in (await refused(floor, f"lots/{finished}"))[0]


async def test_a_base_whose_production_ended_after_it_was_used(floor: Floor) -> None:
    _, base, finished = await chain_of(floor)
    await ended_tomorrow(floor, base)
    await refused(floor, f"lots/{finished}")


async def test_a_case_that_left_before_the_release_of_what_is_in_it(floor: Floor) -> None:
    _, _, finished = await chain_of(floor)
    case = (await floor.post("/api/v1/packages", {"lot_no": "C", "contents": [{"lot_id": finished, "quantity": "5"}]}))[
        "id"
    ]
    shipment = (await floor.ship({"lot_id": case}, departed_at=days(-5)))["id"]
    await refused(floor, f"lots/{finished}")
    await refused(floor, f"shipments/{shipment}")


async def test_a_part_answers_for_the_whole(floor: Floor) -> None:
    _, _, finished = await chain_of(floor)
    part = (await floor.post(f"/api/v1/lots/{finished}/split", {"lot_no": "PART", "quantity": "5"}))["id"]
    await floor.post(f"/api/v1/lots/{part}/publish", {}, 201)
    await ended_tomorrow(floor, finished)
    await refused(floor, f"lots/{part}")


async def test_a_piece_made_after_its_release(floor: Floor) -> None:
    body = {
        "kind": "unit",
        "product_id": floor.products["finished"],
        "lot_no": "SN-1",
        "quantity": "1",
        "produced_at": days(20),
    }
    piece = (await floor.post("/api/v1/lots", body))["id"]
    await floor.release(piece)
    await refused(floor, f"lots/{piece}")


async def test_a_line_taken_off_before_departure_never_left(floor: Floor) -> None:
    """Neither in the order of events, nor as an end of the trace, nor as a receiver of a recall."""
    _, _, finished = await chain_of(floor)
    other = await floor.lot("finished")
    lines = [{"lot_id": finished, "quantity": "4"}, {"lot_id": other, "quantity": "1"}]
    shipment = (await floor.ship(*lines))["id"]
    loaded = await floor.get(f"/api/v1/lots/{finished}/products")
    (sums,) = loaded["summary"]["quantities"]
    assert (sums["shipped"], sums["in_transit"], float(sums["in_stock"])) == ("0", "0", 100.0)
    line = next(
        each for each in (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"] if each["lot_id"] == finished
    )
    await floor.post(f"/api/v1/shipments/{shipment}/lines/{line['id']}/cancel", {"reason": "减量"}, 200)
    await floor.post(f"/api/v1/shipments/{shipment}/depart", {"departed_at": days(-3)}, 200)
    await floor.post(f"/api/v1/lots/{finished}/publish", {}, 201)
    trace = await floor.get(f"/api/v1/lots/{finished}/products")
    (sums,) = trace["summary"]["quantities"]
    assert (trace["customers"], trace["shipments"], sums["returned"], sums["shipped"]) == ([], [], "0", "0")
    recall = await floor.post("/api/v1/recalls", {"level": 2, "reason": "x", "advice": "y", "lots": [finished]})
    assert (await floor.get(f"/api/v1/recalls/{recall['id']}/receivers"))["customers"] == []


async def test_a_lot_is_found_by_the_last_day_it_is_good(floor: Floor) -> None:
    """The day that the pack says, though goods end with the end of it."""
    lot = await floor.lot(expires_at="2099-03-01", lot_no="EXP-1")
    for first, last, found in (
        ("2099-03-01", "2099-03-01", True),
        ("2099-03-02", "2099-03-02", False),
        ("2099-02-28", "2099-02-28", False),
    ):
        answer = await floor.get("/api/v1/search/lots", expires_from=first, expires_to=last)
        assert (lot in [each["id"] for each in answer["items"]]) is found, first


async def test_an_expiry_corrected_to_the_past_is_told_whatever_the_order_says(floor: Floor, api: Api) -> None:
    """It was released after that day, which is out of order: the page says that it has expired all the same."""
    lot, _, texts = await pieces(floor, 1, produced_at="2026-01-01", expires_at="2099-03-01")
    await floor.post(f"/api/v1/lots/{lot}/publish", {}, 201)
    address = f"/api/v1/public/codes/{texts[0]}"
    assert (await api.anonymous.get(address)).json()["status"] == "genuine"
    body = {"expires_at": "2026-03-01", "reason": "日期录错"}
    answer = await floor.manager.patch(f"/api/v1/lots/{lot}", json=body)
    assert answer.is_success, answer.text
    assert (await api.anonymous.get(address)).json()["status"] == "expired"


async def test_production_ends_after_it_began_and_goods_come_after_they_were_made(floor: Floor) -> None:
    made = await floor.lot("finished", produced_at="2026-05-03", production_ended_at="2026-05-02T08:00:00+08:00")
    await refused(floor, f"lots/{made}")
    material = await floor.lot(produced_at="2026-05-03", received_at="2026-05-02")
    finished = await floor.lot("finished", released=False)
    await floor.link(material, finished, quantity="1")
    await floor.release(finished)
    await refused(floor, f"lots/{finished}")
