"""Authorities and their districts; and accounts as the platform manages them, across enterprises."""

from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit, lockout
from server.domains.access.commands import NewAuthority, NewJurisdiction, NewRegulator, NewUser, SetDisabled
from server.domains.access.passwords import one_time_password, passwords
from server.domains.access.people import CreatedUser
from server.domains.access.problems import DayOrder


async def create_authority(actor: Actor, command: NewAuthority) -> UUID:
    """A regulator with one or several districts, from today on."""
    actor.require("platform.write")
    id = new_id()
    await db.execute("INSERT INTO authority (id, name) VALUES ($1, $2)", id, command.name)
    for division_code in command.division_codes:
        await db.execute("INSERT INTO jurisdiction (authority_id, division_code) VALUES ($1, $2)", id, division_code)
    await audit.record(actor, "authority.created", "authority", id, after=command.model_dump(mode="json"))
    return id


async def add_jurisdiction(actor: Actor, authority_id: UUID, command: NewJurisdiction) -> UUID:
    """A further district, for a stretch of days."""
    actor.require("platform.write")
    await _authority(authority_id)
    if command.valid_from and command.valid_to and command.valid_to <= command.valid_from:
        raise DayOrder(field="valid_to")
    id = await db.fetchval(
        "INSERT INTO jurisdiction (authority_id, division_code, valid_from, valid_to)"
        " VALUES ($1, $2, coalesce($3, edge_today()), $4) RETURNING id",
        authority_id, command.division_code, command.valid_from, command.valid_to,
    )  # fmt: skip
    after = command.model_dump(mode="json") | {"jurisdiction_id": str(id)}
    await audit.record(actor, "jurisdiction.added", "authority", authority_id, after=after)
    return UUID(str(id))


async def end_jurisdiction(actor: Actor, authority_id: UUID, id: UUID) -> None:
    """The district is the authority's no more, from this moment."""
    actor.require("platform.write")
    code = await db.fetchval(
        "UPDATE jurisdiction SET valid_to = edge_today() WHERE id = $1 AND authority_id = $2"
        " AND (valid_to IS NULL OR valid_to > edge_today()) RETURNING division_code",
        id, authority_id,
    )  # fmt: skip
    if code is None:
        raise NotFound
    before = {"jurisdiction_id": str(id), "division_code": code}
    await audit.record(actor, "jurisdiction.ended", "authority", authority_id, before=before)


async def _authority(id: UUID) -> None:
    if not await db.fetchval("SELECT true FROM authority WHERE id = $1", id):
        raise NotFound


async def create_regulator(actor: Actor, authority_id: UUID, command: NewRegulator) -> CreatedUser:
    """Somebody who works for an authority."""
    actor.require("platform.write")
    await _authority(authority_id)
    created = await _account(command.username, command.display_name, command.phone)
    await db.execute(
        "INSERT INTO membership (user_id, authority_id, roles) VALUES ($1, $2, '{regulator}')",
        created.user_id, authority_id,
    )  # fmt: skip
    after = command.model_dump(mode="json", exclude={"phone"}) | {"authority_id": str(authority_id)}
    await audit.record(actor, "user.created", "user", created.user_id, after=after)
    return created


async def add_member(actor: Actor, tenant_id: UUID, command: NewUser) -> CreatedUser:
    """The first admin of an enterprise, or a further membership of somebody who has an account."""
    actor.require("platform.write")
    if not await db.fetchval("SELECT true FROM tenant WHERE id = $1", tenant_id):
        raise NotFound
    created = await _account(command.username, command.display_name, command.phone)
    await db.execute(
        "INSERT INTO membership (user_id, tenant_id, roles, workshop, shift) VALUES ($1, $2, $3, $4, $5)",
        created.user_id, tenant_id, command.roles, command.workshop, command.shift,
    )  # fmt: skip
    after = command.model_dump(mode="json", exclude={"phone"})
    await audit.record(actor, "user.created", "user", created.user_id, after=after, tenant_id=tenant_id)
    return created


async def create_platform_admin(actor: Actor, username: str) -> CreatedUser:
    """Somebody who runs the platform. For the command line only: no route leads here."""
    created = await _account(username, username, None)
    await db.execute("INSERT INTO membership (user_id, roles) VALUES ($1, '{platform_admin}')", created.user_id)
    await audit.record(actor, "user.created", "user", created.user_id, after={"roles": ["platform_admin"]})
    return created


async def _account(username: str, display_name: str, phone: str | None) -> CreatedUser:
    """The account of this name, or a new one with a one-time password."""
    known = await db.fetchval("SELECT id FROM user_account WHERE lower(username) = lower($1)", username)
    if known is not None:
        return CreatedUser(known, username, None)
    id, secret = new_id(), one_time_password()
    await db.execute(
        "INSERT INTO user_account (id, username, password_hash, must_change_password, display_name, phone)"
        " VALUES ($1, $2, $3, true, $4, $5)",
        id, username, await passwords().hash(secret), display_name, phone,
    )  # fmt: skip
    return CreatedUser(id, username, secret)


async def set_account_disabled(actor: Actor, user_id: UUID, command: SetDisabled) -> None:
    """Shut an account out of everything, or let it in again."""
    actor.require("platform.write")
    before = await db.fetchrow("SELECT disabled_at FROM user_account WHERE id = $1 FOR UPDATE", user_id)
    if before is None:
        raise NotFound
    await db.execute(
        "UPDATE user_account SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END WHERE id = $1",
        user_id, command.disabled,
    )  # fmt: skip
    action = "user.disabled" if command.disabled else "user.enabled"
    was = {"disabled": before["disabled_at"] is not None}
    await audit.record(actor, action, "user", user_id, before=was, after={"disabled": command.disabled})


async def reset_account_password(actor: Actor, user_id: UUID) -> CreatedUser:
    """A one-time password for anybody; all his sessions end."""
    actor.require("platform.write")
    secret = one_time_password()
    hashed = await passwords().hash(secret)
    username = await db.fetchval(
        "UPDATE user_account SET password_hash = $2, must_change_password = true WHERE id = $1 RETURNING username",
        user_id, hashed,
    )  # fmt: skip
    if username is None:
        raise NotFound
    await db.execute(
        "UPDATE session SET revoked_at = now(), revoked_why = 'password_reset' WHERE user_id = $1 AND revoked_at IS NULL",
        user_id,
    )
    await db.execute("DELETE FROM known_device WHERE user_id = $1", user_id)
    await lockout.forgive(db, [lockout.account_bucket(username)])
    await audit.record(actor, "password.reset", "user", user_id)
    return CreatedUser(user_id, username, secret)
