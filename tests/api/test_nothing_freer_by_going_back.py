"""Promise: goods do not shed what was found out or decided about them by going back to where they came from or out of a package:
links made by an inspection or a disposition stay, and what failed, was rejected, stopped or refused stays apart until it was
judged. A wrong link about which nothing was learnt is still struck out."""

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_works


@pytest.fixture
async def works(api: Api) -> Works:
    """L: 100 kg that passed, not released yet; B: as much of it."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    for lot_no in ("L", "B"):
        await works.add(lot_no, "奶", "finished", "100")
        await works.record(works.lots[lot_no], "0.01")
    return works


async def back(works: Works, lot_no: str, kind: str = "split", status: int = 201) -> str:
    """Reverse the links of this kind into the lot; the code of the last refusal."""
    links = (await works.get(f"lots/{works.lots[lot_no]}/links"))["items"]
    code = "ok"
    for link in links:
        if link["kind"] == kind and link["to_lot"] == works.lots[lot_no]:
            answer = await works.call(
                "operator", "POST", f"links/{link['id']}/reverse", {"reason": "录错"}, status=status
            )
            code = answer.get("code", "ok")
    return code


@pytest.mark.parametrize("value", ["0.06", "0.045", "0.035"], ids=["legal", "customer", "internal"])
async def test_what_failed_does_not_go_back(works: Works, value: str) -> None:
    await works.part("L", "P", "30")
    await works.record(works.lots["P"], value)
    assert await back(works, "P", status=409) == "judged_by_itself"


async def test_a_mixture_that_failed_is_not_taken_apart(works: Works) -> None:
    body = {"parts": [{"lot_id": works.lots[each]} for each in ("L", "B")]}
    await works.made("M", "merges", body)
    await works.record(works.lots["M"], "0.06")
    assert await back(works, "M", "merged", status=409) == "judged_by_itself"


async def test_what_was_rejected_does_not_go_back(works: Works) -> None:
    await works.release(works.lots["L"])
    await works.part("L", "P", "30")
    await works.call("releaser", "POST", "rejections", {"lot_ids": [works.lots["P"]], "password": PASSWORD})
    assert await back(works, "P", status=409) == "judged_by_itself"


async def test_what_a_customer_consented_to_stays_apart(works: Works) -> None:
    await works.release(works.lots["L"])
    opened = await works.open(works.lots["L"], quantity="30")
    await works.decide(opened["id"], "concession", quantity="30", expires_at="2099-01-01T00:00:00+08:00")
    (disposition,) = (await works.seen(opened["id"]))["dispositions"]
    works.lots["TC"] = disposition["result_lot_id"]
    assert await back(works, "TC", status=409) == "judged_by_itself"


async def test_a_wrong_split_of_which_nothing_was_learnt_is_struck_out(works: Works) -> None:
    await works.part("L", "P", "30")
    assert await back(works, "P") == "ok"
    assert (await works.balance("L"))["left"] == "100"


async def test_a_stopped_case_is_judged_before_it_is_opened(works: Works) -> None:
    await works.release(works.lots["L"])
    await works.pack("C", ("L", "40"))
    held = await works.hold("叉车撞过", works.lots["C"])
    opening = f"lots/{works.lots['C']}/open"
    for path in (
        opening,
        *[f"links/{each['id']}/end" for each in (await works.get(f"lots/{works.lots['C']}/links"))["items"]],
    ):
        assert (await works.call("operator", "POST", path, {"reason": "开箱"}, status=409))["code"] == "lot_on_hold"
    assert await back(works, "C", "packed", status=409) == "lot_on_hold"
    await works.lift(held[works.lots["C"]], "已检查，完好")
    await works.call("operator", "POST", opening, {"reason": "开箱"})
    assert (await works.balance("L"))["left"] == "100"


async def test_a_case_that_failed_is_not_opened(works: Works) -> None:
    await works.release(works.lots["L"])
    await works.pack("C", ("L", "40"))
    await works.record(works.lots["C"], "0.045")
    opening = (f"lots/{works.lots['C']}/open", {"reason": "开箱"})
    assert (await works.call("operator", "POST", *opening, status=409))["code"] == "lot_on_hold"
    await works.database("UPDATE hold SET closed_at = now() WHERE tenant_id = $1")  # by nothing that the plant may do
    assert (await works.call("operator", "POST", *opening, status=409))["code"] == "judged_by_itself"


async def test_a_rejected_case_is_opened_once_it_was_looked_at_and_released(works: Works) -> None:
    await works.release(works.lots["L"])
    await works.pack("C", ("L", "40"))
    case = works.lots["C"]
    await works.call("releaser", "POST", "rejections", {"lot_ids": [case], "password": PASSWORD})
    opening = (f"lots/{case}/open", {"reason": "开箱"})
    assert (await works.call("operator", "POST", *opening, status=409))["code"] == "judged_by_itself"
    await works.record(case, "0.01")
    await works.release(case)
    await works.call("operator", "POST", *opening)
    assert (await works.balance("L"))["left"] == "100"


async def test_two_holds_by_hand_stand_until_each_is_lifted(works: Works) -> None:
    """People write the same cause for different reasons: one on the whole, one on the part, one on a case."""
    await works.release(works.lots["L"])
    await works.part("L", "P", "30")
    await works.pack("C", ("L", "40"))
    held = {each: await works.hold("manual", works.lots[each]) for each in ("L", "P", "C")}
    assert await back(works, "P", status=409) == "lot_on_hold"
    opening = (f"lots/{works.lots['C']}/open", {"reason": "开箱"})
    assert (await works.call("operator", "POST", *opening, status=409))["code"] == "lot_on_hold"
    await works.lift(held["P"][works.lots["P"]], "查清")
    assert await back(works, "P") == "ok"
    await works.lift(held["C"][works.lots["C"]], "查清")
    await works.call("operator", "POST", *opening)
    again = {"lot_ids": [works.lots["L"]], "cause": "manual", "reason": "x"}
    assert await works.refused("quality_manager", "holds", again) == "hold_already_open"


async def test_a_hold_that_comes_with_goods_stands_beside_that_of_the_lot_they_join(works: Works) -> None:
    await works.part("L", "P", "30")
    held = {each: await works.hold("manual", works.lots[each]) for each in ("B", "P")}
    link = {"from_lot": works.lots["P"], "to_lot": works.lots["B"], "kind": "split", "quantity": "30"}
    await works.call("operator", "POST", "links", link)
    await works.lift(held["B"][works.lots["B"]], "查清")
    (left,) = [each for each in (await works.get(f"lots/{works.lots['B']}/holds"))["items"] if not each["closed_at"]]
    await works.lift(left["id"], "也查清")


async def test_a_part_of_held_goods_goes_back_to_them(works: Works) -> None:
    held = await works.hold("manual", works.lots["L"])
    await works.part("L", "P", "30")
    assert await back(works, "P") == "ok"
    await works.part("L", "Q", "30")
    await works.lift(held[works.lots["L"]], "整批已查清")
    assert await back(works, "Q", status=409) == "lot_on_hold"
