"""Promise: conceded goods are used within their quantity and time; once the time is over no route takes them: not a link, an
operation under a recipe, a shipment, a package that leaves, a merge or an imported sheet; and a legal limit is never conceded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fixtures.api import Api
from tests.fixtures.imports import errors_of, imported, xlsx
from tests.fixtures.works import Works, graph, make_works

SOON = (datetime.now(UTC) + timedelta(days=3)).isoformat()
SHEET = ["原料批号", "成品批号", "数量", "单位"]


@pytest.fixture
async def works(api: Api) -> Works:
    """60 of 100 kg conceded, of a lot above the plant's own limit and under the law's; a lot of cheese under a recipe."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    cheese = await works.good("奶酪", "finished")
    recipe = {
        "product_id": cheese, "name": "奶酪配方", "batch_quantity": "100", "unit": "kg",
        "lines": [{"product_id": works.product, "quantity": "60", "unit": "kg", "below_percent": "100", "above_percent": "0"}],
    }  # fmt: skip
    made = await works.call("quality_manager", "POST", "recipes", recipe)
    (version,) = (await works.get(f"recipes/{made['id']}"))["versions"]
    await works.add("RAW", "奶", "finished", "100", supplier_id=works.supplier, supplier_lot_no="S-3")
    for lot_no in ("CHEESE", "NEXT", "OTHER"):
        await works.add(lot_no, "奶酪", "finished", "50")
    for lot_no in ("CHEESE", "NEXT"):
        await works.call("operator", "PUT", f"lots/{works.lots[lot_no]}/recipe", {"version_id": version["id"]})
    await works.record(works.lots["RAW"], "0.035")
    return works


async def concede(works: Works, quantity: str) -> dict[str, Any]:
    """The disposition, in force; the lot it made is TC."""
    opened = await works.open(works.lots["RAW"])
    await works.decide(opened["id"], "concession", quantity=quantity, expires_at=SOON)
    seen = await works.seen(opened["id"])
    (disposition,) = seen["dispositions"]
    works.lots["TC"] = disposition["result_lot_id"]
    assert await works.ship_code(works.lots["TC"], "1") == "lot_not_released"  # conceded is not yet released
    await works.release(works.lots["TC"])
    return {"number": opened["number"], "nonconformity": opened["id"]} | disposition


async def routes(works: Works, api: Api, lot_no: str, name: str) -> dict[str, str]:
    """What each route says to a kilogram of this lot."""
    lot = works.lots[lot_no]
    body = {"from_lot": lot, "to_lot": works.lots["OTHER"], "quantity": "1"}
    said = {kind: await works.refused("operator", "links", body | {"kind": kind}) for kind in ("consumed", "installed")}
    said["shipment"] = await works.ship_code(lot, "1")
    parts = [{"lot_id": lot, "quantity": "1"}, {"lot_id": works.lots["RAW"], "quantity": "1"}]
    said["merge"] = await works.refused("operator", "merges", {"lot_no": "HB", "parts": parts})
    client = works.plant.client("quality_manager")
    job = await imported(api, client, "consumption", xlsx(SHEET, [[name, "OTHER", 1, "kg"]]))
    (error,) = await errors_of(client, job)
    return said | {"import": error["code"]}


async def test_within_quantity_and_time_it_is_used_and_afterwards_by_no_route(works: Works, api: Api) -> None:
    disposition = await concede(works, "60")
    name = (await works.seen_lot("TC"))["lot_no"]
    await works.use("TC", "CHEESE", "20")
    assert await works.ship_code(works.lots["TC"], "10") == "ok"
    await works.pack("CASE", ("TC", "5"))
    await works.part("TC", "PART", "8")
    assert await works.balance("TC") == {
        "consumed": "20",
        "shipped": "10",
        "packed": "5",
        "split_off": "8",
        "left": "17",
    }
    client = works.plant.client("quality_manager")
    job = await imported(api, client, "consumption", xlsx(SHEET, [[name, "OTHER", 2, "kg"]]))
    assert (job["state"], job["rows_stored"]) == ("done", 1)

    await works.database(
        "UPDATE lot SET conceded_until = now() - interval '1 second' WHERE tenant_id = $1 AND conceded_until IS NOT NULL"
    )
    over = dict.fromkeys(("consumed", "installed", "shipment", "import"), "concession_over")
    assert await routes(works, api, "TC", name) == over | {"merge": "lot_conceded"}
    assert await routes(works, api, "PART", "PART") == over | {"merge": "lot_conceded"}
    made = {"name": "投料", "lots_in": [works.lots["TC"]], "lots_out": [works.lots["NEXT"]]}
    assert await works.refused("operator", "operations", made) == "concession_over"
    assert await works.ship_code(works.lots["CASE"], "1") == "content_concession_over"
    await works.pack("LATE", ("TC", "1"))  # a case may stand here; it does not leave
    await works.pack("PALLET", ("LATE", None), unit="pallet")
    assert await works.ship_code(works.lots["PALLET"], "1") == "content_concession_over"
    await works.part("PART", "PIECE", "2")
    assert await works.ship_code(works.lots["PIECE"], "2") == "concession_over"
    assert await works.ship_code(works.lots["RAW"], "1") in ("lot_on_hold", "lot_not_released")

    found = await works.trace("supplier_lot_no=S-3&direction=products")
    assert {
        ("RAW", "split", name, "60"), (name, "consumed", "CHEESE", "20"), (name, "consumed", "OTHER", "2"),
        (name, "packed", "CASE", "5"), (name, "split", "PART", "8"),
    } <= graph(found)  # fmt: skip
    sheet = await works.sheet("nonconformity", disposition["nonconformity"])
    for word in (disposition["number"], "让步", "评审意见"):
        assert word in sheet, word


async def test_more_than_was_conceded_is_refused_by_every_route(works: Works, api: Api) -> None:
    await concede(works, "60")
    name = (await works.seen_lot("TC"))["lot_no"]
    await works.use("TC", "OTHER", "20")
    assert await works.ship_code(works.lots["TC"], "40") == "ok"
    await works.call("operator", "POST", f"lots/{works.lots['TC']}/count", {"quantity": "5"})  # more turned up
    said = await routes(works, api, "TC", name)
    assert {said[route] for route in ("consumed", "installed", "shipment", "import")} == {"concession_exceeded"}
    body = {"lot_no": "C", "contents": [{"lot_id": works.lots["TC"], "quantity": "1"}], "unit": "case"}
    assert await works.refused("operator", "packages", body) == "concession_exceeded"
    split = {"lot_no": "T", "quantity": "1"}
    assert await works.refused("operator", f"lots/{works.lots['TC']}/split", split) == "concession_exceeded"


async def test_what_the_law_forbids_is_not_conceded(works: Works) -> None:
    await works.record(works.lots["RAW"], "0.06")
    opened = await works.open(works.lots["RAW"])
    body = {"kind": "concession", "reason": "x", "expires_at": SOON}
    assert "legal" in await works.refused("inspector", f"nonconformities/{opened['id']}/dispositions", body)
