"""From what a request shows to an Actor, inside the transaction that the request runs in."""

from server.core import db
from server.core.actor import Actor
from server.core.errors import Forbidden, Unauthenticated
from server.core.scope import Scope
from server.domains.access.permissions import permissions_of
from server.domains.access.tokens import Claims, digest


class PasswordChangeRequired(Forbidden):
    """The password was set by somebody else: change it first."""

    code = "password_change_required"


def scope_of(claims: Claims) -> Scope:
    """The scope in which a token's request runs."""
    if claims.authority_id:
        return Scope.jurisdiction(claims.authority_id)
    return Scope.tenant(claims.tenant_id) if claims.tenant_id else Scope.system()


async def actor_of_session(claims: Claims, request_id: str, language: str) -> Actor:
    """The person behind a token, with the roles of this very moment; Unauthenticated once anything was revoked."""
    row = await db.fetchrow("SELECT * FROM session_state($1)", claims.session_id)
    if row is None or (row["user_id"], row["tenant_id"], row["authority_id"]) != (
        claims.user_id, claims.tenant_id, claims.authority_id,
    ):  # fmt: skip
        raise Unauthenticated
    roles = frozenset(row["roles"])
    must_change = row["must_change_password"]
    permissions = frozenset[str]() if must_change else permissions_of(roles)
    return Actor(
        "user", row["user_id"], row["user_name"], row["tenant_id"], row["authority_id"], roles, permissions,
        request_id, language, claims.session_id, must_change,
    )  # fmt: skip


async def actor_of_api_key(key: str, request_id: str, language: str) -> Actor:
    """The machine behind a key; the transaction already runs in the tenant that the key names."""
    row = await db.fetchrow(
        "SELECT k.id, k.name, k.tenant_id, k.roles, k.created_by FROM api_key k JOIN tenant t ON t.id = k.tenant_id AND t.state = 'active'"
        " WHERE k.digest = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())",
        digest(key),
    )
    if row is None:
        raise Unauthenticated
    roles = frozenset(row["roles"])
    return Actor(
        "api_key",
        row["id"],
        row["name"],
        row["tenant_id"],
        None,
        roles,
        permissions_of(roles),
        request_id,
        language,
        owner_id=row["created_by"],
    )


async def actor_of_phone(key: str, request_id: str, language: str) -> Actor:
    """Whose phone it is, who by this key only delivers: also after he may do nothing else, for what he had recorded."""
    row = await db.fetchrow(
        "SELECT p.id, p.tenant_id, u.id AS user_id, u.display_name FROM phone p"
        " JOIN tenant t ON t.id = p.tenant_id AND t.state = 'active'"
        " JOIN membership m ON m.tenant_id = p.tenant_id AND m.id = p.membership_id JOIN user_account u ON u.id = m.user_id"
        " WHERE p.key_digest = $1",
        digest(key),
    )
    if row is None:
        raise Unauthenticated
    return Actor(
        "user", row["user_id"], row["display_name"], row["tenant_id"], None, frozenset(), frozenset({"phone.deliver"}),
        request_id, language, phone_id=row["id"],
    )  # fmt: skip


async def actor_of_terminal(key: str, request_id: str, language: str) -> Actor:
    """A terminal, which is nobody: people sign what it delivers. Taken back, it delivers what is still on it."""
    row = await db.fetchrow(
        "SELECT x.id, x.name, x.tenant_id, x.revoked_at FROM terminal x JOIN tenant t ON t.id = x.tenant_id AND t.state = 'active'"
        " WHERE x.key_digest = $1",
        digest(key),
    )
    if row is None:
        raise Unauthenticated
    permissions = {"phone.deliver"} if row["revoked_at"] else {"phone.deliver", "phone.enter"}
    return Actor(
        "terminal",
        row["id"],
        row["name"],
        row["tenant_id"],
        None,
        frozenset(),
        frozenset(permissions),
        request_id,
        language,
    )
