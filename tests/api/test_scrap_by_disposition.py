"""Promise: goods outside a legal limit, and goods rejected by signature, are not scrapped by hand: a nonconformity and its disposition, with evidence, take them."""

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.failing import Floor

SCRAP = {"quantity": "100", "unit": "kg", "reason": "铅超标"}


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def test_a_lot_that_failed_the_law_leaves_by_disposition_only(floor: Floor) -> None:
    lot = await floor.lot("0.06")
    assert await floor.refused("operator", f"lots/{lot}/scrap", SCRAP) == "scrap_needs_disposition"
    part = (await floor.call("operator", "POST", f"lots/{lot}/split", {"lot_no": "P", "quantity": "90"}))["id"]
    assert (
        await floor.refused("operator", f"lots/{part}/scrap", SCRAP | {"quantity": "90"}) == "scrap_needs_disposition"
    )
    opened = await floor.open(part)
    assert await floor.refused("operator", f"lots/{part}/scrap", SCRAP | {"quantity": "90"}) == "awaits_disposition"
    disposition = await floor.decide(opened["id"], "destroy")
    await floor.carry_out(disposition, attachment_ids=[await floor.file()])


async def test_anything_else_is_scrapped_as_before(floor: Floor) -> None:
    await floor.call("operator", "POST", f"lots/{await floor.lot('0.045')}/scrap", SCRAP)


async def test_what_was_rejected_leaves_by_disposition_with_evidence(floor: Floor) -> None:
    lot = await floor.lot("0.01")
    await floor.call("releaser", "POST", "rejections", {"lot_ids": [lot], "password": PASSWORD})
    assert await floor.refused("operator", f"lots/{lot}/scrap", SCRAP) == "scrap_rejected"
    part = (await floor.call("operator", "POST", f"lots/{lot}/split", {"lot_no": "P", "quantity": "90"}))["id"]
    assert await floor.refused("operator", f"lots/{part}/scrap", SCRAP | {"quantity": "90"}) == "scrap_rejected"
    opened = await floor.open(part)
    assert await floor.refused("operator", f"lots/{part}/scrap", SCRAP | {"quantity": "90"}) == "awaits_disposition"
    await floor.carry_out(await floor.decide(opened["id"], "scrap"), attachment_ids=[await floor.file()])
