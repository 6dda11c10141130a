"""Promise: two phones with the same queue at the same moment leave each entry once; a photo whose last part arrives at the moment
of its entry is linked to it, whichever is first. The control does without taking turns and is found."""

import asyncio
import hashlib
from typing import Any

import pytest

from server.core.ids import new_id
from server.domains.quality.phone import delivering, photo_links, photos
from tests.api.test_phone_photos import announce, attached, part, picture
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, records, version_of


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


@pytest.fixture
async def phone(line: Line) -> Phone:
    return Phone(line.plant.client("inspector"), await version_of(line, await line.form()))


async def both_send(line: Line, phone: Phone, count: int = 40) -> list[str]:
    """The same queue from two phones at once; what each entry was told."""
    other = Phone(line.plant.client("operator"), phone.version)
    lot = await line.lot()
    queue = [phone.entry(lot_id=lot) for _ in range(count)]
    told = await asyncio.gather(phone.answers(*queue), other.answers(*reversed(queue)), phone.answers(*queue))
    return [each["outcome"] for answers in told for each in answers]


async def test_the_same_queue_from_two_phones_at_once_is_there_once(line: Line, phone: Phone) -> None:
    outcomes = await both_send(line, phone)
    assert len(await records(line)) == 40
    assert (outcomes.count("stored"), outcomes.count("replayed")) == (40, 80)


async def test_control_without_taking_turns_an_entry_is_not_known_again(
    line: Line, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_LOCK", "SELECT $1::text, $2::text")
    outcomes = await both_send(line, phone)
    assert len(await records(line)) == 40  # the constraint holds; what the phones are told does not
    assert outcomes.count("replayed") < 80


async def linked(line: Line, phone: Phone, rounds: int) -> int:
    """Of so many photos that end at the moment of their entries: how many hang on them."""
    lot, plain = await line.lot(), picture(9)
    for _ in range(rounds):
        photo_id = str(new_id())
        await announce(phone, plain, photo_id)
        await part(phone, photo_id, 0, plain[:-1])
        entry = phone.entry(lot_id=lot, photo_ids=[photo_id])
        ending: Any = part(phone, photo_id, len(plain) - 1, plain[-1:])
        await asyncio.gather(phone.send(entry), ending)
    digest = hashlib.sha256(plain).digest()
    return sum(row["digest"] == digest for row in await attached(line))


async def test_a_photo_that_ends_at_the_moment_of_its_entry_is_linked(line: Line, phone: Phone) -> None:
    assert await linked(line, phone, 15) == 15


def test_both_sides_take_the_same_lock() -> None:
    assert photos.lock_photos is photo_links.lock_photos
