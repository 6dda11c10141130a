"""Promise: whatever is recorded, corrected, split off and released in whatever order, accepted + rejected + pending is N, no piece
goes its own way twice, and no lot is free of an open inspection unless that inspection accepted it; also when many record
at once. Whatever is split, parted and released in whatever order, nothing rejected is released, and all that was accepted can be."""

import asyncio
import random
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.domains.quality import inspection
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, PASS, Line, make_line


class Story:
    """One lot of a thousand, and what random hands make of it."""

    def __init__(self, line: Line, lot: str, one: str, chance: random.Random) -> None:
        self.line, self.lot, self.one, self.chance = line, lot, one, chance
        self.records: list[str] = []
        self.accepted: set[str] = set()
        self.rejected: set[str] = set()
        self.others: set[str] = {lot}

    async def send(self, path: str, body: Any) -> Any:
        """None where it was refused: anything but a refusal fails the test."""
        answer = await self.line.client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.is_success and answer.content else None

    async def step(self) -> None:
        await self.chance.choice([self.record, self.record, self.correct, self.part, self.split])()

    def share(self) -> dict[str, Any]:
        if self.chance.random() < 0.2:
            return {}
        return {
            "inspected": {
                "accepted": str(self.chance.randrange(0, 500)),
                "rejected": str(self.chance.randrange(0, 200)),
            }
        }

    async def record(self, **more: Any) -> None:
        values = self.chance.choice([PASS, PASS, FAIL])
        body = {"form_code": "F1", "lot_id": self.lot, "values": values, **self.share(), **more}
        if (stored := await self.send("records", body)) is not None:
            self.records.append(stored["id"])

    async def correct(self) -> None:
        if self.records:
            wrong = self.records.pop(self.chance.randrange(len(self.records)))
            await self.record(corrects=wrong, correction_reason="录错")

    async def part(self) -> None:
        body = (
            {"from_lot_id": self.chance.choice(sorted(self.others | self.accepted))}
            if self.chance.random() < 0.6
            else {}
        )
        if (made := await self.send(f"inspections/{self.one}/lots", body)) is not None:
            self.accepted |= {made["accepted"]} - {None}
            self.rejected |= {made["rejected"]} - {None}

    async def split(self) -> None:
        source = self.chance.choice(sorted(self.others))
        body = {"lot_no": f"X{self.chance.random()}", "quantity": str(self.chance.randrange(1, 100))}
        if (made := await self.send(f"lots/{source}/split", body)) is not None:
            self.others.add(made["id"])

    async def check(self) -> None:
        found = await self.line.get(f"inspections/{self.one}")
        parts = {each: Decimal(found[each]) for each in ("accepted", "rejected", "pending")}
        assert sum(parts.values()) == 1000
        assert min(parts.values()) >= 0
        assert (found["state"] == "done") == (parts["pending"] == 0)
        assert (found["verdict"] is not None) == (found["state"] == "done")
        lots = sorted(self.others | self.accepted)
        async with db.transaction(self.line.plant.actor("releaser").scope()):
            opened = await inspection.inspections_open(self.line.plant.tenant_id, [UUID(lot) for lot in lots])
        blocked = {str(lot) for lot in opened}
        gone = {outcome: sum(Decimal(each["quantity"]) for each in found["parts"] if each["outcome"] == outcome)
                for outcome in ("accepted", "rejected")}  # fmt: skip
        open_still = found["state"] != "done" or parts["rejected"] > gone["rejected"]
        # Since a correction, less may be accepted than went: then what is rejected lies there too.
        doubted = self.accepted if gone["accepted"] > parts["accepted"] else set()
        assert blocked == (self.others | doubted if open_still else set())


@pytest.mark.parametrize("seed", range(6))
async def test_no_sequence_loses_a_piece_or_frees_a_lot(api: Api, seed: int) -> None:
    line = await make_line(api)
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    story = Story(line, lot, (await line.open())[0]["id"], random.Random(seed))
    for _ in range(14):
        await story.step()
        await story.check()


async def test_of_many_who_record_at_once_only_what_is_there_is_accepted(api: Api) -> None:
    line = await make_line(api)
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await line.open())[0]["id"]
    body = {
        "form_code": "F1", "lot_id": lot, "values": PASS, "inspection_id": one, "inspected": {"accepted": "300", "rejected": "0"},
    }  # fmt: skip
    answers = await asyncio.gather(*(line.client.post("/api/v1/records", json=body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [422] * 7
    assert (await line.get(f"inspections/{one}"))["pending"] == "100"


class Day(Story):
    """The same hands without corrections, and somebody who tries to release whatever there is."""

    released: set[str]

    async def step(self) -> None:
        await self.chance.choice([self.record, self.part, self.part, self.split, self.split, self.release])()

    async def release(self) -> None:
        await self.sign(self.chance.choice(sorted(self.others | self.accepted | self.rejected)))

    async def sign(self, lot: str) -> bool:
        body = {"lot_ids": [lot], "password": PASSWORD}
        answer = await self.line.plant.client("releaser").post("/api/v1/releases", json=body)
        assert answer.status_code in (201, 409), answer.text
        self.why = answer.text
        if answer.is_success:
            self.released.add(lot)
        return answer.is_success

    async def left(self, lots: set[str]) -> Decimal:
        found = [await self.line.get(f"lots/{lot}") for lot in lots]
        return sum((Decimal(each["balance"]["left"]) for each in found if Decimal(each["balance"]["left"])), Decimal(0))

    async def check(self) -> None:
        found = await self.line.get(f"inspections/{self.one}")
        assert await self.left(self.released) <= Decimal(found["accepted"])
        assert not self.released & self.rejected
        assert await self.left(self.rejected) <= Decimal(found["rejected"])

    async def end(self) -> None:
        """The rest is accepted, what was rejected is looked for everywhere, and then everything goes."""
        pending = (await self.line.get(f"inspections/{self.one}"))["pending"]
        if pending != "0":
            body = {
                "form_code": "F1",
                "lot_id": self.lot,
                "values": PASS,
                "inspected": {"accepted": pending, "rejected": "0"},
            }
            assert await self.send("records", body) is not None
        for lot in sorted(self.others):
            made = await self.send(f"inspections/{self.one}/lots", {"from_lot_id": lot})
            self.accepted |= {made["accepted"]} - {None} if made else set()
            self.rejected |= {made["rejected"]} - {None} if made else set()
        for lot in sorted(self.others | self.accepted):
            shown = await self.line.get(f"lots/{lot}")
            if shown["state"] != "released" and Decimal(shown["balance"]["left"]) > 0:
                assert await self.sign(lot), self.why
        found = await self.line.get(f"inspections/{self.one}")
        assert await self.left(self.others | self.accepted) == Decimal(found["accepted"])
        assert await self.left(self.rejected) == Decimal(found["rejected"])


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_rejected_is_released_and_all_that_was_accepted_can_be(api: Api, seed: int) -> None:
    line = await make_line(api)
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    day = Day(line, lot, (await line.open())[0]["id"], random.Random(seed))
    day.released = set()
    for _ in range(12):
        await day.step()
        await day.check()
    await day.end()
    await day.check()
