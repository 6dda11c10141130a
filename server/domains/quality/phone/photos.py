"""Photos in parts: each is begun once, goes on where it stopped, and is a file of the enterprise when all of it is here."""

import asyncio
import hashlib
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.files import FileBox
from server.domains.access import audit
from server.domains.quality.attachments import store_attachment
from server.domains.quality.phone.commands import NewPhoto
from server.domains.quality.phone.likeness import ALIKE_BITS, Unreadable, likeness_of
from server.domains.quality.phone.photo_links import link_waiting, lock_photos
from server.domains.quality.phone.problems import PhotoConflict, PhotoDigest, PhotoOffset, PhotoUnreadable
from server.domains.quality.problems import FileTooLarge

PART_BYTES = 256 * 1024  # what a phone had best send at once
KEPT_DAYS = 14  # a phone works by itself for 72 hours, and may lie in a locker for a week more
_BEGIN = """
INSERT INTO photo (tenant_id, id, digest, size_bytes, entry_id, lot_id, captured_at, place, latitude, longitude, live, user_id,
                   user_name, installation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING
"""
_STATE = "SELECT id, entry_id, digest, size_bytes, received_bytes, completed_at, flags, live FROM photo WHERE tenant_id = $1 AND id = $2"
# The same bytes, or a picture that looks the same, from before.
_USED_BEFORE = """
SELECT EXISTS (SELECT FROM photo p WHERE p.tenant_id = $1 AND p.id <> $2 AND p.completed_at IS NOT NULL AND p.digest = $3)
    OR EXISTS (SELECT FROM attachment a JOIN record_attachment r ON r.tenant_id = a.tenant_id AND r.attachment_id = a.id
               WHERE a.tenant_id = $1 AND a.digest = $3)
    OR EXISTS (SELECT FROM photo p WHERE p.tenant_id = $1 AND p.id <> $2 AND p.completed_at > now() - interval '90 days'
               AND p.entry_id IS DISTINCT FROM $6 AND bit_count((p.likeness # $4::bigint)::bit(64)) <= $5)
"""


class Photo(NamedTuple):
    """How far a photo has come up."""

    id: UUID
    offset: int
    size_bytes: int
    complete: bool
    flags: tuple[str, ...]
    fresh: bool = False


