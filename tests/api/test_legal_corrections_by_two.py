"""Promise: nobody alone turns his own result outside a legal limit into one inside it: the correction waits for another person, until
then the first result stands (no release, no shipping, pieces stay behind, holds go on), and the review names it in a line of its own,
confirmed or not; by a phone as by any other way. A correction by other hands needs nobody more."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.ids import new_id
from server.domains.quality import NewRecord, record_entry
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.failing import Floor

HIGH, LOW = "0.06", {"Pb": "0.01"}
UNCONFIRMED = ["release_legal_correction_unconfirmed", "release_legal_limit_failed"]


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def slip(floor: Floor, **more: Any) -> tuple[str, str]:
    """A lot, and the inspector's correction of the result that the inspector entered."""
    lot = await floor.lot(**more)
    record = await floor.record(lot, HIGH)
    return lot, await floor.correct(lot, record, LOW, role="inspector")


async def confirm(floor: Floor, record: str, role: str = "quality_manager", status: int = 204, **body: str) -> Any:
    return await floor.call(role, "POST", f"records/{record}/check", body, status=status)


async def unusual(floor: Floor, lot: str) -> dict[str, str]:
    found = (await floor.call("viewer", "GET", f"lots/{lot}/review"))["unusual"]
    return {each["code"]: each["text"] for each in found}


async def test_it_waits_for_another_and_the_first_result_stands_until_then(floor: Floor) -> None:
    lot, right = await slip(floor)
    assert sorted(await floor.release(lot, status=409)) == UNCONFIRMED
    waiting = (await floor.call("quality_manager", "GET", "records-to-check"))["items"]
    assert [each["id"] for each in waiting] == [right]
    assert (await confirm(floor, right, "inspector", 403))["code"] == "checked_by_itself"
    assert sorted(await floor.release(lot, status=409)) == UNCONFIRMED
    await confirm(floor, right)
    await floor.release(lot)
    assert await floor.ship_code(lot, "1") == "ok"


async def test_the_review_names_it_in_a_line_of_its_own_before_and_after(floor: Floor) -> None:
    lot, right = await slip(floor)
    told = await unusual(floor, lot)
    assert "超出法规限量" in told["legal_correction"]
    assert "抄错" in told["legal_correction"]
    assert "correction" not in told
    await confirm(floor, right)
    after = (await unusual(floor, lot))["legal_correction"]
    assert floor.plant.person("quality_manager").actor.name in after


async def test_who_enters_it_is_told_at_once(floor: Floor) -> None:
    lot = await floor.lot()
    record = await floor.record(lot, HIGH)
    body = {"form_code": "L", "lot_id": lot, "values": LOW, "corrects": record, "correction_reason": "抄错"}
    answer = await floor.call("inspector", "POST", "records", body)
    assert [each["code"] for each in answer["warnings"]] == ["legal_correction_waits"]
    english = floor.plant.client("inspector", accept_language="en")
    again = (await english.get(f"/api/v1/records/{answer['id']}")).json()
    assert "another person" in again["warnings"][0]["text"]


async def test_other_hands_need_nobody_more_and_are_named_all_the_same(floor: Floor) -> None:
    lot = await floor.lot()
    await floor.correct(lot, await floor.record(lot, HIGH), LOW, role="quality_manager")
    assert "legal_correction" in await unusual(floor, lot)
    await floor.release(lot)


async def test_a_correction_of_a_correction_comes_from_the_first_hands_still(floor: Floor) -> None:
    lot = await floor.lot()
    other = await floor.correct(lot, await floor.record(lot, HIGH), {"Pb": "0.07"}, role="quality_manager")
    mine = await floor.correct(lot, other, LOW, role="inspector")
    assert sorted(await floor.release(lot, status=409)) == UNCONFIRMED
    # Both had their hands in what failed: a third confirms.
    assert (await confirm(floor, mine, "quality_manager", 403))["code"] == "checked_by_itself"
    third = await floor.plant.api.person(floor.plant, "quality_manager")
    answer = await floor.plant.api.client(third.token).post(f"/api/v1/records/{mine}/check", json={})
    assert answer.status_code == 204, answer.text
    await floor.release(lot)


