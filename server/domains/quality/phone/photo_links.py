"""An entry and its photos, whichever comes first: both ends are linked once both are here."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.quality.rollup import LotQuality, add_to_lots

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('photo ' || $1 || ' ' || p, 0)) FROM unnest($2::text[]) AS p ORDER BY p"
_WAITING = """
SELECT r.id, r.lot_id, EXISTS (SELECT FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id) AS corrected
FROM entry_photo e JOIN record r ON r.tenant_id = e.tenant_id AND r.entry_id = e.entry_id WHERE e.tenant_id = $1 AND e.photo_id = $2
"""


class Attached(NamedTuple):
    """The files of the photos that are here already, and what is to be known about them."""

    attachment_ids: tuple[UUID, ...] = ()
    flags: tuple[str, ...] = ()


async def lock_photos(tenant_id: UUID, photo_ids: Sequence[UUID]) -> None:
    """An entry that names a photo and the end of its coming up wait for one another, so that one of the two links them."""
    await db.execute(_LOCK, str(tenant_id), [str(each) for each in photo_ids])


async def attached_photos(tenant_id: UUID, photo_ids: Sequence[UUID]) -> Attached:
    """What is here of an entry's photos."""
    if not photo_ids:
        return Attached()
    await lock_photos(tenant_id, photo_ids)
    rows = await db.fetch(
        "SELECT attachment_id, flags FROM photo WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND attachment_id IS NOT NULL ORDER BY id",
        tenant_id, list(photo_ids),
    )  # fmt: skip
    flags = dict.fromkeys(flag for row in rows for flag in row["flags"])
    return Attached(tuple(row["attachment_id"] for row in rows), tuple(flags))


async def name_photos(tenant_id: UUID, entry_id: UUID, photo_ids: Sequence[UUID]) -> None:
    """Write down which photos belong to an entry."""
    if photo_ids:
        await db.execute(
            "INSERT INTO entry_photo (tenant_id, photo_id, entry_id) SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING",
            tenant_id, list(photo_ids), entry_id,
        )  # fmt: skip


async def link_waiting(actor: Actor, photo_id: UUID, attachment_id: UUID, flags: Sequence[str]) -> None:
    """A photo has come up: the records whose entries name it get it."""
    rows = await db.fetch(_WAITING, actor.tenant, photo_id)
    if not rows:
        return
    linked = await db.fetch(
        "INSERT INTO record_attachment (tenant_id, record_id, attachment_id) SELECT $1, unnest($2::uuid[]), $3"
        " ON CONFLICT DO NOTHING RETURNING record_id",
        actor.tenant, [row["id"] for row in rows], attachment_id,
    )  # fmt: skip
    fresh = {row["record_id"] for row in linked}
    added: dict[UUID, LotQuality] = {}
    for row in rows:
        if row["id"] in fresh and row["lot_id"] is not None and not row["corrected"]:
            added[row["lot_id"]] = LotQuality(documents=added.get(row["lot_id"], LotQuality()).documents + 1)
    if added:
        await add_to_lots(actor.tenant, added)
    if flags:
        await db.execute(
            "UPDATE phone_entry SET flags = ARRAY(SELECT DISTINCT f FROM unnest(flags || $3::text[]) AS f ORDER BY f)"
            " WHERE tenant_id = $1 AND entry_id IN (SELECT entry_id FROM entry_photo WHERE tenant_id = $1 AND photo_id = $2)",
            actor.tenant, photo_id, list(flags),
        )  # fmt: skip
