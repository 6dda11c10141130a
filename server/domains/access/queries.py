"""Lists of access, newest or first-named first, in pages that stay stable while rows are added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound

Rows = list[Any]

_USERS = """
SELECT u.id, u.username, u.display_name, u.phone, u.must_change_password, m.roles, m.workshop, m.shift, m.created_at,
       CASE WHEN m.disabled_at IS NOT NULL OR u.disabled_at IS NOT NULL THEN 'disabled' ELSE 'active' END AS state
FROM membership m JOIN user_account u ON u.id = m.user_id
WHERE m.tenant_id = $1 AND m.ended_at IS NULL
"""
_TENANTS = "SELECT id, name, credit_code, division_code, address, state, created_at FROM tenant"


async def list_users(tenant_id: UUID, after: UUID | None, limit: int) -> Rows:
    """People who work for the enterprise now, by id."""
    return await db.fetch(
        f"{_USERS} AND ($2::uuid IS NULL OR u.id > $2) ORDER BY u.id LIMIT $3", tenant_id, after, limit
    )


async def user(tenant_id: UUID, user_id: UUID) -> Any:
    """One of them; NotFound for everybody else."""
    row = await db.fetchrow(f"{_USERS} AND u.id = $2", tenant_id, user_id)
    if row is None:
        raise NotFound
    return row


async def list_api_keys(tenant_id: UUID) -> Rows:
    """All keys of the enterprise, also revoked ones, newest first. Never the secrets."""
    return await db.fetch(
        "SELECT id, name, roles, created_at, expires_at, revoked_at FROM api_key WHERE tenant_id = $1"
        " ORDER BY id DESC LIMIT 500",
        tenant_id,
    )


async def list_tenants(after: UUID | None, limit: int) -> Rows:
    """What the scope may see of the register: everything, a district, or oneself."""
    return await db.fetch(f"{_TENANTS} WHERE ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2", after, limit)


async def tenant(tenant_id: UUID) -> Any:
    """One enterprise; NotFound where the scope does not see it."""
    row = await db.fetchrow(f"{_TENANTS} WHERE id = $1", tenant_id)
    if row is None:
        raise NotFound
    return row


async def site(tenant_id: UUID, id: UUID) -> Any:
    """One site; NotFound for another's."""
    row = await db.fetchrow(
        "SELECT id, name, division_code, address FROM site WHERE tenant_id = $1 AND id = $2", tenant_id, id
    )
    if row is None:
        raise NotFound
    return row


async def list_sites(tenant_id: UUID) -> Rows:
    return await db.fetch(
        "SELECT id, name, division_code, address FROM site WHERE tenant_id = $1 ORDER BY name, id LIMIT 1000", tenant_id
    )


async def list_places(tenant_id: UUID, site_id: UUID | None, after: UUID | None, limit: int) -> Rows:
    """Places of the enterprise, or of one of its sites."""
    return await db.fetch(
        "SELECT id, site_id, parent_id, kind, name FROM place WHERE tenant_id = $1"
        " AND ($2::uuid IS NULL OR site_id = $2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        tenant_id, site_id, after, limit,
    )  # fmt: skip


async def place(tenant_id: UUID, id: UUID) -> Any:
    """One place; NotFound for another's."""
    row = await db.fetchrow(
        "SELECT id, site_id, parent_id, kind, name FROM place WHERE tenant_id = $1 AND id = $2", tenant_id, id
    )
    if row is None:
        raise NotFound
    return row


async def list_authorities(after: UUID | None, limit: int) -> Rows:
    """Authorities with their districts, ended ones included."""
    return await db.fetch(
        "SELECT a.id, a.name, coalesce(jsonb_agg(jsonb_build_object('id', j.id, 'division_code', j.division_code,"
        " 'valid_from', j.valid_from, 'valid_to', j.valid_to) ORDER BY j.id) FILTER (WHERE j.id IS NOT NULL), '[]') AS jurisdictions"
        " FROM authority a LEFT JOIN jurisdiction j ON j.authority_id = a.id"
        " WHERE ($1::uuid IS NULL OR a.id > $1) GROUP BY a.id ORDER BY a.id LIMIT $2",
        after, limit,
    )  # fmt: skip


async def who_am_i(actor: Actor) -> Any:
    """The account and the name of whom it works for. In the system scope."""
    return await db.fetchrow(
        "SELECT u.username, u.must_change_password, t.name AS tenant_name, t.credit_code, a.name AS authority_name"
        " FROM (SELECT $1::uuid AS id) x LEFT JOIN user_account u ON u.id = x.id"
        " LEFT JOIN tenant t ON t.id = $2 LEFT JOIN authority a ON a.id = $3",
        actor.id, actor.tenant_id, actor.authority_id,
    )  # fmt: skip


async def audit_trail(
    tenant_id: UUID | None,
    *,
    object_type: str | None,
    object_id: str | None,
    actor_id: UUID | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    after: UUID | None,
    limit: int,
) -> Rows:
    """Entries of one enterprise (None: of the platform), newest first. `action` may end in `.*`. Those of an object are also
    the ones that name it in a set: by its id, or between the first and the last of what was made together."""
    prefix = action.removesuffix("*") if action and action.endswith(".*") else None
    return await db.fetch(
        "SELECT id, at, actor_kind, actor_id, actor_name, action, object_type, object_id, before, after, request_id"
        " FROM audit_entry WHERE tenant_id IS NOT DISTINCT FROM $1 AND authority_id IS NULL"
        " AND ($2::text IS NULL OR object_type = $2) AND ($3::text IS NULL OR object_id = $3 OR id IN (SELECT s.id FROM audit_entry s"
        " WHERE s.tenant_id = $1 AND (s.after ? 'ids' OR s.after ? 'first') AND (s.after -> 'ids' ? $3"
        " OR $3 BETWEEN s.after ->> 'first' AND s.after ->> 'last')))"
        " AND ($4::uuid IS NULL OR actor_id = $4) AND ($5::text IS NULL OR action = $5)"
        " AND ($6::text IS NULL OR starts_with(action, $6))"
        " AND ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)"
        " AND ($9::uuid IS NULL OR id < $9) ORDER BY id DESC LIMIT $10",
        tenant_id, object_type, object_id, actor_id, None if prefix else action, prefix, since, until, after, limit,
    )  # fmt: skip


async def read_log(
    tenant_id: UUID, since: datetime | None, until: datetime | None, after: UUID | None, limit: int
) -> Rows:
    """What authorities read of the enterprise, newest first."""
    return await db.fetch(
        "SELECT id, at, authority_name, user_name, division_codes, route, object_type, object_id, query, request_id"
        " FROM read_log WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR at >= $2)"
        " AND ($3::timestamptz IS NULL OR at < $3) AND ($4::uuid IS NULL OR id < $4) ORDER BY id DESC LIMIT $5",
        tenant_id, since, until, after, limit,
    )  # fmt: skip
