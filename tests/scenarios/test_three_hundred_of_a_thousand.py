"""Promise: of 1,000 received 300 are inspected, the good ones among them released and used while 700 wait; when the rest is
rejected it is rejected alone: nothing of it was or can be used, and what was made before stands on good goods only."""

from typing import Any

import pytest

from server.core.clock import now
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, graph, make_works, numbers


@pytest.fixture
async def works(api: Api) -> Works:
    works = await make_works(api)
    works.goods["奶"] = works.product
    await works.good("鲜奶酪", "finished")
    form = {
        "code": "IQC", "name": "来料检验", "stage": "material", "schema": {"type": "object", "properties": {"Pb": {"title": "铅"}}},
        "ui": {"fields": {"Pb": {"characteristic_id": works.lead}}}, "document_no": "QR-IQC-01",
    }  # fmt: skip
    form = await works.call("quality_manager", "POST", "forms", form)
    plan = {"code": "IQC", "name": "来料检验", "trigger": "receipt", "form_id": form["id"], "product_id": works.product}
    await works.call("quality_manager", "POST", "inspection-plans", plan | {"within_minutes": 60})
    await works.add(
        "IN", "奶", "material", "1000", supplier_id=works.supplier, supplier_lot_no="S-1", received_at=now().isoformat()
    )
    await works.add("CHEESE", "鲜奶酪", "finished", "30")
    return works


async def inspection(works: Works) -> dict[str, Any]:
    (found,) = (await works.get(f"lots/{works.lots['IN']}/inspections"))["items"]
    seen: dict[str, Any] = await works.get(f"inspections/{found['id']}")
    return seen


async def inspect(works: Works, lead: str, accepted: str, rejected: str) -> dict[str, Any]:
    """The parts that this inspection makes."""
    quantities = {"accepted": accepted, "rejected": rejected}
    await works.record(works.lots["IN"], lead, form_code="IQC", inspected=quantities)
    seen = await inspection(works)
    parts: dict[str, Any] = await works.call("operator", "POST", f"inspections/{seen['id']}/lots", {})
    return parts


async def test_a_part_is_released_and_used_and_the_rest_rejected_after(works: Works) -> None:
    assert await works.release(works.lots["IN"], status=409) == ["release_inspection_due"]
    parts = await inspect(works, "0.02", "290", "10")
    works.lots |= {"GOOD": parts["accepted"], "BAD": parts["rejected"]}
    seen = await inspection(works)
    assert [seen[each] for each in ("quantity", "accepted", "rejected", "pending")] == ["1000", "290", "10", "700"]
    await works.release(works.lots["GOOD"])
    assert [await works.state(each) for each in ("IN", "GOOD", "BAD")] == ["pending", "released", "rejected"]
    await works.use("GOOD", "CHEESE", "120")
    assert await refused_use(works, "IN") == "lot_not_released"
    assert await refused_use(works, "BAD") == "lot_rejected"
    assert await works.ship_code(works.lots["IN"], "1") == "lot_not_released"
    assert await works.release(works.lots["IN"], status=409) == ["release_inspection_due"]

    rest = await inspect(works, "0.035", "0", "700")
    assert rest["accepted"] is None
    works.lots["REST"] = rest["rejected"]
    seen = await inspection(works)
    assert [seen[each] for each in ("accepted", "rejected", "pending", "verdict")] == ["290", "710", "0", "fail"]
    assert await works.state("REST") == "rejected"
    assert await refused_use(works, "REST") == "lot_rejected"
    assert await works.release(works.lots["REST"], status=409) != []
    assert await works.state("GOOD") == "released"
    await works.use("GOOD", "CHEESE", "20")

    assert await works.balance("IN") == {"split_off": "1000"}
    assert await works.balance("GOOD") == {"consumed": "140", "left": "150"}
    assert await works.balance("BAD") == {"left": "10"}
    await the_rest_goes_back(works)
    assert await works.balance("REST") == {"returned": "700"}


async def refused_use(works: Works, lot_no: str) -> str:
    body = {"from_lot": works.lots[lot_no], "to_lot": works.lots["CHEESE"], "kind": "consumed", "quantity": "1"}
    return await works.refused("operator", "links", body)


async def the_rest_goes_back(works: Works) -> None:
    """To the supplier, by a signed decision; what was made is found from its number all the same."""
    opened = await works.open(works.lots["REST"], party="supplier", supplier_id=works.supplier, party_reason="铅超内控")
    await works.carry_out(await works.decide(opened["id"], "return"), detail="退货单 TH-9")
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    found = await works.trace("supplier_lot_no=S-1&direction=products")
    good, bad, rest = [(await works.seen_lot(each))["lot_no"] for each in ("GOOD", "BAD", "REST")]
    assert numbers(found) == {"IN", good, bad, rest, "CHEESE"}
    assert graph(found) == {
        ("IN", "split", good, "290"), ("IN", "split", bad, "10"), ("IN", "split", rest, "700"),
        (good, "consumed", "CHEESE", "120"), (good, "consumed", "CHEESE", "20"),
    }  # fmt: skip
    made = await works.trace("lot_no=CHEESE&direction=materials")
    assert numbers(made) == {"IN", good, "CHEESE"}
    sheet = await works.sheet("incoming_inspection", works.lots["IN"])
    for word in ("S-1", "南山牧场", "QR-IQC-01", "0.02", "0.035", "不合格"):
        assert word in sheet, word
    decided = await works.sheet("nonconformity", opened["id"])
    for word in ("铅超内控", "退货单TH-9", opened["number"]):
        assert word in decided, word


async def test_the_whole_may_be_rejected_by_hand_and_the_released_part_stands(works: Works) -> None:
    works.lots |= {"GOOD": (await inspect(works, "0.02", "300", "0"))["accepted"]}
    await works.release(works.lots["GOOD"])
    body = {"lot_ids": [works.lots["IN"]], "password": PASSWORD, "remark": "余量不再检验"}
    await works.call("releaser", "POST", "rejections", body)
    assert [await works.state(each) for each in ("IN", "GOOD")] == ["rejected", "released"]
    await works.use("GOOD", "CHEESE", "300")
    assert await refused_use(works, "IN") == "lot_rejected"
    body = {"lot_no": "T", "quantity": "5"}
    part = (await works.call("operator", "POST", f"lots/{works.lots['IN']}/split", body))["id"]
    assert await works.ship_code(part, "1") == "lot_rejected"


async def test_a_rest_beyond_the_legal_limit_stops_the_released_part_too(works: Works) -> None:
    works.lots |= {"GOOD": (await inspect(works, "0.02", "300", "0"))["accepted"]}
    await works.release(works.lots["GOOD"])
    await works.use("GOOD", "CHEESE", "10")
    works.lots |= {"REST": (await inspect(works, "0.07", "0", "700"))["rejected"]}
    assert await works.state("REST") == "rejected"
    assert await refused_use(works, "GOOD") == "lot_on_hold"
    assert await works.stops("GOOD") != []
