"""Badges and PINs: who signs an entry at a terminal that belongs to nobody."""

import asyncio
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit, pin_tries
from server.domains.access.badge_keys import BadgeKeys, Wrapped, new_salt, stretch
from server.domains.access.entry_commands import ChangePin, NewBadge, SetPin
from server.domains.access.people import require_person
from server.domains.access.permissions import permissions_of
from server.domains.access.problems import ProofRequired
from server.domains.access.signing import verify_password

_HOLDERS = f"""
SELECT b.id, b.digest, b.key_no, {pin_tries.WRONG} AS wrong, b.rotated_at, b.pin_salt, b.pin_sealed, u.id AS user_id, u.display_name AS user_name, m.roles,
       least(b.revoked_at, m.ended_at, m.disabled_at, u.disabled_at) AS revoked_at
FROM badge b JOIN membership m ON m.tenant_id = b.tenant_id AND m.id = b.membership_id JOIN user_account u ON u.id = m.user_id
WHERE b.tenant_id = $1
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Issued:
    """`text` is what the badge's code says; shown once, kept as a digest."""

    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A colleague as a terminal knows him: his badge, and his key for this terminal, which his PIN opens. `wrong_tries`:
    in a row, wherever they were made."""

    badge_id: UUID
    digest: bytes
    user_id: UUID
    user_name: str
    key_no: int
    salt: bytes
    wrapped: Wrapped | None  # none while the badge is locked
    wrong_tries: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose badge it is. `revoked_at`: since when badge or person may not sign; `rotated_at`: since when `key_no` holds."""

    badge_id: UUID
    user_id: UUID
    user_name: str
    roles: frozenset[str]
    key_no: int
    rotated_at: datetime
    revoked_at: datetime | None


async def issue_badge(actor: Actor, command: NewBadge, keys: BadgeKeys) -> Issued:
    """A badge in place of the one before, if there was one. NotFound for who does not work here."""
    actor.require("access.write")
    require_person(actor)
    membership_id = await db.fetchval(
        "SELECT id FROM membership WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL",
        actor.tenant, command.user_id,
    )  # fmt: skip
    if membership_id is None:
        raise NotFound(field="user_id")
    replaced = await db.fetchval(
        "UPDATE badge SET revoked_at = now() WHERE tenant_id = $1 AND membership_id = $2 AND revoked_at IS NULL RETURNING id",
        actor.tenant, membership_id,
    )  # fmt: skip
    id, text = new_id(), "QB" + secrets.token_urlsafe(12)
    salt, sealed = await _stretched(keys, id, command.pin)
    await db.execute(
        "INSERT INTO badge (tenant_id, id, membership_id, digest, pin_salt, pin_sealed, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, id, membership_id, digest_of_badge(text), salt, sealed, actor.id,
    )  # fmt: skip
    after = {"user_id": str(command.user_id), "replaces": str(replaced) if replaced else None}
    await audit.record(actor, "badge.issued", "badge", id, after=after)
    return Issued(id, text)


