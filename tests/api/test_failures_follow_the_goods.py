"""Promise: what failed is answered by a later look at these very goods alone: a mixture does not borrow the pass of what it was
mixed with, a part not that of another part, and no change of the limits stands for a measurement against the law; a package that
fails is stopped like a lot."""

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_works


@pytest.fixture
async def works(api: Api) -> Works:
    """X: outside the legal limit, reworked into W by a signed disposition; B: other goods, which passed."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    for lot_no, value in (("X", "0.06"), ("B", "0.01")):
        await works.add(lot_no, "奶", "finished", "100")
        await works.record(works.lots[lot_no], value)
    opened = await works.open(works.lots["X"])
    made = await works.carry_out(await works.decide(opened["id"], "rework", quantity="100"))
    assert made is not None
    works.lots["W"] = made
    return works


async def merged(works: Works, *lots: str) -> str:
    return await works.made("M", "merges", {"parts": [{"lot_id": works.lots[each]} for each in lots]})


async def test_a_mixture_is_inspected_after_it_was_mixed(works: Works) -> None:
    mixture = await merged(works, "W", "B")
    assert "release_legal_limit_failed" in await works.release(mixture, status=409)
    await works.record(mixture, "0.01")
    await works.release(mixture)


async def test_a_part_is_not_inspected_by_another_part(works: Works) -> None:
    await works.part("W", "W2", "30")
    await works.record(works.lots["W2"], "0.01")
    await works.release(works.lots["W2"])
    mixture = await merged(works, "W", "W2")
    assert "release_legal_limit_failed" in await works.release(mixture, status=409)


async def test_goods_poured_into_others_that_had_passed_are_inspected_again(works: Works) -> None:
    await works.use("W", "B", "100", kind="merged")
    assert "release_legal_limit_failed" in await works.release(works.lots["B"], status=409)
    await works.record(works.lots["B"], "0.01")
    await works.release(works.lots["B"])


async def test_good_goods_that_were_worked_on_are_inspected_again_in_a_mixture_too(works: Works) -> None:
    await works.add("G", "奶", "finished", "100")
    await works.record(works.lots["G"], "0.01")
    await works.release(works.lots["G"])
    again = {"lot_no": "R", "quantity": "50"}
    await works.made("R", f"lots/{works.lots['G']}/rework", again)
    mixture = await merged(works, "R", "B")
    assert "release_reinspection_missing" in await works.release(mixture, status=409)
    await works.record(mixture, "0.01")
    await works.release(mixture)


async def test_a_look_that_asks_no_law_answers_for_none(works: Works) -> None:
    rows = (await works.call("quality_manager", "GET", f"specifications?product_id={works.product}"))["items"]
    (lead,) = [each["id"] for each in rows if each["characteristic_id"] == works.lead]
    limits = {"limits": {"internal": {"high": "0.07"}}}
    await works.call("quality_manager", "POST", f"specifications/{lead}/versions", limits)
    await works.record(works.lots["W"], "0.06")
    assert "release_legal_limit_failed" in await works.release(works.lots["W"], status=409)


async def test_a_package_outside_the_law_leaves_neither_alone_nor_on_a_pallet(works: Works) -> None:
    await works.release(works.lots["B"])
    await works.pack("C", ("B", "40"))
    await works.pack("PALLET", ("C", None), unit="pallet")
    await works.record(works.lots["C"], "0.06")
    assert await works.stops("C") == ["quarantined"]
    answer = await works.ship(works.lots["PALLET"], "1")
    assert answer.status_code == 409, answer.text


async def test_what_an_operation_took_in_is_called_back_with_it(works: Works) -> None:
    await works.add("M", "奶", "intermediate", "100")
    asked = await works.call(
        "quality_manager", "POST", "urgent-requests", {"lot_id": works.lots["M"], "reason": "客户停线"}
    )
    body = {"approve": True, "password": PASSWORD}
    await works.call("releaser", "POST", f"urgent-requests/{asked['id']}/decision", body)
    await works.add("P", "奶", "finished", "100")
    used = {"name": "灌装", "lots_in": [works.lots["M"]], "lots_out": [works.lots["P"]]}
    await works.call("operator", "POST", "operations", used)
    await works.record(works.lots["P"], "0.01")
    review = await works.call("releaser", "GET", f"lots/{works.lots['P']}/review")
    assert "input_urgent" in {each["code"] for each in review["unusual"]}
    await works.release(works.lots["P"])
    await works.record(works.lots["M"], "0.045")
    assert await works.stops("P") == ["quarantined"]
    assert await works.ship_code(works.lots["P"], "100") == "lot_on_hold"
