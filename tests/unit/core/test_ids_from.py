"""Promise: ids of demo rows are valid UUIDv7s, the same at every filling, each part's own; elsewhere ids stay fresh."""

import asyncio
from itertools import islice
from uuid import UUID

from server.core.ids import ids_from, new_id
from workers.seed.numbering import DAIRY, PHARMA, numbered_ids


def test_numbered_ids_are_uuid7_in_order_and_the_parts_share_none() -> None:
    dairy, pharma = (list(islice(numbered_ids(part), 1000)) for part in (DAIRY, PHARMA))
    assert {(id.version, id.variant) for id in dairy} == {(7, "specified in RFC 4122")}
    assert dairy == sorted(set(dairy)) == list(islice(numbered_ids(DAIRY), 1000))
    assert not set(dairy) & set(pharma)
    assert dairy[-1] < new_id()


async def test_tasks_side_by_side_take_from_their_own_source() -> None:
    async def take(part: int) -> list[UUID]:
        with ids_from(numbered_ids(part)):
            taken = []
            for _ in range(3):
                taken.append(new_id())
                await asyncio.sleep(0)
            return taken

    found = await asyncio.gather(take(DAIRY), take(PHARMA))
    assert found == [list(islice(numbered_ids(part), 3)) for part in (DAIRY, PHARMA)]
    assert new_id() not in found[0] + found[1]
