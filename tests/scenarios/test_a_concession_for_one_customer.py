"""Promise: goods conceded with the consent of one customer leave to that customer alone, by whatever route: loose, in part, in a
case or on a pallet, by their serials or unnamed among others, at the gate and when they are handed over; a concession that names
nobody goes to anybody, and nobody's consent is set aside by another's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core.ids import new_id
from server.domains.chain.shipping import shipments
from server.domains.chain.stock import gate as rules
from tests.api.test_chain_stock import coded
from tests.api.test_packed_codes import serials
from tests.fixtures.api import Api
from tests.fixtures.works import Works

SOON = (datetime.now(UTC) + timedelta(days=3)).isoformat()


class Two(Works):
    """`customer` consents; `other` is another one."""

    other: str

    async def conceded(self, lot_no: str, customer: str | None) -> None:
        """Conceded whole, with this customer's consent, and released where it still waits."""
        opened = await self.open(self.lots[lot_no])
        await self.decide(opened["id"], "concession", expires_at=SOON, **await self.consent(customer))
        await self.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {"remark": "x"})
        if await self.state(lot_no) == "pending":
            await self.release(self.lots[lot_no])

    async def consent(self, customer: str | None) -> dict[str, str]:
        return {"customer_id": customer, "consent_attachment_id": await self.file()} if customer else {}

    async def sent(self, customer: str, lot_no: str, quantity: str | None = None, **line: Any) -> str:
        """`ok` where it left, else the code of what stopped it."""
        wanted = line if quantity is None else {"quantity": quantity}
        body = {"shipment_no": new_id().hex, "customer_id": customer, "lines": [{"lot_id": self.lots[lot_no]} | wanted]}
        answer = await self.plant.client("operator").post("/api/v1/shipments", json=body)
        return "ok" if answer.status_code == 201 else str(answer.json()["code"])


@pytest.fixture
async def works(api: Api) -> Two:
    works = Two(await api.plant())
    await works.setup()
    works.goods["奶"] = works.product
    works.other, _ = await works.customer_at("Y", "城东超市")
    return works


async def cheese(works: Two, customer: str | None) -> None:
    """80 kg conceded: a part of it, a case on a pallet, and the rest."""
    await works.add("K", "奶", "finished", "80")
    await works.record(works.lots["K"], "0.035")
    await works.conceded("K", customer)
    await works.part("K", "PART", "10")
    await works.pack("CASE", ("K", "10"))
    await works.pack("BOX", ("PART", "4"))
    await works.pack("PALLET", ("BOX", None), unit="pallet")


async def to_each(works: Two, customer: str) -> dict[str, str]:
    """What the gate says of each of them when this customer shall have it."""
    return {no: await works.sent(customer, no, "1") for no in ELSEWHERE}


ELSEWHERE = {
    "K": "conceded_for_other",
    "PART": "conceded_for_other",
    "CASE": "content_conceded_for_other",
    "PALLET": "content_conceded_for_other",
}


async def test_loose_in_part_and_packed_it_goes_to_whom_consented(works: Two) -> None:
    await cheese(works, works.customer)
    assert await to_each(works, works.other) == ELSEWHERE
    line = {"lot_id": works.lots["K"], "quantity": "1"}
    body = {"shipment_no": "W", "customer_id": works.other, "lines": [line]}
    answer = await works.plant.client("operator").post("/api/v1/shipments", json=body)
    assert "城西超市" in answer.text
    assert (answer.json()["errors"][0]["field"], await works.ship_code(works.lots["K"], "1")) == (
        "lines.0.lot_id",
        "ok",
    )
    assert await to_each(works, works.customer) == dict.fromkeys(ELSEWHERE, "ok")


async def test_a_concession_that_names_nobody_goes_to_anybody(works: Two) -> None:
    await cheese(works, None)
    assert await to_each(works, works.other) == dict.fromkeys(ELSEWHERE, "ok")


