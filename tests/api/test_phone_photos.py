"""Promise: a photo comes up in parts and goes on where it stopped; it is linked to its entry whichever of the two is first; none
is lost, none is there twice; what is not the photo that was announced begins again; one that was used before is flagged; what stopped coming is swept, and nothing is lost by it."""

import hashlib
import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, ledger, version_of
from workers import scheduler


def picture(seed: int, quality: int = 90, scale: int = 1) -> bytes:
    """A JPEG that looks like no other seed's."""
    small = Image.frombytes("L", (16, 16), hashlib.sha256(bytes([seed])).digest() * 8)
    out = io.BytesIO()
    small.resize((320 // scale, 320 // scale), Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


@pytest.fixture
async def phone(line: Line) -> Phone:
    return Phone(line.plant.client("inspector"), await version_of(line, await line.form()))


async def announce(phone: Phone, plain: bytes, photo_id: str | None = None, *, expect: int = 201, **more: Any) -> str:
    photo_id = photo_id or str(new_id())
    body = {"id": photo_id, "size_bytes": len(plain), "sha256": hashlib.sha256(plain).hexdigest(), **more}
    answer = await phone.client.post("/api/v1/phone/photos", json=body)
    assert answer.status_code == expect, answer.text
    return photo_id


async def part(phone: Phone, photo_id: str, offset: int, content: bytes, *, expect: int = 204) -> Any:
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    answer = await phone.client.patch(f"/api/v1/phone/photos/{photo_id}", content=content, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer


async def upload(phone: Phone, plain: bytes, **more: Any) -> str:
    photo_id = await announce(phone, plain, **more)
    await part(phone, photo_id, 0, plain)
    return photo_id


async def attached(line: Line) -> list[Any]:
    """(record's entry, digest of the file) of every photo that hangs on a record."""
    async with db.transaction(line.plant.actor("operator").scope()):
        return await db.fetch(
            "SELECT r.entry_id::text, a.digest FROM record r JOIN record_attachment x ON x.tenant_id = r.tenant_id AND x.record_id = r.id"
            " JOIN attachment a ON a.tenant_id = x.tenant_id AND a.id = x.attachment_id WHERE r.tenant_id = $1",
            line.plant.tenant_id,
        )


async def test_a_photo_in_parts_goes_on_where_it_stopped(line: Line, phone: Phone) -> None:
    plain = picture(1)
    photo_id = await announce(phone, plain, place="冷库 2", latitude=30.2, longitude=120.1)
    first = await part(phone, photo_id, 0, plain[:1000])
    assert first.headers["Upload-Offset"] == "1000"
    again = await part(phone, photo_id, 0, plain[:1000], expect=409)  # its answer was lost
    assert again.json()["errors"][0]["code"] == "photo_offset"
    head = await phone.client.head(f"/api/v1/phone/photos/{photo_id}")
    assert (head.status_code, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (
        200,
        "1000",
        str(len(plain)),
    )
    await part(phone, photo_id, 1000, plain[1000:])
    state = (await phone.client.get(f"/api/v1/phone/photos/{photo_id}")).json()
    assert (state["complete"], state["offset"], state["flags"]) == (True, len(plain), [])
    await announce(phone, plain, photo_id, expect=200)
    await announce(phone, plain + b"!", photo_id, expect=409)


@pytest.mark.parametrize("photo_first", [True, False])
async def test_photo_and_entry_find_each_other_whichever_comes_first(
    line: Line, phone: Phone, photo_first: bool
) -> None:
    plain, photo_id = picture(2), str(new_id())
    entry = phone.entry(lot_id=await line.lot(), photo_ids=[photo_id])
    if photo_first:
        await announce(phone, plain, photo_id, entry_id=entry["entry_id"])
        await part(phone, photo_id, 0, plain)
        await phone.send(entry)
    else:
        await phone.send(entry)
        await announce(phone, plain, photo_id, entry_id=entry["entry_id"])
        await part(phone, photo_id, 0, plain)
    await phone.send(entry)
    (found,) = await attached(line)
    assert (found["entry_id"], found["digest"]) == (entry["entry_id"], hashlib.sha256(plain).digest())
    quality = await line.get(f"lots/{entry['lot_id']}/quality")
    assert quality["documents"] == 1


async def test_what_is_not_the_photo_begins_again(line: Line, phone: Phone) -> None:
    plain = picture(3)
    photo_id = await announce(phone, plain)
    broken = plain[:-1] + bytes([plain[-1] ^ 1])
    assert (await part(phone, photo_id, 0, broken, expect=422)).json()["code"] == "photo_digest"
    await part(phone, photo_id, 0, plain)
    pdf = b"%PDF-1.7 not a photo"
    pdf_id = await announce(phone, pdf)
    assert (await part(phone, pdf_id, 0, pdf, expect=422)).json()["code"] == "photo_unreadable"
    half = plain[: len(plain) // 2]
    half_id = await announce(phone, half)
    assert (await part(phone, half_id, 0, half, expect=422)).json()["code"] == "photo_unreadable"
    await announce(phone, b"x" * 1, expect=201)
    body = {"id": str(new_id()), "size_bytes": 2**30, "sha256": "0" * 64}
    assert (await phone.client.post("/api/v1/phone/photos", json=body)).status_code == 413


@pytest.mark.parametrize("copy", [picture(4), picture(4, quality=60), picture(4, scale=2)])
async def test_a_picture_used_before_is_flagged_also_when_compressed_again(
    line: Line, phone: Phone, copy: bytes
) -> None:
    first = await upload(phone, picture(4), entry_id=str(new_id()))
    other = await upload(phone, picture(5), entry_id=str(new_id()))
    second = await announce(phone, copy, entry_id=str(new_id()), live=False)
    entry = phone.entry(lot_id=await line.lot(), photo_ids=[second])
    await phone.send(entry)
    await part(phone, second, 0, copy)
    states = [
        (await phone.client.get(f"/api/v1/phone/photos/{each}")).json()["flags"] for each in (first, other, second)
    ]
    assert states == [[], [], ["photo_from_album", "photo_used_before"]]
    (kept,) = await ledger(line)
    assert kept["flags"] == ["photo_from_album", "photo_used_before"]


async def test_a_part_says_from_where(phone: Phone) -> None:
    photo_id = await announce(phone, picture(6))
    answer = await phone.client.patch(f"/api/v1/phone/photos/{photo_id}", content=b"x")
    assert answer.json()["errors"][0]["code"] == "upload_offset_required"


async def parts_of(line: Line, photo_id: str, *, days_ago: float | None = None) -> int:
    """How many parts of it are kept; `days_ago` makes the last one so old."""
    async with db.transaction(line.plant.actor("operator").scope()):
        if days_ago is not None:
            await db.execute(
                "UPDATE photo SET part_at = now() - make_interval(secs => $3) WHERE tenant_id = $1 AND id = $2",
                line.plant.tenant_id, UUID(photo_id), days_ago * 86400,
            )  # fmt: skip
        return int(
            await db.fetchval(
                "SELECT count(*) FROM photo_part WHERE tenant_id = $1 AND photo_id = $2",
                line.plant.tenant_id,
                UUID(photo_id),
            )
        )


async def test_what_came_of_a_photo_is_swept_after_two_weeks_and_it_begins_again(line: Line, phone: Phone) -> None:
    plain = picture(70)
    stale, late, fresh = [await announce(phone, plain) for _ in range(3)]
    for photo_id in (stale, late, fresh):
        await part(phone, photo_id, 0, plain[:500])
    await parts_of(line, stale, days_ago=14.1)
    await parts_of(line, late, days_ago=13.9)  # far beyond the 72 hours for which a phone works by itself
    await scheduler.tick()
    assert [await parts_of(line, each) for each in (stale, late, fresh)] == [0, 1, 1]
    refused = await part(phone, stale, 500, plain[500:], expect=409)
    assert refused.json()["code"] == "photo_offset"
    await announce(phone, plain, stale, expect=200)
    await part(phone, stale, 0, plain)
    await part(phone, late, 500, plain[500:])
    assert (await phone.client.get(f"/api/v1/phone/photos/{stale}")).json()["complete"] is True
    await scheduler.tick()
    assert (await phone.client.get(f"/api/v1/phone/photos/{late}")).json()["complete"] is True
