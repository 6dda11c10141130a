"""The people of one enterprise, managed by its admins, in its scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit, lockout
from server.domains.access.commands import ChangeUser, NewUser, SetDisabled
from server.domains.access.passwords import one_time_password, passwords
from server.domains.access.problems import LastEnterpriseAdmin, PeopleOnly, WorksElsewhere

ADMIN = "enterprise_admin"


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """`one_time_password` is shown once; None for somebody who came back with the password he has."""

    user_id: UUID
    username: str
    one_time_password: str | None


def require_person(actor: Actor) -> None:
    """Machines hold keys to data, not to people: PeopleOnly."""
    if actor.kind == "api_key":
        raise PeopleOnly


async def create_user(actor: Actor, user: NewUser) -> CreatedUser:
    """A new account in the enterprise, whose password must be changed at the first sign-in."""
    actor.require("access.write")
    require_person(actor)
    created = await _create(actor.tenant, user)
    await audit.record(actor, "user.created", "user", created.user_id, after=_shown(user))
    return created


async def create_users(actor: Actor, users: Sequence[NewUser]) -> list[CreatedUser]:
    """Many at once (an import), all or none; one entry in the trail names them. Some 0.1 s each, for their passwords."""
    actor.require("access.write")
    require_person(actor)
    created = [await _create(actor.tenant, user) for user in users]
    await audit.record(
        actor, "user.imported", "user", created[0].user_id if len(created) == 1 else "set",
        after={"users": [{"id": str(c.user_id), **_shown(u)} for c, u in zip(created, users, strict=True)]},
    )  # fmt: skip
    return created


def _shown(user: NewUser) -> dict[str, Any]:
    return user.model_dump(mode="json", exclude={"phone"})


async def _create(tenant_id: UUID, user: NewUser) -> CreatedUser:
    """The policies show only our own people: a name that somebody else has breaks the unique index (UsernameTaken)."""
    user_id = await db.fetchval("SELECT id FROM user_account WHERE lower(username) = lower($1)", user.username)
    secret = None
    if user_id is None:
        user_id, secret = new_id(), one_time_password()
        await db.execute(
            "INSERT INTO user_account (id, username, password_hash, must_change_password, display_name, phone)"
            " VALUES ($1, $2, $3, true, $4, $5)",
            user_id, user.username, await passwords().hash(secret), user.display_name, user.phone,
        )  # fmt: skip
    await db.execute(
        "INSERT INTO membership (user_id, tenant_id, roles, workshop, shift) VALUES ($1, $2, $3, $4, $5)",
        user_id, tenant_id, user.roles, user.workshop, user.shift,
    )  # fmt: skip
    return CreatedUser(user_id, user.username, secret)


async def change_user(actor: Actor, user_id: UUID, change: ChangeUser) -> None:
    """Roles, workshop, shift; effective at the person's next request."""
    actor.require("access.write")
    require_person(actor)
    before = await _membership(actor.tenant, user_id)
    given = change.model_dump(exclude_unset=True, exclude_none=True)
    after = {**before, **{k: (v or None) for k, v in given.items()}}
    if ADMIN in before["roles"] and ADMIN not in after["roles"]:
        await _keep_an_admin(actor.tenant, user_id)
    await db.execute(
        "UPDATE membership SET roles = $3, workshop = $4, shift = $5 WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL",
        actor.tenant, user_id, after["roles"], after["workshop"], after["shift"],
    )  # fmt: skip
    await audit.record(actor, "user.changed", "user", user_id, before=before, after=after)


async def set_user_disabled(actor: Actor, user_id: UUID, change: SetDisabled) -> None:
    """Shut out of this enterprise for now, or let in again. Other enterprises are not touched."""
    actor.require("access.write")
    require_person(actor)
    before = await _membership(actor.tenant, user_id)
    if change.disabled and ADMIN in before["roles"]:
        await _keep_an_admin(actor.tenant, user_id)
    await db.execute(
        "UPDATE membership SET disabled_at = CASE WHEN $3 THEN coalesce(disabled_at, now()) END"
        " WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL",
        actor.tenant, user_id, change.disabled,
    )  # fmt: skip
    action = "user.disabled" if change.disabled else "user.enabled"
    await audit.record(
        actor, action, "user", user_id, before={"disabled": before["disabled"]}, after={"disabled": change.disabled}
    )


async def end_membership(actor: Actor, user_id: UUID) -> None:
    """The person has left; what he did stays his."""
    actor.require("access.write")
    require_person(actor)
    before = await _membership(actor.tenant, user_id)
    if ADMIN in before["roles"]:
        await _keep_an_admin(actor.tenant, user_id)
    await db.execute(
        "UPDATE membership SET ended_at = now() WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL",
        actor.tenant, user_id,
    )  # fmt: skip
    await audit.record(actor, "user.left", "user", user_id, before=before, after={"roles": []})


async def reset_password(actor: Actor, user_id: UUID) -> CreatedUser:
    """A one-time password for somebody who forgot his; all his sessions end. WorksElsewhere where it is not ours to set."""
    actor.require("access.write")
    require_person(actor)
    await _membership(actor.tenant, user_id)
    username = await db.fetchval("SELECT username FROM user_account WHERE id = $1", user_id)
    secret = one_time_password()
    hashed = await passwords().hash(secret)
    bucket = lockout.account_bucket(username).name
    if not await db.fetchval("SELECT reset_member_password($1, $2, $3)", user_id, hashed, bucket):
        raise WorksElsewhere
    await audit.record(actor, "password.reset", "user", user_id)
    return CreatedUser(user_id, username, secret)


async def _membership(tenant_id: UUID, user_id: UUID) -> dict[str, Any]:
    row = await db.fetchrow(
        "SELECT roles, workshop, shift, disabled_at IS NOT NULL AS disabled FROM membership"
        " WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL FOR UPDATE",
        tenant_id, user_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    return dict(row)


async def _keep_an_admin(tenant_id: UUID, leaving: UUID) -> None:
    """Somebody else must remain admin; two admins who remove each other at once wait for one another here."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('enterprise_admin ' || $1, 0))", str(tenant_id))
    others = await db.fetchval(
        "SELECT count(*) FROM membership m JOIN user_account u ON u.id = m.user_id AND u.disabled_at IS NULL"
        " WHERE m.tenant_id = $1 AND m.user_id <> $2 AND $3 = ANY (m.roles) AND m.ended_at IS NULL AND m.disabled_at IS NULL",
        tenant_id, leaving, ADMIN,
    )  # fmt: skip
    if not others:
        raise LastEnterpriseAdmin
