"""Promise: pieces that were measured one by one go with the release of their lot, but for those that fail: these stay behind, by any
route, and the review says how many; who measured a piece did inspect the lot."""

import pytest

from tests.api.test_packed_codes import pack, pieces, serials
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.floor import Floor


@pytest.fixture
async def lab(floor: Floor) -> Floor:
    """Lead with a legal limit of 0.05 on a form of the finished product."""
    lead = {"code": "Pb", "name": "铅", "unit": "mg/kg", "result_kind": "number"}
    lead_id = (await floor.post("/api/v1/characteristics", lead))["id"]
    limits = {
        "characteristic_id": lead_id,
        "product_id": floor.products["finished"],
        "limits": {"legal": {"high": "0.05"}},
    }
    await floor.post("/api/v1/specifications", limits)
    schema = {"type": "object", "properties": {"Pb": {"title": "铅"}}}
    form = {
        "code": "L",
        "name": "L",
        "stage": "testing",
        "schema": schema,
        "ui": {"fields": {"Pb": {"characteristic_id": lead_id}}},
    }
    await floor.post("/api/v1/forms", form)
    return floor


async def measure(floor: Floor, value: str, **subject: str) -> None:
    body = {"form_code": "L", "values": {"Pb": value}} | subject
    answer = await floor.plant.client("inspector").post("/api/v1/records", json=body)
    assert answer.status_code == 201, answer.text


async def release(floor: Floor, lot: str) -> None:
    body = {"lot_ids": [lot], "password": PASSWORD}
    answer = await floor.plant.client("releaser").post("/api/v1/releases", json=body)
    assert answer.status_code == 201, answer.text


async def test_a_failing_piece_stays_behind(lab: Floor) -> None:
    lot, order, texts = await pieces(lab, 10, released=False)
    await measure(lab, "0.09", code=texts[0])
    await measure(lab, "0.01", code=texts[1])
    await measure(lab, "0.01", lot_id=lot)
    review = (await lab.plant.client("releaser").get(f"/api/v1/lots/{lot}/review")).text
    assert "单件" in review
    await release(lab, lot)
    refused = [
        await lab.ship({"lot_id": lot, "quantity": "10"}, status=409),
        await lab.ship({"lot_id": lot, "serials": serials(order, 1, 3)}, status=409),
    ]
    assert [each["code"] for each in refused] == ["pieces_stopped", "lot_not_released"]
    case = (await pack(lab, "C1", serials=[serials(order, 1, 4)]))["id"]
    assert (await lab.ship({"lot_id": case}, status=409))["code"] == "content_not_released"
    await lab.post(f"/api/v1/lots/{case}/open", {"reason": "x"}, 200)
    await lab.ship({"lot_id": lot, "serials": serials(order, 2, 4)})
    await lab.ship({"lot_id": lot, "quantity": "6"})


async def test_who_measured_a_piece_did_inspect_its_lot(lab: Floor, api: Api) -> None:
    lot, _, texts = await pieces(lab, 3, released=False)
    both = api.client((await api.person(lab.plant, "inspector", "releaser")).token)
    body = {"form_code": "L", "values": {"Pb": "0.01"}, "code": texts[0]}
    assert (await both.post("/api/v1/records", json=body)).status_code == 201
    refused = await both.post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
    assert refused.status_code == 409
    assert "release_by_inspector" in {each["code"] for each in refused.json()["errors"]}
