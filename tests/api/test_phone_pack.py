"""Promise: one answer holds all that a phone needs for a day without a network, in the exact versions and with the very limits that
the server judges by; it is not sent again while nothing has changed; a scan names a lot or an item, its state and the one thing
due; what does not belong to a task is refused with the reason; a task can be handed to a colleague."""

from uuid import UUID

import pytest

from server.core import db
from server.core.clock import now
from server.core.ids import new_id
from server.domains import quality
from server.domains.quality.judging import load_yardsticks
from server.domains.quality.phone.form_pack import characteristics_of, forms_for, specified_for
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import version_of


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def test_the_pack_holds_the_day_and_is_not_sent_twice(line: Line) -> None:
    form = await line.form()
    await line.plan("receipt", form, sampling={"aql": "2.5", "level": "II"})
    lot = await line.lot(quantity=90, place_id=line.ids["store"])
    inspector = line.plant.client("inspector")
    answer = await inspector.get("/api/v1/phone/pack")
    pack = answer.json()
    assert len(answer.content) < 100_000
    assert (pack["me"]["kind"], pack["me"]["may_record"], pack["me"]["may_check"]) == ("user", True, True)
    (task,) = pack["inspections"]
    assert (task["lot_id"], task["form_version_id"], task["state"]) == (lot, await version_of(line, form), "due")
    assert (task["sampling"]["sample_size"], task["sampling"]["accept"]) == (20, 1)
    (shown,) = pack["lots"]
    assert (shown["state"], shown["due"], shown["last_six"]) == (
        "waiting",
        [task["id"]],
        [shown["lot_no"][-6:].upper()],
    )
    (described,) = pack["forms"]
    assert described["schema"]["required"] == ["look"]
    assert described["fields"]["look"]["characteristic"]["options"] == ["好", "坏"]
    assert pack["limits"][task["limits"]]["look"]["internal"] == {"allowed": ["好"]}
    again = await inspector.get("/api/v1/phone/pack", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    elsewhere = await inspector.get("/api/v1/phone/pack", params={"place_id": line.ids["line"]})
    assert elsewhere.json()["lots"] == []
    await line.lot()
    changed = await inspector.get("/api/v1/phone/pack", headers={"If-None-Match": answer.headers["ETag"]})
    assert changed.status_code == 200


async def test_a_number_that_two_lots_bear_is_asked_back_and_a_task_names_its_own(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lots = {await line.lot(lot_no="SAME-0001"), await line.lot("finished", lot_no="SAME-0001")}
    inspector = line.plant.client("inspector")
    found = (await inspector.get("/api/v1/phone/lookup", params={"text": "SAME-0001"})).json()
    assert (found["kind"], {each["id"] for each in found["items"]}) == (None, lots)
    for task in await line.open():
        query = {"text": "SAME-0001", "inspection_id": task["id"]}
        told = (await inspector.get("/api/v1/phone/lookup", params=query)).json()
        assert (told["lot"]["id"], told["belongs"]) == (task["lot_id"], True)


async def test_the_pack_knows_the_codes_of_its_lots_and_what_they_were_parted_from(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "PART-1", "quantity": "1"}))["id"]
    inspector = line.plant.client("inspector")
    await inspector.post(f"/api/v1/lots/{lot}/labels", json={"kind": "status"})
    lots = {each["id"]: each for each in (await inspector.get("/api/v1/phone/pack")).json()["lots"]}
    (code,) = lots[lot]["codes"]
    assert code[-6:].upper() in lots[lot]["last_six"]
    found = (await inspector.get("/api/v1/phone/lookup", params={"text": code})).json()
    assert (found["kind"], found["lot"]["id"]) == ("lot", lot)
    assert (lots[part]["split_from"], lots[lot]["split_from"]) == (lot, None)


