"""Promise: wrong PINs count wherever they were typed and however a terminal is set up anew: ten in a row, and the badge opens nowhere
until its PIN is another one. Who changes his PIN gives the old one, or his password."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import now
from server.core.ids import new_id
from tests.api.test_terminals import PIN, Terminal, terminal_of
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import signed, unlock, version_of

NEW = "405918"


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    line.ids["version"] = await version_of(line, await line.form())
    line.ids["lot"] = await line.lot()
    return line


async def tell(terminal: Terminal, *tries: dict[str, Any], ahead: timedelta = timedelta(0)) -> Any:
    body = {"sent_at": (now() + ahead).isoformat(), "tries": tries}
    answer = await terminal.phone.client.post("/api/v1/phone/pin-tries", json=body)
    assert answer.status_code == 200, answer.text
    (standing,) = answer.json()["items"]
    return standing


def wrong(
    terminal: Terminal, *, key_no: int = 1, seconds_ago: float = 1, ahead: timedelta = timedelta(0)
) -> dict[str, Any]:
    at = now() + ahead - timedelta(seconds=seconds_ago)
    return {"id": str(new_id()), "badge_id": terminal.badge["id"], "key_no": key_no, "at": at.isoformat()}


async def signer(terminal: Terminal) -> Any:
    (found,) = (await terminal.phone.client.get("/api/v1/phone/pack")).json()["signers"]
    return found


async def test_ten_in_a_row_lock_the_badge_everywhere_until_its_pin_is_another(api: Api, line: Line) -> None:
    terminal = await terminal_of(api, line)
    tries = [wrong(terminal) for _ in range(9)]
    assert (await tell(terminal, *tries))["wrong"] == 9
    assert (await tell(terminal, *tries))["wrong"] == 9  # told twice
    assert (await signer(terminal))["wrong_tries"] == 9
    assert (await tell(terminal, wrong(terminal)))["locked"] is True
    assert (await signer(terminal))["wrapped"] is None
    other = await line.post("terminals", {"name": "T2"}, client=line.plant.client("enterprise_admin"))
    enrolled = await line.post("auth/terminals", {"code": other["code"]}, expect=200, client=api.anonymous)
    again = Terminal(api, line, enrolled, terminal.badge)
    assert (await signer(again))["wrapped"] is None  # set up anew, and no new tries
    badges = (await line.plant.client("enterprise_admin").get("/api/v1/badges")).json()["items"]
    assert [(each["wrong_tries"], each["locked"]) for each in badges] == [(10, True)]
    own = line.plant.client("inspector")
    path = f"/api/v1/phone/badges/{terminal.badge['id']}/pin"
    assert (await own.put(path, json={"pin": NEW, "old_pin": PIN})).json()["code"] == "badge_locked"
    assert (await own.put(path, json={"pin": NEW, "password": PASSWORD})).status_code == 204
    unlock(await signer(again), again.id, NEW)
    assert (await tell(terminal, wrong(terminal)))["wrong"] == 0  # of the PIN before
    trail = (await line.plant.client("enterprise_admin").get("/api/v1/audit")).json()["items"]
    assert [each["after"] for each in trail if each["action"] == "badge.pin_refused"][1] == {
        "wrong": 1, "in_a_row": 10, "locked": True,
    }  # fmt: skip


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=5)])
async def test_the_right_pin_forgives_what_was_tried_before_it(api: Api, line: Line, ahead: timedelta) -> None:
    """By the terminal's own order, also where its clock is wrong."""
    terminal = await terminal_of(api, line)
    terminal.phone.ahead = ahead
    key = await terminal.key()
    await tell(terminal, *(wrong(terminal, seconds_ago=120, ahead=ahead) for _ in range(4)), ahead=ahead)
    await tell(terminal, *(wrong(terminal, seconds_ago=30, ahead=ahead) for _ in range(2)), ahead=ahead)
    entry = terminal.phone.entry(
        lot_id=line.ids["lot"], captured_at=(now() + ahead - timedelta(seconds=60)).isoformat()
    )
    (answer,) = await terminal.phone.answers(signed(entry, key, terminal.badge["id"]))
    assert answer["outcome"] == "stored"
    assert (await signer(terminal))["wrong_tries"] == 2
    forged = signed(terminal.phone.entry(lot_id=line.ids["lot"]), b"0" * 32, terminal.badge["id"])
    await terminal.phone.answers(forged)
    assert (await signer(terminal))["wrong_tries"] == 2


async def test_who_changes_a_pin_proves_who_he_is(api: Api, line: Line) -> None:
    terminal = await terminal_of(api, line)
    path, own = f"/api/v1/phone/badges/{terminal.badge['id']}/pin", line.plant.client("inspector")

    async def change(client: Any, **body: str) -> str:
        answer = await client.put(path, json={"pin": NEW, **body})
        return "" if answer.status_code == 204 else str(answer.json()["code"])

    assert await change(own) == "proof_required"
    assert await change(own, password="not my password") == "wrong_password"
    assert await change(own, old_pin="123789") == "wrong_pin"
    assert (await signer(terminal))["wrong_tries"] == 1
    assert await change(line.plant.client("operator"), old_pin=PIN) == "not_found"
    assert await change(own, old_pin=PIN) == ""
    assert (await signer(terminal))["wrong_tries"] == 0
    shared = terminal.phone.client
    assert await change(shared) == "proof_required"
    assert await change(shared, password=PASSWORD) == "proof_required"
    assert await change(shared, old_pin=PIN) == "wrong_pin"
    assert await change(shared, old_pin=NEW) == ""
    assert await change(line.plant.client("enterprise_admin")) == ""


async def test_a_phone_of_ones_own_counts_nothing(api: Api, line: Line) -> None:
    terminal = await terminal_of(api, line)
    registered = await line.post("phone/keys", {"label": "P"}, client=line.plant.client("operator"))
    body = {"sent_at": now().isoformat(), "tries": [wrong(terminal) for _ in range(20)]}
    answer = await api.client(registered["key"]).post("/api/v1/phone/pin-tries", json=body)
    assert answer.json() == {"items": []}
    assert (await signer(terminal))["wrong_tries"] == 0
