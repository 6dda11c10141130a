"""Evidence that comes after its record: added beside what is there, never in its place, with who, when and why."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.access import audit
from server.domains.quality.commands import AddFiles
from server.domains.quality.problems import AlreadyCorrected
from server.domains.quality.rollup import LotQuality, add_to_lots

_RECORD = """
SELECT lot_id, EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id) AS corrected
FROM record r WHERE tenant_id = $1 AND id = $2
"""
_ADD = """
INSERT INTO record_attachment (tenant_id, record_id, attachment_id, added_at, added_by, adder_name, add_reason)
SELECT $1, $2, unnest($3::uuid[]), now(), $4, $5, $6 ON CONFLICT DO NOTHING RETURNING attachment_id
"""
_FILES = """
SELECT ra.record_id, a.id, a.file_name, a.title, a.media_type, a.size_bytes, ra.added_at, ra.adder_name, ra.add_reason
FROM record_attachment ra JOIN attachment a ON a.tenant_id = $1 AND a.id = ra.attachment_id
WHERE ra.tenant_id = $1 AND ra.record_id = ANY($2::uuid[]) ORDER BY ra.added_at NULLS FIRST, a.id
"""


async def add_files(actor: Actor, record_id: UUID, command: AddFiles) -> None:
    """Hang stored files on a record that stands; those it has already stay as they came. Raises NotFound,
    AlreadyCorrected (the record that corrects it takes them)."""
    record = await db.fetchrow(_RECORD, actor.tenant, record_id)
    if record is None:
        raise NotFound
    if record["corrected"]:
        raise AlreadyCorrected
    wanted = sorted(set(command.attachment_ids))
    known = "SELECT count(*) FROM attachment WHERE tenant_id = $1 AND id = ANY($2::uuid[])"
    if await db.fetchval(known, actor.tenant, wanted) != len(wanted):
        raise NotFound(field="attachment_ids")
    rows = await db.fetch(_ADD, actor.tenant, record_id, wanted, actor.id, actor.name, command.reason)
    added = [row["attachment_id"] for row in rows]
    if not added:
        return
    if record["lot_id"] is not None:
        await add_to_lots(actor.tenant, {record["lot_id"]: LotQuality(documents=len(added))})
    after = {"attachment_ids": added, "reason": command.reason, "lot_id": record["lot_id"]}
    await audit.record(actor, "record.files_added", "record", record_id, after=after)


async def record_files(tenant_id: UUID, record_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The files of each record, those that came with it first; `added_at`, `adder_name` and `add_reason` of later ones."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await db.fetch(_FILES, tenant_id, list(record_ids)):
        found.setdefault(row["record_id"], []).append(dict(row))
    return found
