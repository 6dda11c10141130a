"""Promise: pieces are whole: no half of one is made, split off or shipped; what was halved before goes on, what is measured is divided."""

from typing import Any

import pytest

from server.core.ids import new_id
from tests.fixtures.floor import Floor


def told(problem: dict[str, Any]) -> tuple[str, str]:
    return problem["errors"][0]["code"], problem["errors"][0]["field"]


@pytest.mark.parametrize("unit", ["pcs", "瓶", "箱"])
async def test_pieces_are_whole(floor: Floor, unit: str) -> None:
    body = {"kind": "finished", "product_id": floor.products["finished"], "lot_no": new_id().hex, "unit": unit}
    assert told(await floor.post("/api/v1/lots", body | {"quantity": "0.5"}, 422)) == ("pieces_not_whole", "quantity")
    lot = await floor.lot("finished", quantity="10.0", unit=unit)
    part = {"lot_no": new_id().hex, "quantity": "0.5"}
    assert told(await floor.post(f"/api/v1/lots/{lot}/split", part, 422)) == ("pieces_not_whole", "quantity")
    sent = await floor.ship({"lot_id": lot, "quantity": "0.5"}, status=422)
    assert told(sent) == ("pieces_not_whole", "lines.0.quantity")
    await floor.post(f"/api/v1/lots/{lot}/scrap", {"quantity": "0.5", "reason": "半件破损"})
    await floor.post(f"/api/v1/lots/{lot}/split", part)
    unknown = (await floor.post("/api/v1/lots", body))["id"]
    assert (await floor.manager.patch(f"/api/v1/lots/{unknown}", json={"quantity": "1.5"})).status_code == 422


async def test_what_is_measured_is_divided_as_before(floor: Floor) -> None:
    lot = await floor.lot("finished", quantity="0.5")
    await floor.ship({"lot_id": lot, "quantity": "0.25"})