async def test_control_a_gate_that_forgets_who_consented_is_found_out(
    works: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cheese(works, works.customer)
    monkeypatch.setattr(shipments, "why_not_for", lambda *_: None)
    said = await to_each(works, works.other)
    assert (said["CASE"], said["PALLET"]) == ("ok", "ok")
    assert {said["K"], said["PART"]} == {"conceded_for_customers"}  # the database knows the lots themselves
    assert rules.why_not_for is not shipments.why_not_for


async def test_a_piece_is_neither_named_nor_among_others_and_is_asked_for_again_when_it_is_handed_over(
    works: Two,
) -> None:
    await works.good("瓶", "finished", unit="瓶")
    lot = await works.add("P", "瓶", "finished", "6")
    order = await coded(works, lot, 6)  # type: ignore[arg-type]
    await works.record(lot, "0.01")
    await works.release(lot)
    line = {"lot_id": lot, "serials": serials(order, 1, 2)}
    loaded = {"shipment_no": "LOADED", "customer_id": works.other, "lines": [line]}
    shipment = await works.call("operator", "POST", "shipments", loaded)
    for serial in (1, 3):
        body = {"form_code": "L", "code": f"{UUID(order).hex[-12:]}{serial}", "values": {"Pb": "0.01"}}
        record = await works.call("inspector", "POST", "records", body)
        works.lots[f"P{serial}"] = (await works.get(f"records/{record['id']}"))["lot_id"]
        await works.conceded(f"P{serial}", works.customer)
    signed = {"stage": "loading", "vehicle": "浙A 1", "counterpart_name": "司机", "signature_id": await works.file()}
    refused = await works.refused("operator", f"shipments/{shipment['id']}/handover", signed)
    assert refused == "conceded_for_other"
    assert await works.sent(works.other, "P", serials=serials(order, 3, 3)) == "conceded_for_other"
    assert await works.sent(works.other, "P", "4") == "pieces_reserved"
    packed = {"lot_no": "C", "contents": [{"lot_id": lot, "quantity": "4"}], "unit": "case"}
    assert await works.refused("operator", "packages", packed) == "pieces_reserved"
    await works.made("C", "packages", {"serials": [serials(order, 3, 3)], "unit": "case"})
    assert await works.sent(works.other, "C", "1") == "content_conceded_for_other"
    assert await works.sent(works.customer, "C", "1") == "ok"
    assert await works.sent(works.other, "P", "3") == "ok"


async def test_a_receipt_that_is_the_leaving_is_no_way_round_and_what_had_left_is_told_where_it_is(works: Two) -> None:
    _, (elsewhere,) = await works.customer_at("Z", "城南超市", "城南店")
    await cheese(works, works.customer)
    here = await works.send("R1", works.customer, ("K", "1"))
    taken = {"receiver": "王", "outlet_id": elsewhere}
    assert await works.refused("operator", f"shipments/{here}/receipt", taken) == "conceded_for_other"
    await works.call("operator", "POST", f"shipments/{here}/depart", {})
    await works.call("operator", "POST", f"shipments/{here}/receipt", taken)


async def test_the_consent_of_another_sets_nobodys_aside(works: Two) -> None:
    await works.add("A", "奶", "finished", "10")
    await works.conceded("A", works.customer)
    opened = await works.open(works.lots["A"], defect="包装脏污")
    body = {"kind": "concession", "reason": "x", "expires_at": SOON} | await works.consent(works.other)
    path = f"nonconformities/{opened['id']}/dispositions"
    assert await works.refused("inspector", path, body) == "consent_of_another"
    await works.decide(opened["id"], "concession", expires_at=SOON)  # nobody named: the first consent stays
    assert await works.sent(works.other, "A", "1") == "conceded_for_other"

    await works.add("B", "奶", "finished", "10")
    await works.conceded("B", works.other)
    await works.add("WAITING", "奶", "finished", "2")
    move = {"to_lot": works.lots["WAITING"], "kind": "split", "quantity": "1"}
    await works.call("operator", "POST", "links", move | {"from_lot": works.lots["A"]})
    assert await works.refused("operator", "links", move | {"from_lot": works.lots["B"]}) == "concessions_differ"


async def test_who_releases_what_was_made_of_it_is_told_for_whom_it_was_conceded(works: Two) -> None:
    await works.add("A", "奶", "finished", "10")
    await works.conceded("A", works.customer)
    await works.add("MADE", "奶", "finished", "5")
    await works.use("A", "MADE", "5")
    review = await works.call("releaser", "GET", f"lots/{works.lots['MADE']}/review")
    told = {each["code"]: each["text"] for each in review["unusual"]}
    assert "城西超市" in told["input_conceded"], told
