"""Two bodies under one id: both stand side by side until somebody says which is what was found."""

from typing import Any
from uuid import UUID

import orjson

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.commands import NewRecord
from server.domains.quality.phone.commands import PhoneEntry, ResolveConflict
from server.domains.quality.phone.problems import ConflictResolved
from server.domains.quality.records import record_entry

_LIST = """
SELECT c.id, c.entry_id, r.id AS record_id, coalesce(e.body, jsonb_build_object('values', r.values)::text) AS kept, c.body AS other,
       coalesce(e.user_name, r.operator_name) AS kept_by, c.user_name AS other_by, r.received_at AS kept_at, c.received_at,
       c.resolution, c.reason, c.resolved_at, c.resolver_name, f.code AS form_code, f.name AS form_name, f.name_en AS form_name_en, v.id AS form_version_id, l.lot_no
FROM entry_conflict c
JOIN record r ON r.tenant_id = c.tenant_id AND r.entry_id = c.entry_id
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
LEFT JOIN phone_entry e ON e.tenant_id = c.tenant_id AND e.entry_id = c.entry_id
LEFT JOIN lot l ON l.tenant_id = r.tenant_id AND l.id = r.lot_id
WHERE c.tenant_id = $1 ORDER BY c.resolved_at IS NOT NULL, c.id DESC LIMIT 200
"""
# Those in which one of the two bodies is this person's: whose it was, and what stands now.
_OWN = """
SELECT c.id, c.entry_id, c.received_at, c.resolution, c.reason, c.resolved_at, c.resolver_name, coalesce(c.correction_id, r.id) AS record_id,
       CASE WHEN c.user_id = $2 AND coalesce(e.user_id, r.operator_id) = $2 THEN 'both' WHEN c.user_id = $2 THEN 'other' ELSE 'kept' END AS own,
       f.name AS form_name, f.name_en AS form_name_en, l.lot_no
FROM entry_conflict c
JOIN record r ON r.tenant_id = c.tenant_id AND r.entry_id = c.entry_id
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
LEFT JOIN phone_entry e ON e.tenant_id = c.tenant_id AND e.entry_id = c.entry_id
LEFT JOIN lot l ON l.tenant_id = r.tenant_id AND l.id = r.lot_id
WHERE c.tenant_id = $1 AND (c.user_id = $2 OR coalesce(e.user_id, r.operator_id) = $2) ORDER BY c.id DESC LIMIT 100
"""
_NEWEST = """
WITH RECURSIVE later(id) AS (
    SELECT id FROM record WHERE tenant_id = $1 AND entry_id = $2
  UNION
    SELECT r.id FROM later l JOIN record r ON r.tenant_id = $1 AND r.corrects = l.id)
SELECT l.id FROM later l WHERE NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = l.id)
"""


async def list_conflicts(tenant_id: UUID) -> list[dict[str, Any]]:
    """Both bodies of each, those that wait first, then the newest."""
    rows = await db.fetch(_LIST, tenant_id)
    return [{**row, "kept": orjson.loads(row["kept"]), "other": orjson.loads(row["other"])} for row in rows]


async def own_conflicts(tenant_id: UUID, user_id: UUID) -> list[dict[str, Any]]:
    """How the conflicts about this person's entries stand or ended, the newest first."""
    return [dict(row) for row in await db.fetch(_OWN, tenant_id, user_id)]


async def count_conflicts(tenant_id: UUID) -> int:
    """How many wait."""
    found: int = await db.fetchval(
        "SELECT count(*) FROM entry_conflict WHERE tenant_id = $1 AND resolved_at IS NULL", tenant_id
    )
    return found


async def resolve_conflict(actor: Actor, conflict_id: UUID, command: ResolveConflict) -> UUID:
    """Say which of the two stands, with a reason; the record that stands then. NotFound, ConflictResolved, and what
    recording refuses where the other is to correct."""
    row = await db.fetchrow(
        "SELECT entry_id, body, resolved_at FROM entry_conflict WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        actor.tenant, conflict_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    if row["resolved_at"] is not None:
        raise ConflictResolved
    stands: UUID = await db.fetchval(_NEWEST, actor.tenant, row["entry_id"])
    correction_id = None
    if command.resolution == "correct":
        correction_id = stands = await _correct(
            actor, stands, PhoneEntry.model_validate_json(row["body"]), command.reason
        )
    await db.execute(
        "UPDATE entry_conflict SET resolution = $3, reason = $4, resolved_at = $5, resolved_by = $6, resolver_name = $7,"
        " correction_id = $8 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, conflict_id, command.resolution, command.reason, now(), actor.id, actor.name, correction_id,
    )  # fmt: skip
    after = command.model_dump() | {"entry_id": row["entry_id"], "correction_id": correction_id}
    await audit.record(actor, "entry.conflict_resolved", "entry_conflict", conflict_id, after=after)
    return stands


async def _correct(actor: Actor, record_id: UUID, other: PhoneEntry, reason: str) -> UUID:
    """The other body as a correction; it is dated by the record that it corrects, since its own time is only a claim."""
    kept: dict[str, Any] = other.model_dump(
        include={"form_version_id", "lot_id", "code", "device_id", "place_id", "supplier_id", "shipment_id", "working_day",
                 "operation_id", "values", "inspected", "gauge_ids", "incomplete"}
    )  # fmt: skip
    command = NewRecord(**kept, entry_id=new_id(), source="phone", corrects=record_id, correction_reason=reason)
    return (await record_entry(actor, command, waited=True)).record_id
