"""Promise: a supplier's lot found contaminated after sale is followed from its number to every product, customer and kilogram in
one question, recalled in one call, stopped everywhere, and told to whoever scans a piece; nothing else is touched."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from server.core.clock import now
from tests.api.test_chain_stock import coded
from tests.fixtures.api import Api
from tests.fixtures.works import Works, make_works, numbers

WORDS = {"level": 1, "reason": "原料铅超标", "advice": "停止食用，退回购买处"}
REACHED = {"IN-1", "IN-2", "MIX", "P1", "P1-B", "P2", "CASE"}


@pytest.fixture
async def works(api: Api) -> Works:
    """The supplier's lot S-77 came twice and went into P1 and P2; P3 is made of S-78. P1 and P2 are in part sold."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    await works.good("奶粉", "material")
    await works.good("混合粉", "intermediate")
    await works.call(
        "quality_manager", "POST", "specifications",
        {"characteristic_id": works.lead, "product_id": works.goods["奶粉"], "limits": {"legal": {"high": "0.05"}}},
    )  # fmt: skip
    for lot_no, theirs in (("IN-1", "S-77"), ("IN-2", "S-77"), ("IN-3", "S-78")):
        await works.add(
            lot_no, "奶粉", "material", "100", supplier_id=works.supplier, supplier_lot_no=theirs, received_at=now().isoformat()
        )  # fmt: skip
        await works.record(works.lots[lot_no], "0.02")
        await works.release(works.lots[lot_no])
    await works.add("MIX", "混合粉", "intermediate", "80")
    await works.use("IN-1", "MIX", "80")
    await works.release(works.lots["MIX"])
    for lot_no, source, quantity in (("P1", "MIX", "60"), ("P2", "IN-2", "50"), ("P3", "IN-3", "50")):
        await works.add(lot_no, "奶", "finished", "200")
        await works.use(source, lot_no, quantity)
        await works.release(works.lots[lot_no])
    await works.part("P1", "P1-B", "50")
    await works.pack("CASE", ("P1", "30"))
    return works


async def sell(works: Works) -> dict[str, str]:
    """Customers by name: the first took the case and of P2, the second of P1-B and of P3, the third of P3 alone."""
    sold = {"东": [("CASE", None), ("P2", "70")], "西": [("P1-B", "20"), ("P3", "10")], "北": [("P3", "40")]}
    customers = {}
    for name, lines in sold.items():
        customers[name], _ = await works.customer_at(f"C-{name}", f"{name}城超市", f"{name}一店")
        await works.send(f"CK-{name}", customers[name], *lines, departed_at=now().isoformat())
    return customers


async def status(api: Api, order: str) -> str:
    answer = await api.anonymous.get(f"/api/v1/public/codes/{UUID(order).hex[-12:]}1")
    return str(answer.json()["status"])


async def test_from_its_number_to_the_customers_and_the_recall(works: Works, api: Api) -> None:
    sick, well = [await coded(works, works.lots[lot_no], 5) for lot_no in ("P1-B", "P3")]  # type: ignore[arg-type]
    customers = await sell(works)
    await works.record(works.lots["IN-1"], "0.09", report_no="WJ-5")  # the authority's result, after the sale
    assert await works.stops("IN-1") == ["quarantined"]
    found = await works.trace("supplier_lot_no=S-77&direction=products")
    assert numbers(found) == REACHED
    assert {node["lot_no"] for node in found["nodes"] if node["quality"]["verdict"] == "fail"} == {"IN-1"}
    assert {row["id"] for row in found["customers"]} == {customers["东"], customers["西"]}
    assert {row["name"] for row in found["outlets"]} == set()  # nobody said which of their shops
    amounts = {row["unit"]: row for row in found["summary"]["quantities"]}
    assert (amounts["kg"]["shipped"], amounts["kg"]["unexplained"]) == ("120", "0")  # thirty of them in a case
    assert Decimal(amounts["kg"]["in_stock"]) == 400 - 120
    assert (amounts.keys(), amounts["kg"]["shipped_packages"]) == ({"kg"}, 1)

    both = {"lots": [node["id"] for node in found["nodes"]]} | WORDS
    opened = await works.call("quality_manager", "POST", "recalls", both)
    assert (opened["lots"], opened["ranges"]) == (len(REACHED), 0)
    scope = (await works.get(f"recalls/{opened['id']}/scope"))["items"]
    assert {row["lot_no"] for row in scope} == REACHED
    for lot_no in REACHED:
        assert "recalled" in await works.stops(lot_no)
    for lot_no in ("P1", "P1-B", "P2"):
        assert await works.ship_code(works.lots[lot_no], "1") == "lot_on_hold"
    assert await works.ship_code(works.lots["P3"], "1") == "ok"
    assert (await status(api, sick), await status(api, well)) == ("recalled", "genuine")
    page = (await api.anonymous.get(f"/t/{UUID(sick).hex[-12:]}1")).text
    for word in ("一级召回", WORDS["reason"], WORDS["advice"]):
        assert str(word) in page
    await what_comes_back(works)


async def what_comes_back(works: Works) -> None:
    """Goods of the recall that a customer sends back stand here again, stopped, and count with the customer no more."""
    shipment: dict[str, Any] = next(
        each for each in (await works.get("shipments"))["items"] if each["shipment_no"] == "CK-东"
    )
    lines = (await works.get(f"shipments/{shipment['id']}"))["lines"]
    (powder,) = [line for line in lines if line["lot_no"] == "P2"]
    said = {"line_id": powder["id"], "accepted": True, "refused_quantity": "45", "remark": "召回退回"}
    await works.call("operator", "POST", f"shipments/{shipment['id']}/receipt", {"receiver": "王敏", "lines": [said]})
    found = await works.trace("lot_no=P2&direction=products")
    (customer,) = found["customers"]
    assert customer["quantities"] == [{"unit": "kg", "quantity": "25"}]
    (back,) = [node for node in found["nodes"] if node["lot_no"] != "P2"]
    assert {"recalled", "quarantined"} & set(back["holds"])
    assert await works.ship_code(back["id"], "1") == "lot_on_hold"
    assert await works.balance("P2") == {"split_off": "45", "shipped": "25", "left": "130"}


async def test_one_lot_is_recalled_with_all_that_it_went_into(works: Works) -> None:
    opened = await works.call("quality_manager", "POST", "recalls", {"from_lot": works.lots["IN-1"]} | WORDS)
    assert opened["lots"] == len(REACHED - {"IN-2", "P2"})
    assert await works.stops("P2") == []
    assert await works.ship_code(works.lots["P2"], "1") == "ok"
    assert await works.ship_code(works.lots["CASE"], "1") == "lot_on_hold"


async def test_from_the_product_back_to_supplier_report_and_operator(works: Works) -> None:
    found = await works.trace("lot_no=CASE&direction=materials")
    assert numbers(found) == {"IN-1", "MIX", "P1", "CASE"}
    (source,) = [node for node in found["nodes"] if node["supplier_lot_no"]]
    assert (source["supplier_name"], source["supplier_lot_no"]) == ("南山牧场", "S-77")
    (record,) = (await works.get(f"records?lot_id={source['id']}"))["items"]
    assert record["verdict"] == "pass"
