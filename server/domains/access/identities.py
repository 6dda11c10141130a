"""Signing in as whom a vendor, or a code by short message, has named. In the system scope.

An identity opens the one membership to which an invitation of the enterprise has bound it; unbound it opens nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.ids import new_id
from server.domains.access import audit, tokens
from server.domains.access.invitations import shown
from server.domains.access.permissions import permissions_of
from server.domains.access.phone_commands import Way
from server.domains.access.problems import IdentityUnbound, InvitationOver, SignInFailed, TenantRequired
from server.domains.access.sign_in import Attempt, By, Caller, Membership, SignedIn, complete


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody proven: `subject` is the vendor's name for him in our app `app_id`, or a telephone number."""

    way: Way
    app_id: str
    subject: str


_PERSON = """
SELECT u.id AS user_id, u.username, u.display_name, u.must_change_password, m.id AS membership_id, m.tenant_id, m.roles,
       t.name AS tenant_name, t.credit_code
"""
_ALIVE = """
JOIN membership m ON m.id = {table}.membership_id AND m.ended_at IS NULL AND m.disabled_at IS NULL
JOIN user_account u ON u.id = m.user_id AND u.disabled_at IS NULL
JOIN tenant t ON t.id = m.tenant_id AND t.state = 'active'
"""
_BOUND = f"""{_PERSON}, e.id AS identity_id FROM external_identity e {_ALIVE.format(table="e")}
WHERE e.way = $1 AND e.app_id = $2 AND e.subject = $3 AND e.ended_at IS NULL ORDER BY e.id
"""
_INVITED = f"""{_PERSON}, i.id AS invitation_id FROM invitation i {_ALIVE.format(table="i")}
WHERE i.digest = $1 AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now() FOR UPDATE OF i
"""


async def sign_in(identity: Identity, caller: Caller, *, tenant: str | None, invitation: str | None) -> SignedIn:
    """Begin a session. With an invitation the identity is bound first, and the session is for whom it was issued.

    IdentityUnbound, InvitationOver, TenantRequired (bound in several enterprises), IdentityTaken, IdentityOfThatKindBound.
    """
    if invitation is not None:
        row, identity_id = await _bind(identity, invitation, caller)
    else:
        row = _chosen(await db.fetch(_BOUND, identity.way, identity.app_id, identity.subject), tenant)
        identity_id = row["identity_id"]
    await db.execute(
        "UPDATE external_identity SET last_used_at = now() WHERE tenant_id = $1 AND id = $2",
        row["tenant_id"],
        identity_id,
    )
    attempt = Attempt(
        [], row["user_id"], row["username"], row["display_name"], None, False, row["must_change_password"]
    )  # fmt: skip
    return await complete(attempt, _membership(row), caller, None, By(identity_id, identity.way))


async def is_expected(identity: Identity, invitation_digest: bytes | None) -> bool:
    """Whether this identity, or this invitation, would open anything."""
    if invitation_digest is not None:
        return await db.fetchrow(_INVITED, invitation_digest) is not None
    return bool(await db.fetch(_BOUND, identity.way, identity.app_id, identity.subject))


def _membership(row: Any) -> Membership:
    return Membership(
        row["membership_id"], row["tenant_id"], None, row["roles"], [row["tenant_name"], row["credit_code"]]
    )


def _chosen(rows: Sequence[Any], tenant: str | None) -> Any:
    """The one that is meant; the person has proven who he is, so the choices may be named."""
    if not rows:
        raise IdentityUnbound
    if tenant is None:
        if len(rows) > 1:
            raise TenantRequired([row["tenant_name"] for row in rows])
        return rows[0]
    wanted = tenant.strip().casefold()
    for row in rows:
        if wanted in (row["tenant_name"].casefold(), row["credit_code"].casefold()):
            return row
    raise SignInFailed


async def _bind(identity: Identity, invitation: str, caller: Caller) -> tuple[Any, UUID]:
    """Use the invitation up. The unique indexes say who has the identity already."""
    row = await db.fetchrow(_INVITED, tokens.digest(invitation))
    if row is None:
        raise InvitationOver(field="invitation")
    await db.execute(
        "UPDATE invitation SET used_at = now() WHERE tenant_id = $1 AND id = $2", row["tenant_id"], row["invitation_id"]
    )
    identity_id = new_id()
    await db.execute(
        "INSERT INTO external_identity (tenant_id, id, membership_id, way, app_id, subject, invitation_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row["tenant_id"], identity_id, row["membership_id"], identity.way, identity.app_id, identity.subject, row["invitation_id"],
    )  # fmt: skip
    roles = frozenset(row["roles"])
    actor = Actor(
        "user", row["user_id"], row["display_name"], row["tenant_id"], None, roles, permissions_of(roles),
        caller.request_id, caller.language,
    )  # fmt: skip
    after = {
        "way": identity.way, "known_as": shown(identity.way, identity.subject), "invitation_id": str(row["invitation_id"]),
        "address": caller.address,
    }  # fmt: skip
    await audit.record(actor, "identity.bound", "identity", identity_id, after=after)
    return row, identity_id