def digest_of_badge(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


async def _stretched(keys: BadgeKeys, badge_id: UUID, pin: str) -> tuple[bytes, bytes]:
    salt = new_salt()
    return salt, keys.seal_pin(badge_id, await asyncio.to_thread(stretch, pin, salt))


async def change_pin(actor: Actor, badge_id: UUID, command: ChangePin, keys: BadgeKeys) -> None:
    """Another PIN for one's own badge, proven by the old one or the password; at a terminal for any badge by its old PIN. Who
    manages people gives others theirs without. ProofRequired, WrongPin, BadgeLocked, WrongPassword, NotFound."""
    if actor.kind == "terminal":
        await _prove(actor, badge_id, command.old_pin, None, keys)
        return await _set(actor, badge_id, command.pin, keys, any_badge=True)
    require_person(actor)
    own = await db.fetchval(
        "SELECT EXISTS (SELECT FROM badge b JOIN membership m ON m.tenant_id = b.tenant_id AND m.id = b.membership_id"
        " WHERE b.tenant_id = $1 AND b.id = $2 AND b.revoked_at IS NULL AND m.user_id = $3)",
        actor.tenant, badge_id, actor.id,
    )  # fmt: skip
    if own:
        await _prove(actor, badge_id, command.old_pin, command.password, keys)
    return await set_pin(actor, badge_id, command, keys)


async def _prove(actor: Actor, badge_id: UUID, old_pin: str | None, password: str | None, keys: BadgeKeys) -> None:
    if old_pin is not None:
        await pin_tries.verify_pin(actor, badge_id, old_pin, keys)
    elif password is not None:
        await verify_password(actor, password)
    else:
        raise ProofRequired(field="old_pin")


async def set_pin(actor: Actor, badge_id: UUID, command: SetPin, keys: BadgeKeys) -> None:
    """Another PIN, and with it other signing keys at every terminal. By the holder or an admin; NotFound for others."""
    require_person(actor)
    await _set(actor, badge_id, command.pin, keys, any_badge="access.write" in actor.permissions)


async def _set(actor: Actor, badge_id: UUID, pin: str, keys: BadgeKeys, *, any_badge: bool) -> None:
    salt, sealed = await _stretched(keys, badge_id, pin)
    key_no = await db.fetchval(
        "UPDATE badge b SET pin_salt = $3, pin_sealed = $4, key_no = b.key_no + 1, rotated_at = now() FROM membership m"
        " WHERE b.tenant_id = $1 AND b.id = $2 AND b.revoked_at IS NULL AND m.tenant_id = $1 AND m.id = b.membership_id"
        " AND ($5 OR m.user_id = $6) RETURNING b.key_no",
        actor.tenant, badge_id, salt, sealed, any_badge, actor.id if actor.kind == "user" else None,
    )  # fmt: skip
    if key_no is None:
        raise NotFound
    await audit.record(
        actor, "badge.pin_set", "badge", badge_id, before={"key_no": key_no - 1}, after={"key_no": key_no}
    )


async def revoke_badge(actor: Actor, badge_id: UUID) -> None:
    """It signs nothing that is made from now on. NotFound."""
    actor.require("access.write")
    require_person(actor)
    if not await db.execute(
        "UPDATE badge SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
        actor.tenant,
        badge_id,
    ):
        raise NotFound
    await audit.record(actor, "badge.revoked", "badge", badge_id, before={"revoked": False})


async def list_badges(actor: Actor) -> list[Any]:
    """The badges in force, by their holders' names."""
    return await db.fetch(
        f"SELECT b.id, u.id AS user_id, u.display_name AS user_name, b.created_at, b.rotated_at AS pin_set_at, x.wrong AS wrong_tries,"  # noqa: S608 - constants
        f" x.wrong >= {pin_tries.MOST} AS locked FROM badge b CROSS JOIN LATERAL (SELECT {pin_tries.WRONG} AS wrong) x"
        " JOIN membership m ON m.tenant_id = b.tenant_id AND m.id = b.membership_id JOIN user_account u ON u.id = m.user_id"
        " WHERE b.tenant_id = $1 AND b.revoked_at IS NULL AND ($2 OR u.id = $3) ORDER BY u.display_name, b.id LIMIT 5000",
        actor.tenant, "access.write" in actor.permissions, actor.id,
    )  # fmt: skip


async def signers_at(tenant_id: UUID, terminal_id: UUID, keys: BadgeKeys) -> list[Signer]:
    """Everybody who may sign at this terminal now."""
    rows = await db.fetch(_HOLDERS + " ORDER BY b.id", tenant_id)
    return [
        Signer(
            row["id"], row["digest"], row["user_id"], row["user_name"], row["key_no"], row["pin_salt"],
            None if row["wrong"] >= pin_tries.MOST
            else keys.wrap(terminal_id, row["id"], row["key_no"], keys.open_pin(row["id"], row["pin_sealed"])),
            row["wrong"],
        )
        for row in rows
        if row["revoked_at"] is None and "phone.enter" in permissions_of(row["roles"])
    ]  # fmt: skip


async def holders_of(tenant_id: UUID, badge_ids: Collection[UUID]) -> dict[UUID, Holder]:
    """Who holds, or held, these badges; unknown ones are absent."""
    rows = await db.fetch(_HOLDERS + " AND b.id = ANY($2::uuid[])", tenant_id, list(badge_ids))
    return {
        row["id"]: Holder(
            row["id"],
            row["user_id"],
            row["user_name"],
            frozenset(row["roles"]),
            row["key_no"],
            row["rotated_at"],
            row["revoked_at"],
        )
        for row in rows
    }
