"""Links for receivers: no account, one shipment, an end. Only their digest is kept, and a token proves itself ours before
anything is looked up."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import audit
from server.domains.access.tokens import digest
from server.domains.reports.commands import NewReceiverLink

NOTE_DAYS: Final = 180
"""How long the link on a delivery note opens."""
_RANDOM_BYTES, _MAC_BYTES = 18, 9
_LENGTH: Final = 36  # of the two in base64


class ReceiverLink(NamedTuple):
    """A link as its owner sees it; the token itself was shown once."""

    id: UUID
    shipment_id: UUID
    expires_at: datetime
    created_at: datetime
    creator_name: str
    revoked_at: datetime | None


def _mac(head: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"receiver link\x00" + head, "sha256")[:_MAC_BYTES]


def new_token(key: bytes) -> str:
    """144 random bits and our mark on them."""
    head = secrets.token_bytes(_RANDOM_BYTES)
    return urlsafe_b64encode(head + _mac(head, key)).decode()


def is_ours(token: str, key: bytes) -> bool:
    """Whether we made this token; says nothing of whether it still opens."""
    if len(token) != _LENGTH or not token.isascii():
        return False
    try:
        raw = _decoded(token)
    except ValueError:
        return False
    return hmac.compare_digest(_mac(raw[:_RANDOM_BYTES], key), raw[_RANDOM_BYTES:])


def _decoded(token: str) -> bytes:
    """ValueError for anything that we would not have written so."""
    raw = urlsafe_b64decode(token)
    if urlsafe_b64encode(raw).decode() != token:
        raise ValueError("not canonical")
    return raw


def link_url(origin: str, token: str) -> str:
    """The receiver's page."""
    return f"{origin}/r/{token}"


async def create_link(
    actor: Actor, shipment_id: UUID, command: NewReceiverLink, key: bytes
) -> tuple[ReceiverLink, str]:
    """A new link and its token, which is not to be had again. Raises NotFound."""
    await chain.queries.shipment(actor.tenant, shipment_id)
    token = await make_link(actor, shipment_id, command.valid_days, key)
    return next(each for each in await list_links(actor.tenant, shipment_id)), token


async def make_link(actor: Actor, shipment_id: UUID, valid_days: int, key: bytes) -> str:
    """The token of a new link."""
    token, link_id = new_token(key), new_id()
    expires_at = now() + timedelta(days=valid_days)
    await db.execute(
        "INSERT INTO receiver_link (tenant_id, id, shipment_id, digest, expires_at, created_by, creator_name)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, link_id, shipment_id, digest(token), expires_at, actor.id, actor.name,
    )  # fmt: skip
    after = {"shipment_id": shipment_id, "expires_at": expires_at}
    await audit.record(actor, "receiver_link.created", "receiver_link", link_id, after=after)
    return token


async def list_links(tenant_id: UUID, shipment_id: UUID) -> list[ReceiverLink]:
    """The links of a shipment, the newest first; NotFound."""
    await chain.queries.shipment(tenant_id, shipment_id)
    rows = await db.fetch(
        "SELECT id, shipment_id, expires_at, created_at, creator_name, revoked_at FROM receiver_link"
        " WHERE tenant_id = $1 AND shipment_id = $2 ORDER BY id DESC LIMIT 200",
        tenant_id, shipment_id,
    )  # fmt: skip
    return [ReceiverLink(*row) for row in rows]


async def revoke_link(actor: Actor, link_id: UUID) -> None:
    """From now on it opens nothing; doing it again changes nothing. Raises NotFound."""
    row: Any = await db.fetchrow(
        "SELECT shipment_id, revoked_at FROM receiver_link WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        actor.tenant,
        link_id,
    )
    if row is None:
        raise NotFound
    if row["revoked_at"] is None:
        await db.execute(
            "UPDATE receiver_link SET revoked_at = now(), revoked_by = $3 WHERE tenant_id = $1 AND id = $2",
            actor.tenant, link_id, actor.id,
        )  # fmt: skip
        after = {"shipment_id": row["shipment_id"], "revoked": True}
        await audit.record(actor, "receiver_link.revoked", "receiver_link", link_id, after=after)
