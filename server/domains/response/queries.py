"""Recalls and their frozen scopes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.core import db
from server.core.errors import NotFound

_RECALL = """
SELECT r.id, r.level, r.reason, r.advice, r.reason_en, r.advice_en, r.opened_at, r.opened_by, r.closed_at, r.closed_by,
       r.outcome, r.close_reason,
       (SELECT count(*) FROM recall_scope s WHERE s.tenant_id = $1 AND s.recall_id = r.id AND s.order_id IS NULL) AS lots,
       (SELECT count(*) FROM recall_scope s WHERE s.tenant_id = $1 AND s.recall_id = r.id AND s.order_id IS NOT NULL) AS ranges
FROM recall r WHERE r.tenant_id = $1
"""
_SCOPE = """
SELECT s.id, s.lot_id, l.lot_no, p.name AS product_name, s.order_id, lower(s.serials) AS first, upper(s.serials) - 1 AS last
FROM recall_scope s JOIN lot l ON l.tenant_id = $1 AND l.id = s.lot_id JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE s.tenant_id = $1 AND s.recall_id = $2 AND ($3::uuid IS NULL OR s.id > $3) ORDER BY s.id LIMIT $4
"""


async def recall(tenant_id: UUID, recall_id: UUID) -> Any:
    """One recall with how many lots and ranges it holds; NotFound."""
    row = await db.fetchrow(f"{_RECALL} AND r.id = $2", tenant_id, recall_id)
    if row is None:
        raise NotFound
    return row


async def recalls(tenant_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]:
    """The newest first."""
    return await db.fetch(
        f"{_RECALL} AND ($2::uuid IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3", tenant_id, before, limit
    )


async def scope(tenant_id: UUID, recall_id: UUID, after: UUID | None, limit: int) -> Sequence[Any]:
    """The frozen scope, page by page: whole lots, and serials of lots."""
    return await db.fetch(_SCOPE, tenant_id, recall_id, after, limit)


async def lots_in_scope(tenant_id: UUID, recall_id: UUID) -> list[UUID]:
    """The lots of a recall, whole or in part, each once."""
    rows = await db.fetch(
        "SELECT DISTINCT lot_id FROM recall_scope WHERE tenant_id = $1 AND recall_id = $2", tenant_id, recall_id
    )
    return [row["lot_id"] for row in rows]