async def test_the_limits_of_the_pack_are_those_of_the_judge(line: Line) -> None:
    form_id = await line.form()
    look = line.ids["look"]
    for more in (
        {"product_id": line.ids["finished"], "limits": {"customer": {"allowed": ["好", "坏"]}}},
        {"product_id": line.ids["finished"], "step_id": line.ids["step"], "limits": {"legal": {"allowed": ["好"]}}},
        {"step_id": line.ids["step"], "limits": {"customer": {"allowed": ["坏"]}}},
    ):
        await line.post("specifications", {"characteristic_id": look, **more})
    products = [None, *(UUID(line.ids[kind]) for kind in ("material", "finished"))]
    tenant_id = line.plant.tenant_id
    async with db.transaction(line.plant.actor("operator").scope()):
        (form,) = await forms_for(tenant_id, [each for each in products if each], [UUID(form_id)])
        characteristics = await characteristics_of(tenant_id, [form])
        specified = await specified_for(tenant_id, characteristics, [each for each in products if each])
        judged = (await quality.load_characteristics(tenant_id, characteristics)).values()
        for product_id in products:
            for step_id in (None, UUID(line.ids["step"]), new_id()):
                truth = await load_yardsticks(tenant_id, judged, product_id, step_id, now(), form.row["pins"])
                told = specified.limits_of(form, product_id, step_id)
                assert told == {
                    "look": {**db.loads(truth[UUID(look)].limits_json), "required": truth[UUID(look)].required}
                }


async def test_a_scan_names_a_lot_and_the_one_thing_due_and_refuses_what_is_not_of_the_task(line: Line) -> None:
    await line.plan("receipt", await line.form())
    first, second = await line.lot(lot_no="LOT-000111"), await line.lot(lot_no="LOT-000222")
    inspector = line.plant.client("inspector")
    found = (await inspector.get("/api/v1/phone/lookup", params={"text": " LOT-000111 "})).json()
    assert (found["kind"], found["lot"]["id"], found["state"], found["due"]["lot_id"]) == (
        "lot",
        first,
        "waiting",
        first,
    )
    params = {"text": "LOT-000222", "inspection_id": found["due"]["id"]}
    other = (await inspector.get("/api/v1/phone/lookup", params=params)).json()
    assert (other["belongs"], other["refusal"]["code"]) == (False, "item_of_other_lot")
    assert "LOT-000222" in other["refusal"]["text"]
    assert "LOT-000111" in other["refusal"]["text"]
    part = (await line.post(f"lots/{first}/split", {"lot_no": "PART-1", "quantity": "1"}))["id"]
    own = (await inspector.get("/api/v1/phone/lookup", params=params | {"text": "PART-1"})).json()
    assert (own["belongs"], own["lot"]["id"]) == (True, part)
    await line.post("holds", {"lot_ids": [second], "kind": "on_hold", "reason": "r"})
    assert (await inspector.get("/api/v1/phone/lookup", params={"text": "LOT-000222"})).json()["state"] == "held"
    ending = (await inspector.get("/api/v1/phone/lookup", params={"last": "000111"})).json()["items"]
    assert [each["id"] for each in ending] == [first]
    nothing = await inspector.get("/api/v1/phone/lookup", params={"text": "https://nowhere.example/x"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "code_not_known")


async def test_a_task_is_handed_to_a_colleague_who_finds_it_and_may_decline(line: Line) -> None:
    await line.plan("receipt", await line.form())
    await line.lot()
    inspector, operator = line.plant.client("inspector"), line.plant.client("operator")
    (task,) = (await inspector.get("/api/v1/phone/pack")).json()["inspections"]
    to = str(line.plant.person("operator").user_id)
    body = {"inspection_id": task["id"], "to_user_id": to, "remark": "我去冷库"}
    made = await line.post("phone/handovers", body, client=inspector)
    pack = (await operator.get("/api/v1/phone/pack")).json()
    assert [each["id"] for each in pack["handovers"]] == [made["id"]]
    assert (pack["inspections"][0]["handed_to"]["to_user_id"], pack["inspections"][0]["handed_to"]["remark"]) == (
        to,
        "我去冷库",
    )
    third = line.plant.client("enterprise_admin")
    assert (await third.delete(f"/api/v1/phone/handovers/{made['id']}")).status_code == 404
    assert (await operator.delete(f"/api/v1/phone/handovers/{made['id']}")).status_code == 204
    assert (await operator.get("/api/v1/phone/pack")).json()["handovers"] == []
    assert to in [each["user_id"] for each in pack["colleagues"]]
