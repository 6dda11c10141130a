"""Promise: nobody releases goods that they inspected, whatever name was typed and however the goods were divided or joined."""

from typing import Any

import httpx
import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import PASS, Line, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def sign(line: Line, lot: str, client: httpx.AsyncClient | None = None) -> httpx.Response:
    body = {"lot_ids": [lot], "password": PASSWORD}
    return await (client or line.client).post("/api/v1/releases", json=body)


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and [e["code"] for e in answer.json()["errors"]] == ["release_by_inspector"]


async def inspected(line: Line, **more: Any) -> str:
    """A finished lot with a record that the quality manager typed."""
    lot = await line.lot("finished", 100, unit="kg")
    await line.record(lot_id=lot, values=PASS, **more)
    return lot


async def test_who_typed_the_result_of_a_named_colleague_is_not_the_second_person(line: Line) -> None:
    await line.form()
    lot = await inspected(line, operator_name="王检验")
    assert is_refused(await sign(line, lot))
    assert (await sign(line, lot, line.plant.client("releaser"))).status_code == 201


async def test_whose_name_was_typed_as_the_inspector_does_not_sign(line: Line) -> None:
    await line.form()
    releaser = line.plant.actor("releaser")
    assert is_refused(
        await sign(line, await inspected(line, operator_name=releaser.name), line.plant.client("releaser"))
    )


async def test_who_confirmed_as_the_second_checker_does_not_sign(line: Line, api: Api) -> None:
    await line.form(second_check=True)
    lot = await line.lot("finished", 100, unit="kg")
    body = {"form_code": "F1", "values": PASS, "source": "web", "lot_id": lot}
    record = await line.post("records", body, client=line.plant.client("inspector"))
    await line.post(f"records/{record['id']}/check", {}, expect=204)
    assert is_refused(await sign(line, lot))


async def test_a_part_is_not_signed_by_who_inspected_the_whole(line: Line) -> None:
    await line.form()
    lot = await inspected(line)
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "P-99", "quantity": "99", "unit": "kg"}))["id"]
    assert is_refused(await sign(line, part))
    # A record of another person about the part does not undo who inspected the whole.
    body = {"form_code": "F1", "values": PASS, "source": "web", "lot_id": part}
    await line.post("records", body, client=line.plant.client("inspector"))
    assert is_refused(await sign(line, part))


async def test_a_mixture_is_not_signed_by_who_inspected_a_part_of_it(line: Line) -> None:
    await line.form()
    parts = [{"lot_id": await inspected(line)}, {"lot_id": await line.lot("finished", 100, unit="kg")}]
    mixed = (await line.post("merges", {"lot_no": "M-1", "parts": parts}))["id"]
    assert is_refused(await sign(line, mixed))
    assert (await sign(line, mixed, line.plant.client("releaser"))).status_code == 201


async def test_whose_key_sent_the_result_does_not_sign(api: Api, line: Line) -> None:
    await line.form()
    owner = await api.person(line.plant, "enterprise_admin", "releaser", "inspector")
    client = api.client(owner.token)
    made = await client.post("/api/v1/api-keys", json={"name": "LIMS", "roles": ["inspector"]})
    assert made.status_code == 201, made.text
    lot = await line.lot("finished", 100, unit="kg")
    body = {"form_code": "F1", "values": PASS, "lot_id": lot, "source": "api"}
    sent = await api.anonymous.post("/api/v1/records", json=body, headers={"X-Api-Key": made.json()["key"]})
    assert sent.status_code == 201, sent.text
    checked = await client.post(f"/api/v1/records/{sent.json()['id']}/check", json={})
    assert checked.json()["code"] == "checked_by_itself"
    assert is_refused(await sign(line, lot, client))
    assert (await sign(line, lot, line.plant.client("releaser"))).status_code == 201
