"""Promise: a case or pallet that failed is disposed of with all that is in it, or opened so that each content is judged by
itself; nobody opens it otherwise, and nothing inside is freer than the case was."""

from typing import Any

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_works

UNTIL = "2099-01-01T00:00:00+08:00"


@pytest.fixture
async def works(api: Api) -> Works:
    """L and B: 100 kg each, good and released; C: a case with 40 kg of L."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    for lot_no in ("L", "B"):
        await works.add(lot_no, "奶", "finished", "100")
        await works.record(works.lots[lot_no], "0.01")
        await works.release(works.lots[lot_no])
    await works.pack("C", ("L", "40"))
    return works


async def parts_of(works: Works, case: str) -> list[dict[str, Any]]:
    """The nonconformities of what came out of a case."""
    found = (await works.get(f"nonconformities?lot_id={works.lots[case]}"))["items"]
    return [each for each in found if each["from_lot_id"] == works.lots[case]]


async def refused_by_hand(works: Works, case: str) -> set[str]:
    """What is said to everybody who opens the case by hand, in any of the ways."""
    codes = set()
    links = (await works.get(f"lots/{works.lots[case]}/links"))["items"]
    paths = [f"lots/{works.lots[case]}/open"]
    paths += [f"links/{each['id']}/{act}" for each in links for act in ("end", "reverse")]
    for path in paths:
        codes.add((await works.call("operator", "POST", path, {"reason": "开箱"}, status=409))["code"])
    return codes


async def test_nobody_opens_it_by_hand(works: Works) -> None:
    opened = await works.open(works.lots["C"])
    assert await refused_by_hand(works, "C") == {"lot_on_hold"}
    await works.decide(opened["id"], "concession", expires_at=UNTIL)
    assert await refused_by_hand(works, "C") == {"judged_by_itself"}
    assert await works.ship_code(works.lots["C"], "1") == "ok"


async def test_sorting_opens_it_and_each_content_waits_for_its_own_disposition(works: Works) -> None:
    await works.pack("D", ("L", "10"), ("B", "20"))
    file = await works.file()
    opened = await works.open(works.lots["D"], attachment_ids=[file])
    await works.carry_out(await works.decide(opened["id"], "sort"), detail="拆箱逐包检查")
    parts = await parts_of(works, "D")
    assert sorted((each["quantity"], each["defect"], each["state"]) for each in parts) == [
        ("10", "铅偏高", "open"),
        ("20", "铅偏高", "open"),
    ]
    assert (await works.balance("L"))["left"] == "50"  # 100 less 40 in C and the 10 that stand by themselves now
    page = await works.plant.client("quality_manager").get(f"/admin/nonconformities/{opened['id']}")
    assert all(each["number"] in page.text for each in parts)
    seen = await works.seen(parts[0]["id"])
    assert [each["attachment_id"] for each in seen["evidence"]] == [file]
    for each in parts:
        assert await works.ship_code(each["lot_id"], "1") == "lot_on_hold"
        (link,) = [
            one for one in (await works.get(f"lots/{each['lot_id']}/links"))["items"] if one["to_lot"] == each["lot_id"]
        ]
        assert await works.refused("operator", f"links/{link['id']}/reverse", {"reason": "x"}) == "lot_on_hold"
        assert await works.refused("operator", f"lots/{each['lot_id']}/scrap", {"quantity": "1", "reason": "x"}) == "awaits_disposition"  # fmt: skip
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    disposition = await works.decide(parts[0]["id"], "sort")
    good = await works.carry_out(disposition, good_quantity=parts[0]["quantity"])
    assert good is not None
    assert await works.refused("operator", f"dispositions/{disposition}/verify") == "disposition_not_reinspected"
    await works.record(good, "0.01")
    await works.call("operator", "POST", f"dispositions/{disposition}/verify")
    assert await works.ship_code(good, parts[0]["quantity"]) == "ok"


async def test_what_else_stops_the_case_goes_along(works: Works) -> None:
    await works.hold("叉车撞过", works.lots["C"])
    await works.call("releaser", "POST", "rejections", {"lot_ids": [works.lots["C"]], "password": PASSWORD})
    opened = await works.open(works.lots["C"])
    await works.carry_out(await works.decide(opened["id"], "sort"))
    (part,) = await parts_of(works, "C")
    held = [
        each["reason"] for each in (await works.get(f"lots/{part['lot_id']}/holds"))["items"] if not each["closed_at"]
    ]
    assert len(held) == 2
    assert "叉车撞过" in held
    assert (await works.get(f"lots/{part['lot_id']}"))["state"] == "rejected"
    assert (await works.get(f"lots/{works.lots['L']}"))["state"] == "released"


@pytest.mark.parametrize("kind", ["scrap", "destroy", "return"])
async def test_it_goes_with_all_that_is_in_it(works: Works, kind: str) -> None:
    """A pallet with a case and loose goods."""
    await works.made(
        "T", "packages", {"contents": [{"lot_id": works.lots["C"]}, {"lot_id": works.lots["B"], "quantity": "5"}], "unit": "pallet"}
    )  # fmt: skip
    opened = await works.open(works.lots["T"], party="supplier", supplier_id=works.supplier)
    disposition = await works.decide(opened["id"], kind)
    if kind != "return":
        assert await works.refused("operator", f"dispositions/{disposition}/carry-out", {}, status=422) == "disposition_evidence_needed"  # fmt: skip
    await works.carry_out(disposition, attachment_ids=[await works.file()])
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    gone = "returned" if kind == "return" else "scrapped"
    for lot_no, left in (("L", "60"), ("B", "95"), ("C", "0"), ("T", "0")):
        assert (await works.balance(lot_no)).get("left", "0") == left, lot_no
    assert (await works.balance("T"))[gone] == "1"
    for source, quantity in (("L", "40"), ("B", "5")):
        links = (await works.get(f"lots/{works.lots[source]}/links"))["items"]
        (part,) = [each["to_lot"] for each in links if each["kind"] == "split"]
        balance = await works.get(f"lots/{part}/balance")
        assert (balance[gone], balance["left"]) == (quantity, "0")
    if kind == "return":
        (paper,) = (await works.get(f"supplier-returns?disposition_id={disposition}"))["items"]
        assert paper["lot_id"] == works.lots["T"]


async def test_one_content_is_downgraded_of_several_each_by_itself(works: Works) -> None:
    opened = await works.open(works.lots["C"])
    made = await works.carry_out(await works.decide(opened["id"], "downgrade", product_id=works.feed))
    lot = await works.get(f"lots/{made}")
    assert (lot["product_id"], lot["quantity"], lot["state"]) == (works.feed, "40", "pending")
    await works.pack("D", ("L", "10"), ("B", "20"))
    several = await works.open(works.lots["D"])
    for kind in ("rework", "repair", "downgrade"):
        body = {"kind": kind, "reason": "x"} | ({"product_id": works.feed} if kind == "downgrade" else {})
        path = f"nonconformities/{several['id']}/dispositions"
        assert await works.refused("inspector", path, body) == "package_of_several"
    body = {"kind": "scrap", "reason": "x", "quantity": "0.5"}
    assert await works.refused("inspector", f"nonconformities/{several['id']}/dispositions", body, status=422) == "package_is_one_piece"  # fmt: skip


async def test_the_law_is_not_left_behind_in_an_empty_case(works: Works) -> None:
    await works.record(works.lots["C"], "0.06")
    opened = await works.open(works.lots["C"])
    path = f"nonconformities/{opened['id']}/dispositions"
    for body, code in (
        ({"kind": "rework"}, "package_outside_law"),
        ({"kind": "downgrade", "product_id": works.feed}, "disposition_legal_limit_failed"),
        ({"kind": "sort"}, "disposition_legal_limit_failed"),
        ({"kind": "concession", "expires_at": UNTIL}, "disposition_legal_limit_failed"),
    ):
        assert await works.refused("inspector", path, body | {"reason": "x"}) == code
    await works.carry_out(await works.decide(opened["id"], "destroy"), attachment_ids=[await works.file()])


async def test_no_concession_of_a_case_with_goods_outside_the_law(works: Works) -> None:
    opened = await works.open(works.lots["C"])
    await works.record(works.lots["L"], "0.06")
    body = {"kind": "concession", "expires_at": UNTIL, "reason": "x"}
    path = f"nonconformities/{opened['id']}/dispositions"
    assert await works.refused("inspector", path, body) == "disposition_legal_limit_failed"
    await works.carry_out(await works.decide(opened["id"], "sort"))
    (part,) = await parts_of(works, "C")
    path = f"nonconformities/{part['id']}/dispositions"
    assert await works.refused("inspector", path, body) == "disposition_legal_limit_failed"


async def test_the_case_is_disposed_of_while_the_rest_of_the_lot_is_nonconforming_too(works: Works) -> None:
    rest = await works.open(works.lots["L"])
    case = await works.open(works.lots["C"])
    await works.carry_out(await works.decide(case["id"], "sort"))
    (part,) = await parts_of(works, "C")
    (held,) = [each for each in (await works.get(f"lots/{part['lot_id']}/holds"))["items"] if not each["closed_at"]]
    assert part["number"] in held["reason"]
    await works.carry_out(await works.decide(rest["id"], "scrap"), attachment_ids=[await works.file()])
    await works.call("quality_manager", "POST", f"nonconformities/{rest['id']}/close", {})
    assert await works.ship_code(part["lot_id"], "1") == "lot_on_hold"


async def test_of_goods_that_are_all_in_packages_the_package_is_named(works: Works) -> None:
    await works.pack("REST", ("L", "60"))
    await works.pack("PALLET", ("C", None), unit="pallet")
    body = {"defect": "破损", "defect_class": "C", "stage": "production"}
    for lot, packages in (("L", ("C", "REST", "PALLET")), ("C", ("PALLET",))):
        answer = await works.call(
            "inspector", "POST", "nonconformities", {"lot_id": works.lots[lot], **body}, status=409
        )
        assert answer["code"] == "nonconformity_nothing_loose"
        assert all(each in answer["errors"][0]["text"] for each in packages)
    await works.open(works.lots["PALLET"])
