"""Promise: who asks for the trail of one object finds the entries that name it in a set; the page of the trail shows every entry,
whatever its fields are called."""

from tests.fixtures.floor import Floor


async def actions(floor: Floor, lot: str) -> list[str]:
    client = floor.plant.client("enterprise_admin")
    found = (await client.get("/api/v1/audit", params={"object_type": "lot", "object_id": lot})).json()["items"]
    return [each["action"] for each in found]


async def test_a_lot_among_many(floor: Floor) -> None:
    lots = [await floor.lot(released=False) for _ in range(3)]
    other = await floor.lot(released=False)
    await floor.post("/api/v1/holds", {"lot_ids": lots, "reason": "异味"}, 201)
    for lot in lots:
        assert await actions(floor, lot) == ["hold.opened", "lot.created"]
    assert await actions(floor, other) == ["lot.created"]


async def test_the_trail_of_a_removed_component_is_readable(floor: Floor) -> None:
    part, board = await floor.lot("intermediate"), await floor.lot("finished", released=False)
    link = (await floor.link(part, board, "installed", quantity="1"))["id"]
    await floor.post(f"/api/v1/links/{link}/end", {"reason": "更换"})
    for language in ("zh-CN", "en"):
        page = await floor.plant.client("enterprise_admin", accept_language=language).get("/admin/audit")
        assert page.status_code == 200, page.text[:200]
        assert "更换" in page.text
