"""Reading what failed: lists, one with all that belongs to it, and what a release review asks of many lots at once."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.core import db
from server.core.errors import NotFound
from server.domains.quality.nonconformity.review import needed_of, signatures_of

Row = dict[str, Any]

_HEAD = """
SELECT n.*, l.lot_no, l.kind AS lot_kind, f.lot_no AS from_lot_no, p.id AS product_id, p.name AS product_name, s.name AS supplier_name,
       t.name AS step_name,
       (SELECT coalesce(sum(coalesce(d.accounted, 0)), 0) FROM disposition d
        WHERE d.tenant_id = $1 AND d.nonconformity_id = n.id) AS accounted
FROM nonconformity n
JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN lot f ON f.tenant_id = $1 AND f.id = n.from_lot_id
LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = n.supplier_id
LEFT JOIN process_step t ON t.tenant_id = $1 AND t.id = n.step_id
WHERE n.tenant_id = $1
"""
_LIST = f"""{_HEAD}
  AND ($2::uuid IS NULL OR n.id < $2) AND ($3::text IS NULL OR n.state = $3)
  AND ($4::uuid IS NULL OR n.lot_id = $4 OR n.from_lot_id = $4) AND ($5::uuid IS NULL OR n.supplier_id = $5)
  AND ($6::text IS NULL OR n.defect_class = $6) AND ($7::text IS NULL OR n.stage = $7)
  AND ($8::uuid IS NULL OR l.product_id = $8)
ORDER BY n.id DESC LIMIT $9
"""
_DISPOSITIONS = """
SELECT d.*, l.lot_no AS result_lot_no, p.name AS product_name, c.name AS customer_name,
       ARRAY(SELECT a.attachment_id FROM disposition_attachment a WHERE a.tenant_id = $1 AND a.disposition_id = d.id
             ORDER BY a.attachment_id) AS attachment_ids
FROM disposition d
LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = d.result_lot_id
LEFT JOIN product p ON p.tenant_id = $1 AND p.id = d.product_id
LEFT JOIN customer c ON c.tenant_id = $1 AND c.id = d.customer_id
WHERE d.tenant_id = $1 AND d.nonconformity_id = $2 ORDER BY d.id
"""
_EVIDENCE = """
SELECT record_id, attachment_id, added_at FROM nonconformity_evidence
WHERE tenant_id = $1 AND nonconformity_id = $2 ORDER BY id
"""
_OPEN = """
SELECT lots.lot, n.id, n.number, n.defect, n.defect_class, n.state,
       (SELECT d.kind FROM disposition d WHERE d.tenant_id = $1 AND d.nonconformity_id = n.id
        AND d.state NOT IN ('refused', 'withdrawn') ORDER BY d.id DESC LIMIT 1) AS disposition
FROM unnest($2::uuid[]) AS lots(lot)
JOIN nonconformity n ON n.tenant_id = $1 AND n.lot_id = lots.lot AND n.state = 'open'
ORDER BY lots.lot, n.id
"""
_IN_FORCE = """
SELECT l.id AS lot, d.id, n.number, n.defect, l.conceded_until, l.conceded_quantity - l.used_quantity AS left_over, l.unit,
       d.approver_name, c.name AS customer_name, d.consent_attachment_id
FROM lot l
JOIN disposition d ON d.tenant_id = $1 AND d.id = l.concession_id
JOIN nonconformity n ON n.tenant_id = $1 AND n.id = d.nonconformity_id
LEFT JOIN customer c ON c.tenant_id = $1 AND c.id = l.conceded_customer_id
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND l.conceded_until > now()
ORDER BY l.id
"""


class NonconformityFilter(BaseModel):
    """What a list is narrowed to; `lot_id` is the lot where the goods stand or that they were split off."""

    model_config = ConfigDict(extra="forbid")

    state: str | None = None
    lot_id: UUID | None = None
    supplier_id: UUID | None = None
    defect_class: str | None = None
    stage: str | None = None
    product_id: UUID | None = None


class OpenNonconformity(NamedTuple):
    """`disposition`: the newest that is proposed or done; None where nothing is decided yet."""

    id: UUID
    number: str
    defect: str
    defect_class: str
    disposition: str | None
    state: str


class Concession(NamedTuple):
    """What a lot may be used for although it failed: `left` in its unit, until `until`, by whose signature."""

    id: UUID
    number: str
    defect: str
    until: datetime
    left: Decimal
    unit: str | None
    approver: str
    customer: str | None
    consent_attachment_id: UUID | None


async def list_nonconformities(
    tenant_id: UUID, wanted: NonconformityFilter, after: UUID | None, limit: int
) -> list[Row]:
    """The newest first, after the one that ended the page before."""
    rows = await db.fetch(
        _LIST, tenant_id, after, wanted.state, wanted.lot_id, wanted.supplier_id, wanted.defect_class, wanted.stage,
        wanted.product_id, limit,
    )  # fmt: skip
    return [dict(row) for row in rows]


async def get_nonconformity(tenant_id: UUID, nonconformity_id: UUID) -> Row:
    """One with its evidence and its dispositions, each with its signatures and what its review lacks. Raises NotFound."""
    row = await db.fetchrow(_HEAD + " AND n.id = $2", tenant_id, nonconformity_id)
    if row is None:
        raise NotFound
    evidence = [dict(each) for each in await db.fetch(_EVIDENCE, tenant_id, nonconformity_id)]
    dispositions = await db.fetch(_DISPOSITIONS, tenant_id, nonconformity_id)
    signatures: dict[UUID, list[Row]] = {}
    for each in await signatures_of(tenant_id, [disposition["id"] for disposition in dispositions]):
        signatures.setdefault(each["disposition_id"], []).append(dict(each))
    shown = []
    for each in dispositions:
        needed = await needed_of(tenant_id, each) if each["state"] == "proposed" else None
        shown.append({**dict(each), "signatures": signatures.get(each["id"], []), "needed": needed})
    return {**dict(row), "evidence": evidence, "dispositions": shown}


async def nonconformities_open(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[OpenNonconformity]]:
    """The open nonconformities of each of these lots; lots without one are missing in the answer."""
    found: dict[UUID, list[OpenNonconformity]] = {}
    for row in await db.fetch(_OPEN, tenant_id, list(lot_ids)):
        one = OpenNonconformity(
            row["id"], row["number"], row["defect"], row["defect_class"], row["disposition"], row["state"]
        )
        found.setdefault(row["lot"], []).append(one)
    return found


async def concessions_in_force(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, Concession]:
    """The concession under which each of these lots may be used; lots without one, or whose one ran out, are missing."""
    rows = await db.fetch(_IN_FORCE, tenant_id, list(lot_ids))
    return {
        row["lot"]: Concession(
            row["id"], row["number"], row["defect"], row["conceded_until"], row["left_over"], row["unit"],
            row["approver_name"], row["customer_name"], row["consent_attachment_id"],
        )
        for row in rows
    }  # fmt: skip
