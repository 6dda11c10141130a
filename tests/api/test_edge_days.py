"""Promise: a day at the edge of the calendar is refused by the field it stands in, with what to do instead, wherever it comes
in, and no sheet is lost by it; nothing expires before it was made."""

from typing import Any

import pytest

from server.core.ids import new_id
from tests.api.test_imports import LOTS, lots, plant
from tests.fixtures.api import Api, Plant
from tests.fixtures.floor import Floor
from tests.fixtures.imports import errors_of, imported, xlsx

__all__ = ["plant"]
EDGES = ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59", "0001-01-01T00:00:00", "9999-12-31T23:59:59-08:00"]


def new(floor: Floor, **fields: Any) -> dict[str, Any]:
    return {"kind": "finished", "product_id": floor.products["finished"], "lot_no": new_id().hex, **fields}


def told(problem: dict[str, Any]) -> tuple[str, str]:
    return problem["errors"][0]["code"], problem["errors"][0]["field"]


@pytest.mark.parametrize("day", EDGES)
async def test_a_lot_is_refused_by_the_field(floor: Floor, day: str) -> None:
    for field in ("expires_at", "received_at", *(["produced_at"] if "T" in day else ["produced_on"])):
        refused = await floor.post("/api/v1/lots", new(floor, **{field: day}), 422)
        assert told(refused) == ("day_out_of_range", field)
    assert "留空" in refused["errors"][0]["text"]


@pytest.mark.parametrize("day", EDGES)
async def test_so_are_changes_reworks_and_samples(floor: Floor, day: str) -> None:
    lot = await floor.lot("finished")
    for field in ("produced_at", "received_at", "expires_at"):
        answer = await floor.manager.patch(f"/api/v1/lots/{lot}", json={field: day, "reason": "录错"})
        assert (answer.status_code, told(answer.json())) == (422, ("day_out_of_range", field))
    rework = {"lot_no": new_id().hex, "quantity": "1", "expires_at": day}
    assert told(await floor.post(f"/api/v1/lots/{lot}/rework", rework, 422)) == ("day_out_of_range", "expires_at")
    if "T" not in day:
        sample = {"quantity": "1", "unit": "kg", "keep_until": day}
        refused = await floor.post(f"/api/v1/lots/{lot}/retained-samples", sample, 422)
        assert told(refused) == ("day_out_of_range", "keep_until")


async def test_the_last_usable_days_and_what_follows_from_them(floor: Floor) -> None:
    product = floor.products["finished"]
    rule = {"shelf_life_days": 30, "retain_months": 240, "retain_days": 40}
    assert (await floor.manager.patch(f"/api/v1/products/{product}", json=rule)).is_success
    beyond = await floor.post("/api/v1/lots", new(floor, produced_on="9998-12-30"), 422)
    assert told(beyond) == ("shelf_life_too_long", "produced_on")
    assert "9998" in beyond["title"]
    lot = (await floor.post("/api/v1/lots", new(floor, expires_at="9998-12-31", quantity="5")))["id"]
    assert (await floor.get(f"/api/v1/lots/{lot}"))["expires_at"] == "9998-12-31T16:00:00Z"
    sample = {"quantity": "1", "unit": "kg"}
    unknown = await floor.post(f"/api/v1/lots/{lot}/retained-samples", sample, 422)
    assert unknown["code"] == "retained_end_unknown"
    sample |= {"keep_until": "9998-12-31", "observe_on": ["9998-12-31"]}
    await floor.post(f"/api/v1/lots/{lot}/retained-samples", sample)
    await floor.post("/api/v1/lots", new(floor, produced_on="1900-01-01"))


async def test_nothing_expires_before_it_was_made(floor: Floor) -> None:
    backwards = new(floor, produced_on="2026-03-02", expires_at="2026-03-01")
    assert told(await floor.post("/api/v1/lots", backwards, 422)) == ("expires_before_produced", "expires_at")
    lot = (await floor.post("/api/v1/lots", new(floor, produced_on="2026-03-02", expires_at="2026-03-02")))["id"]
    for change in ({"expires_at": "2026-03-01"}, {"produced_at": "2026-03-03"}):
        answer = await floor.manager.patch(f"/api/v1/lots/{lot}", json=change | {"reason": "录错"})
        assert (answer.status_code, told(answer.json())) == (422, ("expires_before_produced", "expires_at"))


async def test_a_sheet_names_the_cell_and_stores_the_other_rows(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    header = [*LOTS, "生产日期", "到期日期"]
    good = [[*row, "", ""] for row in lots(2)]
    bad = [
        [*lots(5)[n], *days]
        for n, days in ((2, ("", "9999-12-31")), (3, ("0001-01-01", "")), (4, ("2026-03-02", "2026-03-01")))
    ]
    job = await imported(api, client, "material_lots", xlsx(header, [*good, *bad]), policy="good_rows")
    assert (job["rows_stored"], job["rows_failed"]) == (2, 3)
    assert [(e["row"], e["column"], e["code"]) for e in await errors_of(client, job)] == [
        (4, "expires_at", "day_out_of_range"),
        (5, "produced_on", "day_out_of_range"),
        (6, "expires_at", "expires_before_produced"),
    ]