async def test_a_result_that_a_machine_sent_is_not_turned_by_one_person(floor: Floor) -> None:
    lot = await floor.lot()
    machine = replace(floor.plant.actor("inspector"), kind="api_key", id=new_id(), name="光谱仪 3 号")
    command = NewRecord(form_code="L", lot_id=UUID(lot), values={"Pb": HIGH}, source="api")
    async with db.transaction(machine.scope()):
        sent = (await record_entry(machine, command)).record_id
    right = await floor.correct(lot, str(sent), LOW, role="inspector")
    assert sorted(await floor.release(lot, status=409)) == UNCONFIRMED
    await confirm(floor, right)
    await floor.release(lot)


async def test_inside_another_limit_one_corrects_alone(floor: Floor) -> None:
    lot = await floor.lot()
    await floor.correct(lot, await floor.record(lot, "0.045"), LOW, role="inspector")
    await floor.release(lot)


async def test_after_release_the_hold_ends_with_the_confirmation(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    right = await floor.correct(lot, await floor.record(lot, HIGH), LOW, role="inspector")
    assert await floor.ship_code(lot, "1") == "lot_on_hold"
    await confirm(floor, right)
    assert await floor.ship_code(lot, "1") == "ok"


async def test_whoever_confirmed_has_inspected_and_does_not_sign(floor: Floor) -> None:
    lot, right = await slip(floor)
    both = await floor.plant.api.person(floor.plant, "quality_manager", "releaser")
    client = floor.plant.api.client(both.token)
    assert (await client.post(f"/api/v1/records/{right}/check", json={})).status_code == 204
    refused = await client.post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
    assert [each["code"] for each in refused.json()["errors"]] == ["release_by_inspector"]
    await floor.release(lot)


async def test_by_a_phone_as_by_any_other_way(floor: Floor) -> None:
    lot = await floor.lot()
    record = await floor.record(lot, HIGH)
    version = (await floor.call("viewer", "GET", f"records/{record}"))["form_version_id"]
    now = datetime.now(UTC).isoformat()
    entry = {
        "entry_id": str(new_id()), "seq": 1, "captured_at": now, "form_version_id": version, "lot_id": lot, "values": LOW,
        "corrects": record, "correction_reason": "小数点",
    }  # fmt: skip
    body = {"sent_at": now, "phone": str(new_id()), "entries": [{"entry": entry}]}
    (told,) = (await floor.call("inspector", "POST", "phone/sync", body))["answers"]
    assert told["outcome"] == "stored"
    assert "legal_correction_waits" in [each["code"] for each in told["warnings"]]
    assert sorted(await floor.release(lot, status=409)) == UNCONFIRMED
    await confirm(floor, told["record_id"])
    await floor.release(lot)


async def test_on_the_page_of_the_record(floor: Floor) -> None:
    lot, right = await slip(floor)
    inspector, manager = floor.plant.client("inspector"), floor.plant.client("quality_manager")
    page = (await manager.get(f"/admin/lots/{lot}/records")).text
    assert "等待另一人复核，确认之前原结果仍然有效" in page
    path = f"/admin/records/{right}/check"
    assert f'action="{path}"' in page
    assert path not in (await floor.plant.client("viewer").get(f"/admin/records/{right}")).text
    refused = await inspector.post(path, data={"username": "", "password": ""})
    assert refused.status_code == 403
    assert "复核人不能是操作人或录入人本人" in refused.text
    wrong = await inspector.post(
        path, data={"username": floor.plant.person("quality_manager").username, "password": "x"}
    )
    assert wrong.status_code == 403
    assert f'id="check-{right}-password-error"' in wrong.text
    named = {"username": floor.plant.person("quality_manager").username, "password": PASSWORD}
    assert (await inspector.post(path, data=named)).status_code == 303
    shown = (await manager.get(f"/admin/records/{right}")).text
    assert f"复核：{floor.plant.person('quality_manager').actor.name}" in shown
    assert path not in shown
