"""Promise: in the picture of a trace no quantity is lost where links are drawn as one edge, and none is noise; the raw sums
stand beside the words."""

from tests.fixtures.api import Api
from tests.fixtures.floor import Floor


async def test_an_edge_says_what_all_its_links_carried_unit_by_unit(floor: Floor) -> None:
    source, target = await floor.lot(), await floor.lot("finished", released=False)
    for quantity, unit in (("1.1111111111", "kg"), ("2", "kg"), ("500", "g")):
        await floor.link(source, target, quantity=quantity, unit=unit)
    (edge,) = (await floor.get(f"/admin/lots/{target}/trace/graph"))["links"]
    assert edge["label"] == "3.111111 kg + 500 g"
    assert edge["quantities"] == [
        {"quantity": "3.1111111111", "unit": "kg", "ended": False},
        {"quantity": "500", "unit": "g", "ended": False},
    ]
    await floor.link(source, target)
    (edge,) = (await floor.get(f"/admin/lots/{target}/trace/graph"))["links"]
    assert (edge["label"], edge["unknown"]) == ("3.111111 kg + 500 g + ?", 1)


async def test_an_authority_reads_no_formula_off_an_edge(floor: Floor, api: Api) -> None:
    await floor.manager.patch(f"/api/v1/products/{floor.products['finished']}", json={"trade_secrets": ["formula"]})
    source, target = await floor.lot(), await floor.lot("finished", released=False)
    for quantity in ("1", "2"):
        await floor.link(source, target, quantity=quantity)
    (edge,) = (await floor.get(f"/admin/lots/{target}/trace/graph", **{"as": "authority"}))["links"]
    assert (edge["label"], edge["quantities"], edge["hidden"]) == ("•", [], 2)
