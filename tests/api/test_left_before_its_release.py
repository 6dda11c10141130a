"""Promise: a shipment that left, by what is on record, before its goods were released is stored and says so: in the answer, wherever
it is shown, for goods in packages too; one that left after says nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.api import Api
from tests.fixtures.works import Works, make_stocked


@pytest.fixture
async def works(api: Api) -> Works:
    return await make_stocked(api)


async def sent(works: Works, lot_no: str, departed_at: datetime | None) -> dict[str, object]:
    body = {
        "shipment_no": lot_no + str(departed_at),
        "customer_id": works.customer,
        "lines": [{"lot_id": works.lots[lot_no], "quantity": "1"}],
    }
    if departed_at is not None:
        body["departed_at"] = departed_at.isoformat()
    answer: dict[str, object] = await works.call("operator", "POST", "shipments", body)
    return answer


async def test_it_is_told_at_once_and_wherever_it_is_shown(works: Works) -> None:
    await works.pack("C", ("L", "10"))
    for lot_no in ("L", "C"):
        made = await sent(works, lot_no, datetime.now(UTC) - timedelta(hours=1))
        (told,) = made["warnings"]
        assert "批次 L：放行" in told
        assert "晚于发货" in told
        assert (await works.get(f"shipments/{made['id']}"))["warnings"] == [told]
        for language, words in (("zh", "晚于发货"), ("en", "is later than Shipment")):
            page = await works.plant.client("viewer").get(
                f"/admin/shipments/{made['id']}", headers={"Accept-Language": language}
            )
            assert words in page.text


async def test_one_that_left_after_or_has_not_left_says_nothing(works: Works) -> None:
    assert (await sent(works, "L", datetime.now(UTC)))["warnings"] == []
    waiting = await sent(works, "L", None)
    assert waiting["warnings"] == []
    left = await works.call("operator", "POST", f"shipments/{waiting['id']}/depart", {})
    assert left["warnings"] == []
