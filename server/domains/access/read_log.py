"""Every read by a regulator is written down where the enterprise sees it, in the transaction of the read."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound


async def enter(actor: Actor, enterprise: UUID, route: str, path: dict[str, str], query: dict[str, Any]) -> Actor:
    """The regulator reading this enterprise; NotFound where it is outside the district of today, as if it did not exist."""
    codes = await db.fetch(
        "SELECT DISTINCT division_code FROM tenant_division WHERE tenant_id = $1 AND edge_today() >= valid_from"
        " AND (valid_to IS NULL OR edge_today() < valid_to) ORDER BY 1",
        enterprise,
    )
    if not await db.fetchval("SELECT true FROM tenant WHERE id = $1", enterprise):
        raise NotFound
    await write(actor, enterprise, [r["division_code"] for r in codes], route, path.get("id"), query)
    return replace(actor, tenant_id=enterprise)


async def write(
    actor: Actor,
    enterprise: UUID,
    division_codes: list[str],
    route: str,
    object_id: str | None,
    query: dict[str, Any],
) -> None:
    """One line of the log; the division codes are those of this moment."""
    await db.execute(
        "INSERT INTO read_log (tenant_id, authority_id, authority_name, user_id, user_name, division_codes, route,"
        " object_type, object_id, query, request_id)"
        " SELECT $1, a.id, a.name, $3, $4, $5, $6, $7, $8, $9::jsonb, $10 FROM authority a WHERE a.id = $2",
        enterprise, actor.authority_id, actor.id, actor.name, division_codes, route,
        _object_type(route), object_id, db.dumps(query), actor.request_id,
    )  # fmt: skip


def _object_type(route: str) -> str:
    """`/api/v1/lots/{id}/materials` reads a lot."""
    parts = [p for p in route.split("/") if p not in ("", "api", "v1") and not p.startswith("{")]
    return parts[0] if parts else "page"
