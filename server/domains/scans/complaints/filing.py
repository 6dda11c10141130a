"""Taking a complaint in: whose it is, once however often it was sent, with what looks like a flood put aside."""

import hashlib
import os
import re
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.core import constraints, db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound, Problem, Unavailable
from server.core.files import FileBox
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.codes import identity_of_text, read_url
from server.domains.scans.complaints.commands import FileComplaint
from server.domains.scans.complaints.tickets import digest_of, ticket_of
from server.domains.scans.recorder import AWAY

MOST_PHOTOS: Final = 3
_ADDRESSES: Final = re.compile(r"https?://|www\.", re.IGNORECASE)
_SALT_BYTES: Final = 16  # a number of eleven digits is soon found by its digest
PHOTO_HOURS: Final = 1

_INSERT = """
INSERT INTO complaint (tenant_id, id, entry_id, body_digest, ticket_digest, source, topic, words, code_text, product_said, lot_said,
                       product_id, lot_id, city_code, language, contact, is_doubtful)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
       $17 OR EXISTS (SELECT FROM complaint c WHERE c.tenant_id IS NOT DISTINCT FROM $1 AND c.words = $8 AND c.created_at > now() - interval '1 day')
ON CONFLICT (entry_id) DO NOTHING
"""


class EntryAlreadySaid(Conflict):
    """The same entry_id came with other words before."""

    code = "complaint_entry_differs"


constraints.register({"complaint_entry": EntryAlreadySaid})


class PhotosFull(Problem):
    """As many photos as a complaint may have, or too late for one; params: most."""

    status = 409
    code = "complaint_photos_full"


class Owner(NamedTuple):
    """Whose complaint it is; all empty: nobody's that we know, so the platform's. `code`: what it was scanned as."""

    tenant_id: UUID | None
    product_id: UUID | None
    lot_id: UUID | None
    code: str | None


class Filed(NamedTuple):
    id: UUID
    ticket: str


async def owner_of(pool: Any, command: FileComplaint) -> Owner:
    """By the code, else by what stands in its address or was typed. Unavailable while the database is away."""
    code, gtin, lot = command.code, None, command.lot
    if code and "://" in code and (scanned := read_url(code)):
        code = scanned.identity
        if scanned.label:
            gtin, lot = scanned.label.gtin, lot or scanned.label.lot
    elif command.product and re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", command.product):
        gtin = command.product.zfill(14)
    code = identity_of_text(code) if code else None
    try:
        row = await pool.fetchrow(
            "SELECT * FROM complaint_owner($1, $2, $3, $4)", code, gtin, command.product, lot, timeout=5
        )
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return Owner(row["tenant_id"], row["product_id"], row["lot_id"], code) if row else Owner(None, None, None, code)


async def file_complaint(
    actor: Actor, box: FileBox, key: bytes, owner: Owner, command: FileComplaint, *, doubtful: bool = False
) -> Filed:
    """Store it once; sent again the answer is the same. Raises EntryAlreadySaid where the same id says something else."""
    ticket = ticket_of(key, command.entry_id)
    if kept := await _filed_before(command):
        return Filed(kept, ticket)
    complaint_id, digest = new_id(), digest_of(ticket)
    doubtful = doubtful or len(_ADDRESSES.findall(command.words)) > 1
    source = "unknown" if command.source == "scan" and owner.lot_id is None else command.source
    contact = seal_contact(box, complaint_id, command.contact) if command.contact else None
    stored = await db.execute(
        _INSERT, actor.tenant_id, complaint_id, command.entry_id, command.digest, digest, source, command.topic, command.words,
        owner.code, command.product, command.lot, owner.product_id, owner.lot_id, command.city, actor.language, contact, doubtful,
    )  # fmt: skip
    if not stored:  # it came twice at once
        return Filed(await _filed_before(command) or complaint_id, ticket)
    after = {
        "source": command.source, "topic": command.topic, "code": owner.code, "lot_id": owner.lot_id, "has_contact": contact is not None
    }  # fmt: skip
    await audit.record(actor, "complaint.filed", "complaint", complaint_id, after=after)
    return Filed(complaint_id, ticket)


async def _filed_before(command: FileComplaint) -> UUID | None:
    """The complaint that this id was used for; EntryAlreadySaid where it said something else."""
    kept = await db.fetchrow("SELECT id, body_digest FROM complaint WHERE entry_id = $1", command.entry_id)
    if kept is None:
        return None
    if kept["body_digest"] != command.digest:
        raise EntryAlreadySaid(field="entry_id")
    return UUID(str(kept["id"]))


async def add_photo(actor: Actor, box: FileBox, complaint_id: UUID, media_type: str, picture: bytes) -> int:
    """Put one photo to a complaint that was filed just now, sealed; its number. The same photo again is the same one.
    NotFound, PhotosFull."""
    filed = await db.fetchval(
        "SELECT created_at > now() - make_interval(hours => $3) FROM complaint WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2 FOR UPDATE",
        actor.tenant_id, complaint_id, PHOTO_HOURS,
    )  # fmt: skip
    if filed is None:
        raise NotFound
    digest, sealed = box.seal(complaint_id, picture)
    kept = await db.fetch("SELECT number, digest FROM complaint_photo WHERE complaint_id = $1", complaint_id)
    if same := [row["number"] for row in kept if row["digest"] == digest]:
        return int(same[0])
    if not filed or len(kept) >= MOST_PHOTOS:
        raise PhotosFull(field="photos", most=MOST_PHOTOS)
    await db.execute(
        "INSERT INTO complaint_photo (tenant_id, complaint_id, number, digest, media_type, size_bytes, sealed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant_id, complaint_id, len(kept) + 1, digest, media_type, len(picture), sealed,
    )  # fmt: skip
    after = {"digest": digest.hex(), "size_bytes": len(picture)}
    await audit.record(actor, "complaint.photo_added", "complaint", complaint_id, after=after)
    return len(kept) + 1


def seal_contact(box: FileBox, complaint_id: UUID, contact: str) -> bytes:
    """Salted, so that its digest tells nothing."""
    digest, sealed = box.seal(complaint_id, os.urandom(_SALT_BYTES) + contact.encode())
    return digest + sealed


def open_contact(box: FileBox, complaint_id: UUID, kept: bytes) -> str:
    length = hashlib.sha256().digest_size
    return box.open(complaint_id, kept[:length], kept[length:])[_SALT_BYTES:].decode()
