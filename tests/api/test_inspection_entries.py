"""Promise: a form may demand another person; what is entered after the fact keeps both times and a reason and is counted; what is
typed from paper has its photo and is checked by another; each form says its document number and how long it is kept; and a
signer is shown what is unusual."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.actor import worker
from server.core.clock import now
from server.domains import quality
from server.domains.quality import events, inspection
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import Line, hours_ago, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def unusual(line: Line, lot: str) -> list[inspection.Unusual]:
    async with db.transaction(line.plant.actor("releaser").scope()):
        tenant_id, lot_id = line.plant.tenant_id, UUID(lot)
        speaking = await quality.speaking_lots(tenant_id, [lot_id])
        return (await inspection.entries_unusual(tenant_id, speaking, [lot_id])).get(lot_id, [])


async def photo(line: Line, content: bytes = b"\x89PNG\r\n\x1a\n one") -> str:
    files = {"file": ("sheet.png", content, "image/png")}
    answer = await line.client.post("/api/v1/attachments", files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_record_that_wants_a_second_person_is_not_complete_without(line: Line) -> None:
    await line.form(second_check=True)
    lot = await line.lot()
    inspector, manager = line.plant.client("inspector"), line.plant.client("quality_manager")
    made = await line.post("records", {"form_code": "F1", "lot_id": lot, "values": {"look": "好"}}, client=inspector)
    waiting = (await line.get("records-to-check"))["items"]
    assert [row["id"] for row in waiting] == [made["id"]]
    assert [(each.kind, each.blocking) for each in await unusual(line, lot)] == [("second_check_missing", True)]
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "P1", "quantity": "5"}))["id"]
    assert [each.kind for each in await unusual(line, part)] == ["second_check_missing"]  # no way around it
    path = f"records/{made['id']}/check"
    assert (await line.post(path, {}, expect=403, client=inspector))["code"] == "checked_by_itself"
    assert (await line.post(path, {}, expect=409, client=line.plant.client("operator")))["code"] == "may_not_check"
    await line.post(path, {}, expect=204, client=manager)
    await line.post(path, {}, expect=409, client=manager)
    shown = await line.get(f"records/{made['id']}")
    assert shown["wants_check"]
    assert shown["checked_by"]
    assert await unusual(line, lot) == []
    assert (await line.get("records-to-check"))["items"] == []


async def test_the_second_person_may_enter_name_and_password_beside_the_first(line: Line) -> None:
    await line.form(second_check=True)
    lot = await line.lot()
    operator = line.plant.client("operator")
    made = await line.post("records", {"form_code": "F1", "lot_id": lot, "values": {"look": "好"}}, client=operator)
    path = f"records/{made['id']}/check"
    inspector = line.plant.person("inspector").username
    viewer = line.plant.person("viewer").username
    for username, password in ((inspector, "wrong password"), (viewer, PASSWORD), ("nobody-here", PASSWORD)):
        refused = await line.post(path, {"username": username, "password": password}, expect=403, client=operator)
        assert refused["code"] == "checker_unknown"
    await line.post(path, {"username": inspector, "password": PASSWORD}, expect=204, client=operator)


async def test_a_late_entry_says_why_where_the_form_sets_a_limit(line: Line) -> None:
    await line.form(late_after_minutes=30)
    lot = await line.lot()
    at = {"lot_id": lot, "captured_at": hours_ago(2).isoformat()}
    assert (await line.record(expect=422, **at))["errors"][0]["code"] == "late_reason_required"
    in_time = await line.record(lot_id=lot, captured_at=hours_ago(0.2).isoformat())
    late = await line.record(**at, late_reason="现场无网络")
    shown = await line.get(f"records/{late['id']}")
    assert shown["late"]
    assert shown["late_reason"] == "现场无网络"
    assert datetime.fromisoformat(shown["received_at"]) - datetime.fromisoformat(shown["captured_at"]) > timedelta(
        hours=1.9
    )
    assert not (await line.get(f"records/{in_time['id']}"))["late"]
    counted = await line.get("late-entries")
    assert (counted["total"], counted["by_form"][0]["form_code"]) == (1, "F1")
    assert [row["id"] for row in (await line.get("records", late="true"))["items"]] == [late["id"]]
    assert [each.kind for each in await unusual(line, lot)] == ["late_entry"]
    right = late["id"]
    for _ in range(2):
        right = (await line.record(lot_id=lot, corrects=right, correction_reason="抄错"))["id"]
    told = [(each.kind, str(each.record_id)) for each in await unusual(line, lot)]
    assert told == [("late_entry", right), ("correction", right)]  # about what speaks now


async def test_the_enterprise_sets_a_limit_for_forms_without_one(line: Line) -> None:
    await line.form()
    await line.form("F2", late_after_minutes=6000)
    lot = await line.lot()
    at = {"lot_id": lot, "captured_at": hours_ago(3).isoformat()}
    assert (await line.record(**at))["replayed"] is False
    answer = await line.client.put("/api/v1/late-entries", json={"late_after_minutes": 60})
    assert answer.status_code == 200
    await line.record(expect=422, **at)
    await line.record("F2", **at)  # the form's own goes first
    await line.record(source="api", **at)  # a machine is late, and says no reason
    answer = await line.client.put("/api/v1/late-entries", json={"late_after_minutes": None})
    assert answer.json()["late_after_minutes"] is None
    await line.record(**at)


async def test_paper_has_its_photo_and_is_checked_by_another(line: Line) -> None:
    await line.form()
    lot = await line.lot()
    assert (await line.record(lot_id=lot, source="paper", expect=422))["errors"][0]["code"] == "paper_photo_required"
    typed = await line.record(lot_id=lot, source="paper", attachment_ids=[await photo(line)], operator_name="老王")
    assert [(each.kind, each.blocking) for each in await unusual(line, lot)] == [("paper_unchecked", True)]
    path = f"records/{typed['id']}/check"
    await line.post(path, {}, expect=403)  # who typed it, though somebody else did the work
    await line.post(path, {}, expect=204, client=line.plant.client("inspector"))
    assert await unusual(line, lot) == []


async def test_each_form_says_its_number_and_how_long_its_records_are_kept(line: Line) -> None:
    form = await line.form("F7")
    shown = await line.get(f"forms/{form}")
    assert (shown["document_no"], shown["keep_years"]) == ("F7", 2)
    other = await line.form("F8", document_no="QP-08-A", keep_years=5)
    assert (await line.get(f"forms/{other}"))["document_no"] == "QP-08-A"
    lot = await line.lot()
    made = await line.record("F8", lot_id=lot)
    record = await line.get(f"records/{made['id']}")
    assert record["document_no"] == "QP-08-A"
    assert datetime.fromisoformat(record["keep_until"]).year == now().year + 5


async def test_a_signer_sees_corrections_blanks_and_photos_used_before(line: Line) -> None:
    await line.form()
    first, second = await line.lot(), await line.lot()
    picture = await photo(line)
    await line.record(lot_id=first, attachment_ids=[picture])
    again = await photo(line)  # the same bytes, sent anew
    wrong = await line.record(lot_id=second, attachment_ids=[again])
    await line.record(lot_id=second, corrects=wrong["id"], correction_reason="批号写错", attachment_ids=[again])
    await line.record(values={"look": None}, lot_id=second, incomplete=True)
    assert await unusual(line, first) == []
    found = {each.kind: each for each in await unusual(line, second)}
    assert set(found) == {"correction", "gap", "photo_used_before"}
    assert found["correction"].params["reason"] == "批号写错"
    assert found["gap"].params["fields"] == "外观"
    assert not any(each.blocking for each in found.values())


async def test_days_are_expected_and_missing_ones_listed(line: Line) -> None:
    form = await line.form("RK", "working_day")
    since = (now() - timedelta(days=4)).isoformat()
    plan = await line.plan("daily", form, in_force_from=since, mandatory=False)
    await tick(line)
    days = (await line.get("working-days"))["items"]
    assert {row["plan_id"] for row in days} == {plan}
    assert len(days) >= 5
    missing = (await line.get("working-days", missing_only="true"))["items"]
    assert len(missing) >= 3
    # Nothing found is a record too.
    done = await line.record("RK", {"look": "好"}, working_day=missing[0]["working_day"])
    assert done["inspection"]["late"]
    assert len((await line.get("working-days", missing_only="true"))["items"]) == len(missing) - 1
    today = days[0]["working_day"] if days[0]["state"] != "upcoming" else days[1]["working_day"]
    assert not (await line.record("RK", working_day=today))["inspection"]["late"]


async def test_a_weekly_record_of_any_day_of_the_week_is_that_of_the_week(line: Line) -> None:
    form = await line.form("ZP", "working_day")
    await line.plan("weekly", form, in_force_from=(now() - timedelta(days=15)).isoformat())
    await tick(line)
    weeks = (await line.get("working-days"))["items"]
    sunday = datetime.fromisoformat(weeks[-1]["working_day"])
    assert sunday.isoweekday() == 7
    done = await line.record("ZP", working_day=(sunday - timedelta(days=3)).date().isoformat())
    assert done["inspection"]["inspection_id"] == weeks[-1]["inspection_id"]


async def test_a_page_goes_on_where_the_last_one_ended(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lots = [await line.lot() for _ in range(5)]
    found: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = await line.get("inspections", limit=2, **after)
        found += [row["lot_id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == lots


async def tick(line: Line) -> int:
    async with db.transaction(line.plant.actor("operator").scope()):
        return await events.tick(worker("test", line.plant.tenant_id, ""), now())
