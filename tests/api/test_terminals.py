"""Promise: at a terminal of a line every entry is signed by badge and PIN, without a network too; who signs is who recorded. A
personal phone's key only delivers. After a revocation what was made before is kept and flagged, what was made after is not,
and neither key ever opens anything else."""

from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, Line, make_line
from tests.fixtures.inspector import Phone, ledger, records, signed, unlock, version_of

PIN = "802714"


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    line.ids["version"] = await version_of(line, await line.form())
    line.ids["lot"] = await line.lot()
    return line


class Terminal:
    """A terminal with one badge in front of it."""

    def __init__(self, api: Api, line: Line, enrolled: dict[str, str], badge: dict[str, str]) -> None:
        self.id, self.badge, self.line = enrolled["terminal_id"], badge, line
        self.phone = Phone(api.client(enrolled["key"]), line.ids["version"])

    async def key(self, pin: str = PIN) -> bytes:
        pack = await self.phone.client.get("/api/v1/phone/pack")
        assert pack.status_code == 200, pack.text
        (signer,) = pack.json()["signers"]
        return unlock(signer, self.id, pin)


async def terminal_of(api: Api, line: Line) -> Terminal:
    admin = line.plant.client("enterprise_admin")
    offered = await line.post("terminals", {"name": "灌装线终端", "place_id": line.ids["line"]}, client=admin)
    enrolled = await line.post("auth/terminals", {"code": offered["code"].lower()}, expect=200, client=api.anonymous)
    user_id = str(line.plant.person("inspector").user_id)
    badge = await line.post("badges", {"user_id": user_id, "pin": PIN}, client=admin)
    return Terminal(api, line, enrolled, badge)


async def test_a_code_enrols_one_terminal_once(api: Api, line: Line) -> None:
    offered = await line.post("terminals", {"name": "T"}, client=line.plant.client("enterprise_admin"))
    for expect in (200, 401):
        answer = await api.anonymous.post("/api/v1/auth/terminals", json={"code": offered["code"]})
        assert answer.status_code == expect
    assert answer.json()["code"] == "terminal_code_refused"


async def test_an_entry_signed_by_badge_and_pin_is_its_holders(api: Api, line: Line) -> None:
    terminal = await terminal_of(api, line)
    key = await terminal.key()
    with pytest.raises(InvalidTag):
        await terminal.key("802715")
    entry = terminal.phone.entry(lot_id=line.ids["lot"])
    unsigned, forged, other_text, good = await terminal.phone.answers(
        terminal.phone.entry(lot_id=line.ids["lot"]),
        signed(entry, b"0" * 32, terminal.badge["id"]),
        signed(entry, key, terminal.badge["id"]) | {"text": "{}"},
        signed(entry, key, terminal.badge["id"]),
    )
    assert unsigned["problem"]["code"] == "signature_missing"
    assert forged["problem"]["code"] == "signature_wrong"
    assert other_text["outcome"] == "refused"
    assert good["outcome"] == "stored"
    (record,), (kept,) = await records(line), await ledger(line)
    assert record["operator_id"] == line.plant.person("inspector").user_id
    assert (str(kept["terminal_id"]), str(kept["badge_id"])) == (terminal.id, terminal.badge["id"])


async def test_another_pin_makes_other_keys_and_the_old_ones_entries_are_flagged(api: Api, line: Line) -> None:
    terminal = await terminal_of(api, line)
    old = await terminal.key()
    path = f"/api/v1/phone/badges/{terminal.badge['id']}/pin"
    assert (await line.plant.client("inspector").put(path, json={"pin": "111111", "old_pin": PIN})).status_code == 422
    assert (await line.plant.client("operator").put(path, json={"pin": "405918", "old_pin": PIN})).status_code == 404
    assert (await line.plant.client("inspector").put(path, json={"pin": "405918", "old_pin": PIN})).status_code == 204
    with pytest.raises(InvalidTag):
        await terminal.key()
    new = await terminal.key("405918")
    entries = [terminal.phone.entry(lot_id=line.ids["lot"]) for _ in range(2)]
    first, second = await terminal.phone.answers(
        signed(entries[0], old, terminal.badge["id"]), signed(entries[1], new, terminal.badge["id"], 2)
    )
    assert (first["outcome"], first["flags"], second["flags"]) == ("stored", ["old_signing_key"], [])


async def test_a_terminal_taken_back_delivers_what_was_made_before_flagged_and_opens_nothing(
    api: Api, line: Line
) -> None:
    terminal = await terminal_of(api, line)
    key = await terminal.key()
    before = terminal.phone.entry(hours_ago=1, lot_id=line.ids["lot"])
    answer = await line.plant.client("enterprise_admin").delete(f"/api/v1/terminals/{terminal.id}")
    assert answer.status_code == 204
    after = terminal.phone.entry(hours_ago=-0.001, lot_id=line.ids["lot"])
    kept, refused = await terminal.phone.answers(*(signed(each, key, terminal.badge["id"]) for each in (before, after)))
    assert (kept["outcome"], kept["flags"]) == ("stored", ["after_revocation"])
    assert refused["problem"]["code"] == "captured_after_revocation"
    assert (await terminal.phone.client.get("/api/v1/phone/pack")).status_code == 403


