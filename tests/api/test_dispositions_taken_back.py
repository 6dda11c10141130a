"""Promise: a disposition carried out by mistake is taken back by somebody who may sign it, as long as nothing was built on it: the
quantity is back and stopped, a concession ends, the nonconformity is open again; what cannot be undone says what to do."""

from typing import Any

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_stocked

UNTIL = "2099-01-01T00:00:00+08:00"


@pytest.fixture
async def works(api: Api) -> Works:
    return await make_stocked(api)


async def take_back(
    works: Works, disposition: str, role: str = "quality_manager", status: int = 204, **more: Any
) -> str:
    body = {"password": PASSWORD, "reason": "选错批次"} | more
    answer = await works.call(role, "POST", f"dispositions/{disposition}/reverse", body, status=status)
    return str(answer["code"]) if answer else "ok"


async def as_before(works: Works, nonconformity: str) -> None:
    """All is in L again, stopped and undecided, and can be decided anew."""
    seen = await works.seen(nonconformity)
    assert (seen["state"], seen["accounted"]) == ("open", "0")
    (one,) = seen["dispositions"]
    assert (one["state"], one["reverse_reason"], one["result_lot_id"]) == ("withdrawn", "选错批次", None)
    assert (await works.balance("L"))["left"] == "100"
    assert await works.ship_code(works.lots["L"], "1") == "lot_on_hold"
    await works.carry_out(await works.decide(nonconformity, "scrap"), attachment_ids=[await works.file()])
    await works.call("quality_manager", "POST", f"nonconformities/{nonconformity}/close", {})


@pytest.mark.parametrize("quantity", [None, "30"])
@pytest.mark.parametrize("kind", ["rework", "repair", "downgrade", "sort", "concession"])
async def test_what_was_before_is_again(works: Works, kind: str, quantity: str | None) -> None:
    opened = await works.open(works.lots["L"])
    more: dict[str, Any] = {"downgrade": {"product_id": works.feed}, "concession": {"expires_at": UNTIL}}.get(kind, {})
    disposition = await works.decide(opened["id"], kind, **more | ({"quantity": quantity} if quantity else {}))
    if kind != "concession":
        done = {"good_quantity": "10"} if kind == "sort" else {"quantity_out": "25"} if kind == "rework" else {}
        await works.carry_out(disposition, **done)
    assert await take_back(works, disposition) == "ok"
    await as_before(works, opened["id"])
    assert await take_back(works, disposition, status=409) == "disposition_not_done"


async def test_a_closed_one_is_open_again(works: Works) -> None:
    opened = await works.open(works.lots["L"])
    disposition = await works.decide(opened["id"], "rework")
    made = await works.carry_out(disposition)
    assert made is not None
    await works.record(made, "0.01")
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    assert await take_back(works, disposition) == "ok"
    await as_before(works, opened["id"])
    assert (await works.get(f"lots/{made}"))["left"] == "0"


async def test_sorted_good_and_freed_is_stopped_again(works: Works) -> None:
    opened = await works.open(works.lots["L"])
    disposition = await works.decide(opened["id"], "sort")
    good = await works.carry_out(disposition, good_quantity="40")
    assert good is not None
    await works.record(good, "0.01")
    await works.call("operator", "POST", f"dispositions/{disposition}/verify")
    assert await take_back(works, disposition) == "ok"
    assert await works.ship_code(good, "1") != "ok"
    await as_before(works, opened["id"])


async def test_another_customer_may_consent_after_a_concession_for_the_wrong_one(works: Works) -> None:
    other, _ = await works.customer_at("C2", "城东超市")
    opened = await works.open(works.lots["L"])
    consent = {"expires_at": UNTIL, "consent_attachment_id": await works.file()}
    wrong = await works.decide(opened["id"], "concession", customer_id=other, **consent)
    assert await works.ship_code(works.lots["L"], "1") != "ok"
    await take_back(works, wrong)
    await works.decide(opened["id"], "concession", customer_id=works.customer, **consent)
    assert await works.ship_code(works.lots["L"], "100") == "ok"


async def test_nothing_is_taken_back_that_something_was_built_on(works: Works) -> None:
    opened = await works.open(works.lots["L"])
    conceded = await works.decide(opened["id"], "concession", quantity="30", expires_at=UNTIL)
    (one,) = (await works.seen(opened["id"]))["dispositions"]
    assert await works.ship_code(one["result_lot_id"], "1") == "ok"
    assert await take_back(works, conceded, status=409) == "disposition_built_on"
    reworked = await works.decide(opened["id"], "rework", quantity="30")
    made = await works.carry_out(reworked)
    assert made is not None
    await works.record(made, "0.01")
    await works.release(made)
    assert await take_back(works, reworked, status=409) == "disposition_built_on"
    again = await works.decide(opened["id"], "rework", quantity="10")
    failed = await works.carry_out(again)
    assert failed is not None
    await works.record(failed, "0.035")
    assert await take_back(works, again, status=409) == "judged_by_itself"
    scrapped = await works.decide(opened["id"], "scrap", quantity="10")
    assert await take_back(works, scrapped, status=409) == "disposition_not_done"
    await works.carry_out(scrapped, attachment_ids=[await works.file()])
    assert await take_back(works, scrapped, status=409) == "disposition_gone"


async def test_goods_that_another_nonconformity_took_over_are_its_own(works: Works) -> None:
    opened = await works.open(works.lots["L"])
    disposition = await works.decide(opened["id"], "concession", expires_at=UNTIL)
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    await works.open(works.lots["L"])
    assert await take_back(works, disposition, status=409) == "nonconformity_already_open"


async def test_only_who_may_sign_takes_it_back_and_a_case_stays_open(works: Works) -> None:
    await works.pack("C", ("L", "40"))
    opened = await works.open(works.lots["C"])
    disposition = await works.decide(opened["id"], "concession", expires_at=UNTIL)
    assert await take_back(works, disposition, "operator", 403) == "disposition_signer_has_no_part"
    assert await take_back(works, disposition, password="falsch falsch", status=403) == "wrong_password"
    assert await take_back(works, disposition) == "ok"
    assert await works.ship_code(works.lots["C"], "1") == "lot_on_hold"
    sorting = await works.decide(opened["id"], "sort")
    await works.carry_out(sorting)
    assert await take_back(works, sorting, status=409) == "disposition_gone"


async def test_nobody_ends_a_concession_past_the_services(works: Works) -> None:
    opened = await works.open(works.lots["L"])
    await works.decide(opened["id"], "concession", expires_at=UNTIL)
    with pytest.raises(Exception, match="the concession was not taken back"):
        await works.database(
            "UPDATE lot SET concession_id = NULL, conceded_until = NULL, conceded_quantity = NULL"
            " WHERE tenant_id = $1 AND id = $2", works.lots["L"],
        )  # fmt: skip