async def begin_photo(actor: Actor, command: NewPhoto, *, most_bytes: int) -> Photo:
    """Announce a photo; again, where it stands. FileTooLarge, PhotoConflict where the id is another's."""
    if command.size_bytes > most_bytes:
        raise FileTooLarge(field="size_bytes", most_mib=most_bytes // (1024 * 1024))
    digest = bytes.fromhex(command.sha256)
    fresh = await db.execute(
        _BEGIN, actor.tenant, command.id, digest, command.size_bytes, command.entry_id, command.lot_id, command.captured_at,
        command.place, command.latitude, command.longitude, command.live, actor.id if actor.kind == "user" else None, actor.name,
        command.phone,
    )  # fmt: skip
    row = await _row(actor.tenant, command.id)
    if (row["digest"], row["size_bytes"]) != (digest, command.size_bytes):
        raise PhotoConflict(field="id")
    if fresh:
        after = {"sha256": command.sha256, "size_bytes": command.size_bytes, "entry_id": command.entry_id}
        await audit.record(actor, "photo.begun", "photo", command.id, after=after)
    return _shown(row)._replace(fresh=bool(fresh))


async def get_photo(tenant_id: UUID, photo_id: UUID) -> Photo:
    """NotFound where nobody has begun it."""
    return _shown(await _row(tenant_id, photo_id))


async def _row(tenant_id: UUID, photo_id: UUID, *, lock: bool = False) -> Any:
    row = await db.fetchrow(_STATE + (" FOR UPDATE" if lock else ""), tenant_id, photo_id)
    if row is None:
        raise NotFound
    return row


def _shown(row: Any) -> Photo:
    return Photo(
        row["id"], row["received_bytes"], row["size_bytes"], row["completed_at"] is not None, tuple(row["flags"])
    )


async def add_part(actor: Actor, box: FileBox, photo_id: UUID, offset: int, part: bytes) -> Photo:
    """Keep the next part, in one transaction. PhotoOffset where it is not the next; after the last one comes `finish_photo`.
    A part that was kept and whose answer was lost comes again at an offset that is behind: PhotoOffset says where to go on."""
    row = await _row(actor.tenant, photo_id, lock=True)
    if row["received_bytes"] != offset or offset + len(part) > row["size_bytes"]:
        raise PhotoOffset(field="Upload-Offset", offset=row["received_bytes"])
    if part:
        digest, sealed = box.seal(actor.tenant, part)
        await db.execute(
            "INSERT INTO photo_part (tenant_id, photo_id, start_byte, digest, sealed) VALUES ($1, $2, $3, $4, $5)",
            actor.tenant, photo_id, offset, digest, sealed,
        )  # fmt: skip
        await db.execute(
            "UPDATE photo SET received_bytes = $3, part_at = now() WHERE tenant_id = $1 AND id = $2",
            actor.tenant,
            photo_id,
            offset + len(part),
        )
    return _shown(await _row(actor.tenant, photo_id))


async def finish_photo(actor: Actor, box: FileBox, photo_id: UUID, *, most_bytes: int) -> Photo:
    """Make one file of the parts, once, in the transaction of the last. PhotoDigest, PhotoUnreadable and FileTooLarge: the caller takes it back
    and begins the photo again (`restart_photo`)."""
    await lock_photos(actor.tenant, [photo_id])
    row = await _row(actor.tenant, photo_id, lock=True)
    if row["completed_at"] is not None:
        return _shown(row)
    plain = await _whole(actor.tenant, box, photo_id)
    if hashlib.sha256(plain).digest() != row["digest"]:
        raise PhotoDigest
    try:
        likeness = await asyncio.to_thread(likeness_of, plain)
    except Unreadable:
        raise PhotoUnreadable(field="file") from None
    flags = [] if row["live"] else ["photo_from_album"]
    if await db.fetchval(_USED_BEFORE, actor.tenant, photo_id, row["digest"], likeness, ALIKE_BITS, row["entry_id"]):
        flags.append("photo_used_before")
    made = await store_attachment(actor, box, plain, f"{photo_id}.{_ending(plain)}", None, most_bytes=most_bytes)
    await db.execute(
        "UPDATE photo SET attachment_id = $3, completed_at = now(), likeness = $4, flags = $5 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, photo_id, made.id, likeness, flags,
    )  # fmt: skip
    await db.execute("DELETE FROM photo_part WHERE tenant_id = $1 AND photo_id = $2", actor.tenant, photo_id)
    await link_waiting(actor, photo_id, made.id, flags)
    return _shown(await _row(actor.tenant, photo_id))


def _ending(plain: bytes) -> str:
    return "png" if plain.startswith(b"\x89PNG") else "jpg"


async def _whole(tenant_id: UUID, box: FileBox, photo_id: UUID) -> bytes:
    rows = await db.fetch(
        "SELECT digest, sealed FROM photo_part WHERE tenant_id = $1 AND photo_id = $2 ORDER BY start_byte",
        tenant_id,
        photo_id,
    )
    return b"".join(box.open(tenant_id, row["digest"], row["sealed"]) for row in rows)


async def sweep_parts(tenant_id: UUID) -> int:
    """Throw away what came of photos of which no part has come for `KEPT_DAYS`; how many photos. Each begins at nothing again
    if its phone, which keeps it until all of it is here, ever comes back. One that is being sent now is passed over."""
    rows = await db.fetch(
        "SELECT id FROM photo WHERE tenant_id = $1 AND completed_at IS NULL AND part_at < now() - make_interval(days => $2)"
        " ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED",
        tenant_id, KEPT_DAYS,
    )  # fmt: skip
    stale = [row["id"] for row in rows]
    if stale:
        await db.execute("DELETE FROM photo_part WHERE tenant_id = $1 AND photo_id = ANY($2::uuid[])", tenant_id, stale)
        await db.execute(
            "UPDATE photo SET received_bytes = 0, part_at = NULL WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
            tenant_id, stale,
        )  # fmt: skip
    return len(stale)


async def restart_photo(actor: Actor, photo_id: UUID) -> None:
    """What came up was not the photo: it begins at nothing again."""
    await db.execute("DELETE FROM photo_part WHERE tenant_id = $1 AND photo_id = $2", actor.tenant, photo_id)
    await db.execute(
        "UPDATE photo SET received_bytes = 0, part_at = NULL WHERE tenant_id = $1 AND id = $2 AND completed_at IS NULL",
        actor.tenant,
        photo_id,
    )