async def test_a_badge_taken_back_signs_nothing_new(api: Api, line: Line) -> None:
    terminal = await terminal_of(api, line)
    key = await terminal.key()
    before = terminal.phone.entry(hours_ago=1, lot_id=line.ids["lot"])
    answer = await line.plant.client("enterprise_admin").delete(f"/api/v1/badges/{terminal.badge['id']}")
    assert answer.status_code == 204
    (kept,) = await terminal.phone.answers(signed(before, key, terminal.badge["id"]))
    assert kept["flags"] == ["after_revocation"]
    assert (await terminal.phone.client.get("/api/v1/phone/pack")).json()["signers"] == []


async def test_a_phones_key_only_delivers_also_when_its_owner_may_do_nothing_any_more(api: Api, line: Line) -> None:
    inspector = line.plant.client("inspector")
    registered = await line.post("phone/keys", {"label": "我的手机"}, client=inspector)
    phone = Phone(api.client(registered["key"]), line.ids["version"])
    late = phone.entry(hours_ago=0.5, lot_id=line.ids["lot"])
    (stored,) = await phone.answers(phone.entry(lot_id=line.ids["lot"]))
    assert (stored["outcome"], stored["flags"]) == ("stored", [])
    for path in ("phone/pack", "phone/lookup?text=x", "records", "auth/me", "auth/sessions", "badges", "lots"):
        assert (await phone.client.get(f"/api/v1/{path}")).status_code == 403, path
    user_id = line.plant.person("inspector").user_id
    admin = line.plant.client("enterprise_admin")
    ended = await admin.delete(f"/api/v1/users/{user_id}")
    assert ended.status_code == 204, ended.text
    kept, refused = await phone.answers(late, phone.entry(hours_ago=-0.001, lot_id=line.ids["lot"]))
    assert (kept["outcome"], kept["flags"]) == ("stored", ["after_revocation"])
    assert refused["problem"]["code"] == "captured_after_revocation"
    assert (await inspector.get("/api/v1/phone/pack")).status_code == 401


async def test_a_failure_delivered_by_a_key_stops_released_goods_as_any_other(api: Api, line: Line) -> None:
    limits = {"legal": {"allowed": ["好"]}}
    wanted = {"characteristic_id": line.ids["look"], "product_id": line.ids["material"], "limits": limits}
    await line.post("specifications", wanted)
    terminal = await terminal_of(api, line)
    registered = await line.post("phone/keys", {"label": "P"}, client=line.plant.client("inspector"))
    phone = Phone(api.client(registered["key"]), line.ids["version"])
    for sender, key in ((terminal.phone, await terminal.key()), (phone, None)):
        lot = await line.lot()
        async with db.transaction(line.plant.actor("releaser").scope()):
            await db.execute(
                "UPDATE lot SET state = 'released', released_at = now() WHERE tenant_id = $1 AND id = $2",
                line.plant.tenant_id,
                UUID(lot),
            )
        entry = sender.entry(lot_id=lot, values=FAIL)
        (answer,) = await sender.answers(signed(entry, key, terminal.badge["id"]) if key else entry)
        assert (answer["outcome"], answer["verdict"]) == ("stored", "fail")
        number = (await line.get(f"lots/{lot}"))["lot_no"]
        found = await line.plant.client("inspector").get("/api/v1/phone/lookup", params={"text": number})
        assert found.json()["state"] == "held"


async def test_signing_out_takes_nothing_back(api: Api, line: Line) -> None:
    inspector = line.plant.client("operator")
    registered = await line.post("phone/keys", {"label": "P"}, client=inspector)
    await inspector.post("/api/v1/auth/logout")
    phone = Phone(api.client(registered["key"]), line.ids["version"])
    (stored,) = await phone.answers(phone.entry(lot_id=line.ids["lot"]))
    assert (stored["outcome"], stored["flags"]) == ("stored", [])
    key = (await api.client(registered["key"]).post("/api/v1/auth/logout")).status_code
    assert key == 403


async def test_a_key_that_nobody_has_is_nobodys(api: Api, line: Line) -> None:
    registered = await line.post("phone/keys", {"label": "P"}, client=line.plant.client("inspector"))
    for wrong in (registered["key"][:-3] + "aaa", "qtt_" + registered["key"][4:], "qtk_" + registered["key"][4:]):
        answer = await api.client(wrong).get(f"/api/v1/phone/photos/{new_id()}")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
