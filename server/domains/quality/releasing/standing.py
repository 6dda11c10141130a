"""Under which signed decisions goods stand that have none of their own: parts, mixtures and single pieces go as what they were
taken from went, under its certificate, and nobody signs again."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db

_STANDING = """
SELECT s.root, l.id AS lot_id, l.lot_no, r.id AS release_id, r.decision, r.kind, r.certificate_no, r.signer_name, r.signed_at, r.remark,
       r.checklist::text AS checklist,
       EXISTS (SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = s.root AND k.kind = 'merged' AND k.reverses IS NULL) AS merged
FROM decisions_standing($1, $2::uuid[]) s
JOIN release r ON r.tenant_id = $1 AND r.id = s.release_id
JOIN lot l ON l.tenant_id = $1 AND l.id = s.origin
ORDER BY s.root, r.signed_at, r.id
"""


class Standing(NamedTuple):
    """One decision, about `lot_id`; where that is not the lot asked about, it is what its goods were taken from. `merged`: the
    lot asked about is a mixture."""

    lot_id: UUID
    lot_no: str
    release_id: UUID
    decision: str
    kind: str
    certificate_no: str | None
    signer_name: str
    signed_at: datetime
    remark: str | None
    checklist: dict[str, Any]
    merged: bool


async def decisions_standing(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """By lot, in the order they were signed: the newest about the lot itself, or those about each of its origins. Lots about
    which nobody decided are missing in the answer."""
    found: dict[UUID, list[Standing]] = {}
    for row in await db.fetch(_STANDING, tenant_id, list(lot_ids)):
        said = dict(row)
        found.setdefault(said.pop("root"), []).append(Standing(**said | {"checklist": db.loads(said["checklist"])}))
    return found
