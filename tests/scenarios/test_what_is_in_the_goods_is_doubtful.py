"""Promise: whoever releases goods is told what is doubtful in them: an input outside the customer's limit after its use, one that left
urgently and is not confirmed, another part of the same goods outside the law; and is not told any more once it is settled."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works


@pytest.fixture
async def works(api: Api) -> Works:
    works = Works(await api.plant())
    await works.setup()
    works.goods["奶"] = works.product
    return works


async def told(works: Works, lot_no: str) -> dict[str, str]:
    review = await works.call("releaser", "GET", f"lots/{works.lots[lot_no]}/review")
    return {each["code"]: each["text"] for each in review["unusual"]}


async def used(works: Works) -> None:
    """Some of IN is in OUT."""
    await works.add("OUT", "奶", "finished", "5")
    await works.use("IN", "OUT", "5")
    await works.record(works.lots["OUT"], "0.01")


async def test_an_input_outside_the_customers_limit_after_its_use(works: Works) -> None:
    await works.add("IN", "奶", "finished", "10")
    await works.record(works.lots["IN"], "0.01")
    await works.release(works.lots["IN"])
    await used(works)
    assert "input_failed" not in await told(works, "OUT")
    await works.record(works.lots["IN"], "0.045")
    assert "不符合客户要求" in (await told(works, "OUT"))["input_on_hold"]
    await works.database(
        "UPDATE hold SET closed_at = now() WHERE tenant_id = $1"
    )  # as if it had been used before there were holds
    assert "IN" in (await told(works, "OUT"))["input_failed"]
    await works.record(works.lots["IN"], "0.01")
    assert not {"input_failed", "input_on_hold"} & (await told(works, "OUT")).keys()


async def test_an_input_that_left_urgently_until_it_is_confirmed(works: Works) -> None:
    lot = await works.add("IN", "奶", "finished", "10")
    asked = await works.call("operator", "POST", "urgent-requests", {"lot_id": lot, "reason": "断料"})
    answer = {"approve": True, "password": PASSWORD}
    await works.call("releaser", "POST", f"urgent-requests/{asked['id']}/decision", answer)
    await used(works)
    assert "IN" in (await told(works, "OUT"))["input_urgent"]
    await works.record(lot, "0.01")
    await works.release(lot)
    assert "input_urgent" not in await told(works, "OUT")


async def test_another_part_of_the_same_goods_outside_the_law(works: Works) -> None:
    lot = await works.add("WHOLE", "奶", "finished", "100")
    await works.part("WHOLE", "PART", "50")
    await works.part("PART", "DEEP", "10")
    await works.part("WHOLE", "GOOD", "10")
    await works.record(works.lots["DEEP"], "0.09")
    await works.record(lot, "0.01")
    for lot_no in ("WHOLE", "GOOD", "PART"):
        assert "DEEP" in (await told(works, lot_no))["part_outside_law"], lot_no
    assert "part_outside_law" not in await told(works, "DEEP")


async def test_an_input_that_was_used_before_it_was_there_or_released(works: Works) -> None:
    at = datetime.now(UTC) - timedelta(hours=2)
    for lot_no, more in (("LATE", {"received_at": (at + timedelta(hours=1)).isoformat()}), ("IN", {})):
        await works.add(lot_no, "奶", "finished", "10", **more)
        await works.record(works.lots[lot_no], "0.01")
        await works.release(works.lots[lot_no])
    for number, (lot_no, when) in enumerate((("LATE", at), ("IN", at), ("IN", None))):
        out = f"OUT{number}"
        await works.add(out, "奶", "finished", "5")
        await works.use(lot_no, out, "5", **({"at": when.isoformat()} if when else {}))
        await works.record(works.lots[out], "0.01")
    assert "LATE" in (await told(works, "OUT0"))["input_early"]
    assert "IN" in (await told(works, "OUT1"))["input_early"]
    assert "input_early" not in await told(works, "OUT2")
