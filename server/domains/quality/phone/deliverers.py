"""Who an entry is by: the person signed in, the owner of a phone's key, or whoever signed it at a terminal."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core.actor import Actor
from server.domains.access import (
    BadgeKeys,
    Holder,
    PeopleOnly,
    holders_of,
    permissions_of,
    phone_revoked_at,
    terminal_revoked_at,
)
from server.domains.quality.phone.clocks import Clock
from server.domains.quality.phone.commands import SentEntry, Signature
from server.domains.quality.phone.problems import CapturedAfterRevocation, SignatureMissing, SignatureWrong


class Courier(NamedTuple):
    """What brought a batch. `revoked_at`: since when it only delivers what was made before. `holders`: of the badges by
    which the batch is signed."""

    actor: Actor
    installation: UUID
    clock: Clock
    revoked_at: datetime | None
    holders: dict[UUID, Holder]

    @property
    def terminal_id(self) -> UUID | None:
        return self.actor.id if self.actor.kind == "terminal" else None


class Author(NamedTuple):
    """Who made an entry, and what is to be known about that."""

    actor: Actor
    revoked_at: datetime | None
    flags: tuple[str, ...]
    signature: Signature | None


async def courier_of(actor: Actor, installation: UUID, clock: Clock, badge_ids: Collection[UUID]) -> Courier:
    """What brings a batch, with all that is asked of the database once for it. PeopleOnly: machines have no phones."""
    if actor.kind not in ("user", "terminal"):
        raise PeopleOnly
    if actor.kind == "terminal":
        assert actor.id is not None
        revoked_at = await terminal_revoked_at(actor.tenant, actor.id)
        return Courier(actor, installation, clock, revoked_at, await holders_of(actor.tenant, badge_ids))
    revoked_at = None if actor.phone_id is None else await phone_revoked_at(actor.phone_id)
    return Courier(actor, installation, clock, revoked_at, {})


def author_of(courier: Courier, sent: SentEntry, keys: BadgeKeys) -> Author:
    """SignatureMissing, SignatureWrong."""
    signature = sent.signature
    if courier.terminal_id is None:
        if signature is not None:
            raise SignatureWrong
        return Author(replace(courier.actor, phone_id=None), courier.revoked_at, (), None)
    if signature is None or sent.text is None:
        raise SignatureMissing
    holder = courier.holders.get(signature.badge_id)
    if holder is None or signature.key_no > holder.key_no:
        raise SignatureWrong
    if not keys.is_signed(courier.terminal_id, holder.badge_id, signature.key_no, sent.text, signature.mac):
        raise SignatureWrong
    return _holder(courier, holder, signature)


def _holder(courier: Courier, holder: Holder, signature: Signature) -> Author:
    permissions = permissions_of(holder.roles)
    flags = ["old_signing_key"] if signature.key_no < holder.key_no else []
    if "phone.enter" not in permissions:
        flags.append("after_revocation")
    revoked = [at for at in (courier.revoked_at, holder.revoked_at) if at is not None]
    actor = replace(
        courier.actor,
        kind="user",
        id=holder.user_id,
        name=holder.user_name,
        roles=holder.roles,
        permissions=permissions,
    )
    return Author(actor, min(revoked, default=None), tuple(flags), signature)


def keep_after_revocation(author: Author, at: datetime | None) -> tuple[str, ...]:
    """The flags of an entry made at this moment: what was made before a revocation is kept, and shown as such.
    CapturedAfterRevocation for what was not."""
    if author.revoked_at is None:
        return author.flags
    if at is None or at > author.revoked_at:
        raise CapturedAfterRevocation
    return (*dict.fromkeys((*author.flags, "after_revocation")),)
