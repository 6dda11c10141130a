"""Reports and photos: sniffed, sealed, kept once per content; a reader gets exactly the bytes that were stored."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.files import FileBox, sniff
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.commands import AttachToLot
from server.domains.quality.problems import FileRefused, FileTooLarge
from server.domains.quality.rollup import LotQuality, add_to_lots


class Attachment(NamedTuple):
    """A stored file without its bytes; `digest` is SHA-256 of the plain bytes."""

    id: UUID
    digest: bytes
    file_name: str
    media_type: str
    size_bytes: int
    title: str | None


async def store_attachment(
    actor: Actor, box: FileBox, plain: bytes, file_name: str, title: str | None, *, most_bytes: int
) -> Attachment:
    """Seal and store one file. Raises FileTooLarge or FileRefused (neither PDF, JPEG nor PNG by its first bytes)."""
    if len(plain) > most_bytes:
        raise FileTooLarge(field="file", most_mib=most_bytes // (1024 * 1024))
    media_type = sniff(plain[:16])
    if media_type is None:
        raise FileRefused(field="file")
    digest = await store_bytes(actor.tenant, box, media_type, plain)
    made = Attachment(new_id(), digest, _safe_name(file_name), media_type, len(plain), title)
    await db.execute(
        "INSERT INTO attachment (tenant_id, id, digest, file_name, media_type, size_bytes, title, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        actor.tenant, *made, actor.id,
    )  # fmt: skip
    after = {"digest": digest.hex(), "file_name": made.file_name, "media_type": media_type, "size_bytes": len(plain)}
    await audit.record(actor, "attachment.stored", "attachment", made.id, after=after)
    return made


async def store_bytes(tenant_id: UUID, box: FileBox, media_type: str, plain: bytes) -> bytes:
    """Seal and keep them, once per content; their digest. What they are and who brought them is for the caller to say."""
    digest, sealed = box.seal(tenant_id, plain)
    await db.execute(
        "INSERT INTO blob (tenant_id, digest, media_type, size_bytes, sealed) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        tenant_id, digest, media_type, len(plain), sealed,
    )  # fmt: skip
    return digest


def _safe_name(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable())[:200] or "file"


async def read_attachment(tenant_id: UUID, box: FileBox, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """The file and its plain bytes, verified against the digest; NotFound, or BrokenFile where it does not open."""
    row = await db.fetchrow(
        "SELECT a.id, a.digest, a.file_name, a.media_type, a.size_bytes, a.title, b.sealed FROM attachment a"
        " JOIN blob b ON b.tenant_id = a.tenant_id AND b.digest = a.digest WHERE a.tenant_id = $1 AND a.id = $2",
        tenant_id, attachment_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    *own, sealed = row
    found = Attachment(*own)
    return found, box.open(tenant_id, found.digest, sealed)


async def read_picture(tenant_id: UUID, box: FileBox, digest: str) -> tuple[str, bytes]:
    """(media type, bytes) of a picture of the enterprise by its digest in hex; NotFound for any other file."""
    row = await db.fetchrow(_PICTURE, tenant_id, digest)
    if row is None:
        raise NotFound
    return row["media_type"], box.open(tenant_id, bytes.fromhex(digest), row["sealed"])


async def attach_to_lot(actor: Actor, lot_id: UUID, command: AttachToLot) -> None:
    """Hang a stored file on a lot; doing it again changes nothing. The lot's roll-up counts it once."""
    if not await db.fetchval("SELECT true FROM lot WHERE tenant_id = $1 AND id = $2", actor.tenant, lot_id):
        raise NotFound
    added = await db.execute(
        "INSERT INTO lot_attachment (tenant_id, lot_id, attachment_id, kind) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        actor.tenant, lot_id, command.attachment_id, command.kind,
    )  # fmt: skip
    if added:
        await add_to_lots(actor.tenant, {lot_id: LotQuality(documents=1)})
        await audit.record(actor, "lot.attached", "lot", lot_id, after=command.model_dump())


async def lot_attachments(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, Attachment]]]:
    """(kind, file) by lot: the lot's own and those of its current records (kind `record`)."""
    rows = await db.fetch(_OF_LOTS, tenant_id, list(lot_ids))
    found: dict[UUID, list[tuple[str, Attachment]]] = {}
    for row in rows:
        lot_id, kind, *own = row
        found.setdefault(lot_id, []).append((kind, Attachment(*own)))
    return found


_PICTURE = """
SELECT media_type, sealed FROM blob
WHERE tenant_id = $1 AND digest = CASE WHEN $2 ~ '^[0-9a-f]{64}$' THEN decode($2, 'hex') END AND media_type LIKE 'image/%'
"""
_OF_LOTS = """
SELECT own.lot_id, own.kind, a.id, a.digest, a.file_name, a.media_type, a.size_bytes, a.title
FROM (SELECT lot_id, kind, attachment_id FROM lot_attachment WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[])
      UNION
      SELECT r.lot_id, 'record', ra.attachment_id FROM record r
      JOIN record_attachment ra ON ra.tenant_id = r.tenant_id AND ra.record_id = r.id
      WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[])
        AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id)) own
JOIN attachment a ON a.tenant_id = $1 AND a.id = own.attachment_id
ORDER BY own.lot_id, a.id
"""
