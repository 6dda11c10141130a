"""Promise: a lot is what its product is: no material made of what is sold, nothing finished of a material, no half of a piece;
semi-finished goods are used both ways, and what was halved before goes on."""

from typing import Any

import pytest

from server.core.ids import new_id
from tests.fixtures.floor import Floor


def told(problem: dict[str, Any]) -> tuple[str, str]:
    return problem["errors"][0]["code"], problem["errors"][0]["field"]


@pytest.mark.parametrize(
    ("product", "kind", "code"),
    [
        ("finished", "material", "finished_no_material"),
        ("material", "finished", "material_not_finished"),
        ("intermediate", "material", None),
        ("intermediate", "finished", None),
        ("finished", "intermediate", None),
        ("material", "intermediate", None),
        ("material", "unit", None),
    ],
)
async def test_the_kind_of_a_lot_fits_its_product(floor: Floor, product: str, kind: str, code: str | None) -> None:
    body = {"kind": kind, "product_id": floor.products[product], "lot_no": new_id().hex}
    answer = await floor.post("/api/v1/lots", body, 422 if code else 201)
    assert code is None or told(answer) == (code, "kind")


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
