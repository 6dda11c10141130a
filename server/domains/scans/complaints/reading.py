"""What the enterprise, or for nobody's the platform, reads of complaints. `tenant_id` None is the platform."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.files import FileBox
from server.domains.access import audit
from server.domains.scans.complaints.filing import open_contact

_SHOWN = """
SELECT c.id, c.state, c.source, c.topic, c.words, c.code_text, c.product_said, c.lot_said, c.product_id, c.lot_id, c.city_code, c.language,
       c.contact IS NOT NULL AS has_contact, c.contact_erased_at, c.is_doubtful, c.created_at, {about},
       (SELECT count(*) FROM complaint_photo f WHERE f.complaint_id = c.id) AS photos
FROM complaint c {joined} WHERE c.tenant_id IS NOT DISTINCT FROM $1
"""
_OWN = _SHOWN.format(
    about="p.name AS product_name, l.lot_no",
    joined="LEFT JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = c.lot_id",
)
_NOBODYS = _SHOWN.format(about="NULL::text AS product_name, NULL::text AS lot_no", joined="")


def _sql(tenant_id: UUID | None) -> str:
    return _OWN if tenant_id else _NOBODYS


async def complaints(
    tenant_id: UUID | None, *, state: str | None, doubtful: bool = False, lot_id: UUID | None = None, before: UUID | None, limit: int
) -> Sequence[Any]:  # fmt: skip
    """The newest first; those that look like a flood's apart."""
    return await db.fetch(
        f"{_sql(tenant_id)} AND ($2::text IS NULL OR c.state = $2) AND c.is_doubtful = $3 AND ($4::uuid IS NULL OR c.lot_id = $4)"
        " AND ($5::uuid IS NULL OR c.id < $5) ORDER BY c.id DESC LIMIT $6",
        tenant_id, state, doubtful, lot_id, before, limit,
    )  # fmt: skip


async def complaint(tenant_id: UUID | None, complaint_id: UUID) -> Any:
    """One of them; NotFound."""
    row = await db.fetchrow(f"{_sql(tenant_id)} AND c.id = $2", tenant_id, complaint_id)
    if row is None:
        raise NotFound
    return row


async def steps(tenant_id: UUID | None, complaint_id: UUID) -> Sequence[Any]:
    """What was done about it, oldest first."""
    return await db.fetch(
        "SELECT id, kind, words, at, actor_name FROM complaint_step"
        " WHERE tenant_id IS NOT DISTINCT FROM $1 AND complaint_id = $2 ORDER BY id",
        tenant_id, complaint_id,
    )  # fmt: skip


async def photos(tenant_id: UUID | None, complaint_id: UUID) -> Sequence[Any]:
    """Its photos without their bytes."""
    return await db.fetch(
        "SELECT number, media_type, size_bytes FROM complaint_photo"
        " WHERE tenant_id IS NOT DISTINCT FROM $1 AND complaint_id = $2 ORDER BY number",
        tenant_id, complaint_id,
    )  # fmt: skip


async def photo(tenant_id: UUID | None, box: FileBox, complaint_id: UUID, number: int) -> tuple[str, bytes]:
    """(media type, bytes) of one photo; NotFound."""
    row = await db.fetchrow(
        "SELECT digest, media_type, sealed FROM complaint_photo"
        " WHERE tenant_id IS NOT DISTINCT FROM $1 AND complaint_id = $2 AND number = $3",
        tenant_id, complaint_id, number,
    )  # fmt: skip
    if row is None:
        raise NotFound
    return row["media_type"], box.open(complaint_id, row["digest"], row["sealed"])


async def contact_of(actor: Actor, box: FileBox, complaint_id: UUID) -> str | None:
    """How to reach the person, and a line in the trail that it was looked at; None where it was not given, or erased."""
    row = await db.fetchrow(
        "SELECT contact FROM complaint WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2",
        actor.tenant_id,
        complaint_id,
    )
    if row is None:
        raise NotFound
    if row["contact"] is None:
        return None
    await audit.record(actor, "complaint.contact_read", "complaint", complaint_id)
    return open_contact(box, complaint_id, row["contact"])


async def open_count(tenant_id: UUID | None) -> int:
    """How many wait for an answer, without those that look like a flood's."""
    return int(
        await db.fetchval(
            "SELECT count(*) FROM complaint WHERE tenant_id IS NOT DISTINCT FROM $1 AND state = 'open' AND NOT is_doubtful",
            tenant_id,
        )
    )
