"""Signing in: a try is counted and the account looked up, the password is checked outside any transaction, then a
session begins. Everything runs in the system scope; who opens the transactions is `server.http.authentication`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.domains.access import audit, lockout, tokens
from server.domains.access.commands import Credentials
from server.domains.access.identifiers import normal_username
from server.domains.access.passwords import passwords
from server.domains.access.permissions import permissions_of
from server.domains.access.problems import SignInFailed, TenantRequired

SESSION_DAYS = 30
REFRESH_DAYS = 7
KNOWN_DEVICES_KEPT = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a try comes from. `device` is the long-lived random cookie of that browser, if it has one."""

    address: str
    user_agent: str
    device: str | None
    request_id: str
    language: str


@dataclass(frozen=True, slots=True)
class Membership:
    """For whom somebody works, and as what; `names` are the strings that `tenant` accepts for it."""

    id: UUID
    tenant_id: UUID | None
    authority_id: UUID | None
    roles: Sequence[str]
    names: Sequence[str]

    @property
    def label(self) -> str | None:
        """The name to choose it by; None for the platform."""
        return self.names[0] if self.names else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted try, and the account behind the name if there is one."""

    buckets: Sequence[lockout.Bucket]
    user_id: UUID | None = None
    username: str = ""
    display_name: str = ""
    password_hash: str | None = None
    disabled: bool = True
    must_change_password: bool = False
    memberships: Sequence[Membership] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun. `device` is to be kept by the browser for long."""

    session_id: UUID
    user_id: UUID
    display_name: str
    membership: Membership
    must_change_password: bool
    refresh_token: str
    device: str

    @property
    def claims(self) -> tokens.Claims:
        m = self.membership
        return tokens.Claims(self.session_id, self.user_id, m.tenant_id, m.authority_id)


# Where nobody has the name, the same rows are read of somebody else and thrown away: it takes the same time.
_ACCOUNT = """
WITH wanted AS (
    (SELECT id FROM user_account WHERE lower(username) = lower($1))
    UNION ALL (SELECT id FROM user_account ORDER BY id LIMIT 1)
    LIMIT 1
)
SELECT lower(u.username) = lower($1) AS found, u.id, u.username, u.display_name, u.password_hash, u.disabled_at, u.must_change_password,
       m.id AS membership_id, m.tenant_id, m.authority_id, m.roles, t.name AS tenant_name, t.credit_code, a.name AS authority_name,
       EXISTS (SELECT FROM known_device d WHERE d.user_id = u.id AND d.digest = $2) AS known
FROM user_account u
LEFT JOIN membership m ON m.user_id = u.id AND m.ended_at IS NULL AND m.disabled_at IS NULL
     AND (m.tenant_id IS NULL OR EXISTS (SELECT FROM tenant x WHERE x.id = m.tenant_id AND x.state = 'active'))
LEFT JOIN tenant t ON t.id = m.tenant_id
LEFT JOIN authority a ON a.id = m.authority_id
WHERE u.id = (SELECT id FROM wanted)
ORDER BY m.id
"""


async def begin(credentials: Credentials, caller: Caller) -> Attempt:
    """Count the try and look up the account. SignInLocked before anything else where one must wait.

    Somebody on a browser in which he signed in before is counted in a bucket of his own: no stranger can lock him out.
    """
    username = normal_username(credentials.username)
    device = tokens.digest(caller.device) if caller.device else b""
    rows = await db.fetch(_ACCOUNT, username, device)
    found = bool(rows) and rows[0]["found"]
    if found and rows[0]["known"]:
        buckets = [lockout.device_bucket(rows[0]["id"], device)]
    else:
        buckets = lockout.stranger_buckets(username, caller.address)
    await lockout.admit(db, buckets)
    attempt = _attempt(buckets, rows) if rows else Attempt(buckets)
    return attempt if found else Attempt(buckets)


def _attempt(buckets: Sequence[lockout.Bucket], rows: "Sequence[asyncpg.Record]") -> Attempt:
    first = rows[0]
    memberships = [
        Membership(
            r["membership_id"], r["tenant_id"], r["authority_id"], r["roles"],
            [n for n in (r["tenant_name"] or r["authority_name"], r["credit_code"]) if n],
        )
        for r in rows if r["membership_id"]
    ]  # fmt: skip
    return Attempt(
        buckets, first["id"], first["username"], first["display_name"], first["password_hash"],
        first["disabled_at"] is not None, first["must_change_password"], memberships,
    )  # fmt: skip


