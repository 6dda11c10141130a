"""Sessions that have begun: refreshed, listed, ended; and the password behind them. In the system scope."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound, Unauthenticated
from server.domains.access import audit, lockout, tokens
from server.domains.access.permissions import permissions_of
from server.domains.access.problems import PeopleOnly
from server.domains.access.sign_in import store_refresh_token

GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A session that goes on; None for `refresh_token` where it was ended because an old token came back."""

    claims: tokens.Claims
    refresh_token: str | None


async def refresh(refresh_token: str, key: bytes, request_id: str) -> Refreshed:
    """Rotate. Within GRACE_SECONDS a repeated request gets the same answer, as long as nobody used it.

    A used token that comes back later was stolen from one side or the other: the whole family ends. The caller commits
    that and then answers 401 (`refresh_token` is None). Unauthenticated for whatever is unknown or over.
    """
    row = await db.fetchrow(
        "SELECT session_id, expires_at <= now() AS over, used_at,"
        " used_at > now() - make_interval(secs => $2) AS just_used FROM refresh_token WHERE digest = $1 FOR UPDATE",
        tokens.digest(refresh_token), float(GRACE_SECONDS),
    )  # fmt: skip
    if row is None or row["over"]:
        raise Unauthenticated
    state = await db.fetchrow("SELECT * FROM session_state($1)", row["session_id"])
    if state is None:
        raise Unauthenticated
    claims = tokens.Claims(row["session_id"], state["user_id"], state["tenant_id"], state["authority_id"])
    following = tokens.successor(refresh_token, key)
    if row["used_at"] is None:
        await db.execute("UPDATE refresh_token SET used_at = now() WHERE digest = $1", tokens.digest(refresh_token))
        await store_refresh_token(following, row["session_id"])
        return Refreshed(claims, following)
    unused = "SELECT used_at IS NULL FROM refresh_token WHERE digest = $1"
    if row["just_used"] and await db.fetchval(unused, tokens.digest(following)):
        return Refreshed(claims, following)
    await _end_family(state, row["session_id"], request_id)
    return Refreshed(claims, None)


async def _end_family(state: Any, session_id: UUID, request_id: str) -> None:
    roles = frozenset(state["roles"])
    actor = Actor(
        "user", state["user_id"], state["user_name"], state["tenant_id"], state["authority_id"], roles,
        permissions_of(roles), request_id, session_id=session_id,
    )  # fmt: skip
    await _end(session_id, "refresh_token_reused")
    await audit.record(actor, "session.ended", "session", session_id, after={"why": "refresh_token_reused"})


async def _end(session_id: UUID, why: str) -> None:
    await db.execute(
        "UPDATE session SET revoked_at = now(), revoked_why = $2 WHERE id = $1 AND revoked_at IS NULL", session_id, why
    )


def own_session(actor: Actor) -> UUID:
    """The session of a person; PeopleOnly for a machine."""
    if actor.kind != "user" or actor.session_id is None:
        raise PeopleOnly
    return actor.session_id


async def sign_out(actor: Actor) -> None:
    """End the session that asks."""
    session_id = own_session(actor)
    await _end(session_id, "signed_out")
    await audit.record(actor, "session.ended", "session", session_id, after={"why": "signed_out"})


async def list_sessions(actor: Actor) -> list[Any]:
    """The open sessions of the person, whatever enterprise they are for; newest first."""
    own_session(actor)
    return await db.fetch(
        "SELECT s.id, s.created_at, s.expires_at, s.user_agent, coalesce(t.name, a.name) AS tenant,"
        " (SELECT max(issued_at) FROM refresh_token r WHERE r.session_id = s.id) AS last_used_at"
        " FROM session s JOIN membership m ON m.id = s.membership_id LEFT JOIN tenant t ON t.id = m.tenant_id"
        " LEFT JOIN authority a ON a.id = m.authority_id"
        " WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() ORDER BY s.id DESC LIMIT 200",
        actor.id,
    )


async def revoke_session(actor: Actor, session_id: UUID) -> None:
    """End one of one's own sessions; NotFound for another's."""
    own_session(actor)
    ended = await db.execute(
        "UPDATE session SET revoked_at = now(), revoked_why = 'revoked' WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL",
        session_id, actor.id,
    )  # fmt: skip
    if not ended:
        raise NotFound
    await audit.record(actor, "session.ended", "session", session_id, after={"why": "revoked"})


@dataclass(frozen=True, slots=True)
class Secret:
    username: str
    password_hash: str


async def begin_password_change(actor: Actor) -> Secret:
    """Count the try and fetch what the current password is checked against."""
    own_session(actor)
    assert actor.id is not None
    await lockout.admit(db, [lockout.signing_bucket(actor.id)])
    row = await db.fetchrow("SELECT username, password_hash FROM user_account WHERE id = $1", actor.id)
    if row is None:
        raise Unauthenticated
    return Secret(row["username"], row["password_hash"])


async def complete_password_change(actor: Actor, new_hash: str, device: str | None) -> None:
    """Store the new password; every other session and every other known browser of the person ends."""
    session_id = own_session(actor)
    assert actor.id is not None
    await lockout.forgive(db, [lockout.signing_bucket(actor.id)])
    await db.execute(
        "UPDATE user_account SET password_hash = $2, must_change_password = false WHERE id = $1", actor.id, new_hash
    )
    ended = await db.execute(
        "UPDATE session SET revoked_at = now(), revoked_why = 'password_changed'"
        " WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL",
        actor.id, session_id,
    )  # fmt: skip
    await db.execute(
        "DELETE FROM known_device WHERE user_id = $1 AND digest <> $2", actor.id, tokens.digest(device or "")
    )
    await audit.record(actor, "password.changed", "user", actor.id, after={"other_sessions_ended": ended})
