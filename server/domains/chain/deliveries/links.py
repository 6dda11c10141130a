"""Links for one delivery, without an account. A token is tenant ‖ 128 random bits ‖ a MAC over both: what we did not
make is refused without asking the database, and what is stored is the digest of the whole."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.chain.deliveries.commands import NewDeliveryLink

_RANDOM_BYTES, _MAC_BYTES = 16, 16
_LENGTH = 16 + _RANDOM_BYTES + _MAC_BYTES
_PURPOSE = b"delivery link\x00"
_LINK = """
SELECT k.id, k.delivery_id, k.expires_at, s.name AS supplier_name
FROM delivery_link k
JOIN delivery d ON d.tenant_id = k.tenant_id AND d.id = k.delivery_id AND d.state IN ('expected', 'announced')
JOIN supplier s ON s.tenant_id = k.tenant_id AND s.id = d.supplier_id
JOIN tenant t ON t.id = k.tenant_id AND t.state = 'active'
WHERE k.tenant_id = $1 AND k.digest = $2 AND k.revoked_at IS NULL AND k.expires_at > now()
"""


class MadeLink(NamedTuple):
    token: str  # shown once
    expires_at: datetime


def new_token(tenant_id: UUID, key: bytes) -> str:
    """64 characters that stand in a URL as they are."""
    body = tenant_id.bytes + secrets.token_bytes(_RANDOM_BYTES)
    return urlsafe_b64encode(body + _mac(body, key)).decode()


def tenant_of_token(token: str, key: bytes) -> UUID | None:
    """Whose delivery a token is for; None where we did not make it."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    canonical = len(raw) == _LENGTH and urlsafe_b64encode(raw).decode() == token
    return UUID(bytes=body[:16]) if canonical and hmac.compare_digest(mac, _mac(body, key)) else None


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + body, "sha256")[:_MAC_BYTES]


def digest_of_token(token: str) -> bytes:
    """What of a token is stored: SHA-256, enough for 128 random bits."""
    return hashlib.sha256(token.encode()).digest()


def may_announce(delivery_id: UUID) -> str:
    """The one permission of a link's actor."""
    return f"delivery.announce:{delivery_id}"


async def make_delivery_link(actor: Actor, delivery_id: UUID, command: NewDeliveryLink, key: bytes) -> MadeLink:
    """A link for this delivery; one that stood before ends. NotFound also for a delivery that has arrived."""
    await _open_delivery(actor.tenant, delivery_id)
    await end_links(actor.tenant, delivery_id)
    made = MadeLink(new_token(actor.tenant, key), now() + timedelta(hours=command.valid_hours))
    await db.execute(
        "INSERT INTO delivery_link (tenant_id, id, delivery_id, digest, expires_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)",
        actor.tenant, new_id(), delivery_id, digest_of_token(made.token), made.expires_at, actor.id,
    )  # fmt: skip
    await audit.record(actor, "delivery.link_made", "delivery", delivery_id, after={"expires_at": made.expires_at})
    return made


async def revoke_delivery_link(actor: Actor, delivery_id: UUID) -> None:
    """The link answers nothing from now on. NotFound where none stands."""
    if not await end_links(actor.tenant, delivery_id):
        raise NotFound
    await audit.record(actor, "delivery.link_revoked", "delivery", delivery_id, after={"revoked": True})


async def _open_delivery(tenant_id: UUID, delivery_id: UUID) -> None:
    found = await db.fetchval(
        "SELECT true FROM delivery WHERE tenant_id = $1 AND id = $2 AND state IN ('expected', 'announced') FOR UPDATE",
        tenant_id, delivery_id,
    )  # fmt: skip
    if not found:
        raise NotFound


async def end_links(tenant_id: UUID, delivery_id: UUID) -> int:
    """Every link of this delivery answers nothing from now on; how many stood."""
    return await db.execute(
        "UPDATE delivery_link SET revoked_at = now() WHERE tenant_id = $1 AND delivery_id = $2 AND revoked_at IS NULL",
        tenant_id, delivery_id,
    )  # fmt: skip


async def actor_of_link(tenant_id: UUID, token: str, request_id: str, language: str) -> tuple[Actor, UUID] | None:
    """Who acts by this link, and the one delivery it is for; None where it ended. Inside the tenant's scope."""
    row = await db.fetchrow(_LINK, tenant_id, digest_of_token(token))
    if row is None:
        return None
    allowed = frozenset({may_announce(row["delivery_id"])})
    actor = Actor("link", row["id"], row["supplier_name"], tenant_id, None, frozenset(), allowed, request_id, language)
    return actor, row["delivery_id"]
