"""A write that may be repeated carries a key, stored with a digest of what was sent in the transaction of the write."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from server.core import db
from server.core.errors import Conflict, Problem


class KeyInFlight(Conflict):
    """The same key is being worked on at this moment."""

    code = "idempotency_key_in_flight"


class KeyReused(Problem):
    """The key was used for another body."""

    status = 422
    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was told."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Key:
    owner_id: UUID
    actor_id: UUID
    text: str
    digest: bytes


def digest_of(method: str, path: str, meaning: bytes) -> bytes:
    """The same key on another route is another request. `meaning`: what was asked for, however it was packed."""
    return hashlib.sha256(b"\x00".join([method.encode(), path.encode(), meaning])).digest()


async def recall(key: Key) -> Answer | None:
    """The stored answer, or None for a new key, which then is ours until the transaction ends.

    KeyInFlight while another transaction holds it (also after a server died: at most until its connection is gone);
    KeyReused where the body differs.
    """
    lock = int.from_bytes(
        hashlib.sha256(key.owner_id.bytes + key.actor_id.bytes + key.text.encode()).digest()[:8],
        "big",
        signed=True,
    )
    if not await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", lock):
        raise KeyInFlight(retry_after_seconds=1)
    row = await db.fetchrow(
        "SELECT body_digest, status, answer FROM idempotency_key WHERE owner_id = $1 AND actor_id = $2 AND key = $3",
        key.owner_id, key.actor_id, key.text,
    )  # fmt: skip
    if row is None:
        return None
    if row["body_digest"] != key.digest:
        raise KeyReused(field="Idempotency-Key")
    return Answer(row["status"], row["answer"])


async def remember(key: Key, answer: Answer) -> None:
    """Store the answer with the facts it speaks of; where the facts were in transactions of their own, the first answer
    under a key stays."""
    await db.execute(
        "INSERT INTO idempotency_key (owner_id, actor_id, key, body_digest, status, answer) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        key.owner_id, key.actor_id, key.text, key.digest, answer.status, answer.body,
    )  # fmt: skip