async def check(attempt: Attempt, credentials: Credentials) -> Membership:
    """The membership that these credentials open. Outside any transaction.

    SignInFailed, in the same time and words, for an unknown name, a wrong password, a disabled account and another
    enterprise; TenantRequired with the choices only after the password was right.
    """
    right = await passwords().verify(credentials.password, attempt.password_hash)
    if not right or attempt.disabled or not attempt.memberships:
        raise SignInFailed
    if credentials.tenant is None:
        if len(attempt.memberships) > 1:
            raise TenantRequired([m.label for m in attempt.memberships if m.label])
        return attempt.memberships[0]
    wanted = credentials.tenant.strip().casefold()
    for membership in attempt.memberships:
        if wanted in (name.casefold() for name in membership.names):
            return membership
    raise SignInFailed


@dataclass(frozen=True, slots=True)
class By:
    """An identity at a vendor that opened the door instead of a password."""

    identity_id: UUID
    way: str


async def complete(
    attempt: Attempt, membership: Membership, caller: Caller, new_hash: str | None, by: By | None = None
) -> SignedIn:
    """Begin the session: the counts are taken back, the browser is known from now on, the trail has an entry."""
    assert attempt.user_id is not None
    await lockout.forgive(db, [*attempt.buckets, lockout.account_bucket(attempt.username)])
    await lockout.forget_old(db)
    if new_hash:
        await db.execute("UPDATE user_account SET password_hash = $2 WHERE id = $1", attempt.user_id, new_hash)
    session_id = await db.fetchval(
        "INSERT INTO session (user_id, membership_id, expires_at, user_agent, identity_id)"
        " VALUES ($1, $2, now() + make_interval(days => $3), $4, $5) RETURNING id",
        attempt.user_id, membership.id, SESSION_DAYS, caller.user_agent[:300], by.identity_id if by else None,
    )  # fmt: skip
    refresh_token = tokens.new_refresh_token()
    await store_refresh_token(refresh_token, session_id)
    device = await _know_device(attempt.user_id, caller.device)
    roles = frozenset(membership.roles)
    actor = Actor(
        "user", attempt.user_id, attempt.display_name, membership.tenant_id, membership.authority_id, roles,
        permissions_of(roles), caller.request_id, caller.language, session_id,
    )  # fmt: skip
    after = {"user_agent": caller.user_agent[:300], "address": caller.address} | ({"by": by.way} if by else {})
    await audit.record(actor, "session.opened", "session", session_id, after=after)
    return SignedIn(
        session_id, attempt.user_id, attempt.display_name, membership, attempt.must_change_password, refresh_token, device
    )  # fmt: skip


async def store_refresh_token(refresh_token: str, session_id: UUID) -> None:
    """A token that may be used once, and not after its session."""
    await db.execute(
        "INSERT INTO refresh_token (digest, session_id, expires_at)"
        " SELECT $1, s.id, least(s.expires_at, now() + make_interval(days => $3)) FROM session s WHERE s.id = $2",
        tokens.digest(refresh_token), session_id, REFRESH_DAYS,
    )  # fmt: skip


async def _know_device(user_id: UUID, device: str | None) -> str:
    """The browser's secret: the one it has, or a new one. Only its digest is kept, of the latest few browsers."""
    secret = device if device and len(device) >= 40 else tokens.new_refresh_token()
    await db.execute(
        "INSERT INTO known_device (user_id, digest) VALUES ($1, $2)"
        " ON CONFLICT (user_id, digest) DO UPDATE SET last_used_at = now()",
        user_id, tokens.digest(secret),
    )  # fmt: skip
    await db.execute(
        "DELETE FROM known_device WHERE user_id = $1 AND digest NOT IN"
        " (SELECT digest FROM known_device WHERE user_id = $1 ORDER BY last_used_at DESC LIMIT $2)",
        user_id, KNOWN_DEVICES_KEPT,
    )  # fmt: skip
    return secret
