"""Promise: what failed the customer's limit is not released before something was decided about it or it passed again: a
concession (with the consent, where the product demands it), a disposition, a re-inspection; nor are parts or mixtures of it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.api import Api
from tests.fixtures.failing import Floor

SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
FAILED = ["release_customer_limit_failed"]
OUTSIDE, INTERNAL, GOOD = "0.045", "0.035", "0.01"


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def concede(floor: Floor, lot: str) -> str:
    """Where the conceded goods are; the customer consented on paper."""
    opened = await floor.open(lot)
    consent = {"customer_id": floor.customer, "consent_attachment_id": await floor.file(), "expires_at": SOON}
    await floor.decide(opened["id"], "concession", **consent)
    await floor.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    return opened["lot_id"]


async def test_it_is_refused_and_says_what_failed_and_what_to_do(floor: Floor) -> None:
    lot = await floor.lot(OUTSIDE)
    review = await floor.call("viewer", "GET", f"lots/{lot}/review")
    (point,) = [each for each in review["missing"] if each["mandatory"]]
    assert (point["code"], review["ready"]) == (FAILED[0], False)
    assert all(word in point["text"] for word in ("铅", "客户标准", "不合格品处理单", "复检"))
    assert await floor.release(lot, status=409) == FAILED


async def test_an_internal_limit_alone_is_shown_and_does_not_stop(floor: Floor) -> None:
    lot = await floor.lot(INTERNAL)
    assert "release_limit_failed" in [
        each["code"] for each in (await floor.call("viewer", "GET", f"lots/{lot}/review"))["unusual"]
    ]
    await floor.release(lot)


async def test_a_concession_with_the_consent_answers_for_it_and_not_for_what_fails_later(floor: Floor) -> None:
    await floor.call("quality_manager", "PUT", "review-rules", {"product_id": floor.product, "customer_consent": True})
    lot = await concede(floor, await floor.lot(OUTSIDE))
    await floor.release(lot)
    other = await concede(floor, await floor.lot(OUTSIDE))
    await floor.record(other, "0.049")
    assert await floor.release(other, status=409) == FAILED


async def test_a_reinspection_that_passed_answers_for_it(floor: Floor) -> None:
    lot = await floor.lot(OUTSIDE)
    await floor.record(lot, GOOD)
    await floor.release(lot)
    worse = await floor.lot(GOOD)
    await floor.record(worse, OUTSIDE)
    assert await floor.release(worse, status=409) == FAILED


async def test_a_part_with_another_record_and_a_mixture_are_no_better(floor: Floor) -> None:
    lot = await floor.lot(OUTSIDE)
    part = (await floor.call("operator", "POST", f"lots/{lot}/split", {"lot_no": "P1", "quantity": "90"}))["id"]
    assert await floor.release(part, status=409) == FAILED
    parts = [{"lot_id": part}, {"lot_id": await floor.lot(GOOD)}]
    mixed = (await floor.call("operator", "POST", "merges", {"lot_no": "M1", "parts": parts}))["id"]
    assert await floor.release(mixed, status=409) == FAILED
    await floor.record(mixed, GOOD)
    await floor.release(mixed)


async def scrap_part(floor: Floor, lot: str, record: str, quantity: str) -> None:
    opened = await floor.open(lot, quantity=quantity, record_id=record)
    assert FAILED[0] in await floor.release(lot, status=409)  # nothing is decided yet
    await floor.carry_out(await floor.decide(opened["id"], "scrap"), attachment_ids=[await floor.file()])


async def test_of_a_record_that_counts_nothing_a_part_is_no_answer_and_the_rest_is_looked_at(floor: Floor) -> None:
    lot = await floor.lot()
    await scrap_part(floor, lot, await floor.record(lot, OUTSIDE), "30")
    assert await floor.release(lot, status=409) == FAILED
    await floor.record(lot, GOOD)
    await floor.release(lot)


async def test_of_a_record_that_counts_a_part_answers_that_is_no_less(floor: Floor) -> None:
    form = (await floor.call("viewer", "GET", "forms"))["items"][0]["id"]
    plan = {"name": "出厂检验", "trigger": "end_of_lot", "form_id": form, "product_id": floor.product}
    await floor.call("quality_manager", "POST", "inspection-plans", plan | {"code": "FQC", "within_minutes": 60})
    lot = await floor.lot()
    counted = {"accepted": "70", "rejected": "30"}
    record = await floor.record(lot, OUTSIDE, inspected=counted)
    await scrap_part(floor, lot, record, "29")
    assert FAILED[0] in await floor.release(lot, status=409)
    await scrap_part(floor, lot, record, "1")
    assert FAILED[0] not in await floor.release(lot, status=409)
