"""An entry sent again: the same body is the same record and the same answer, another body a conflict."""

import hashlib
from typing import NamedTuple
from uuid import UUID

import orjson

from server.core import db
from server.core.actor import Actor
from server.domains.quality.commands import NewRecord
from server.domains.quality.entries import Warned
from server.domains.quality.inspection.doing import Done, done_before
from server.domains.quality.problems import EntryConflict


class Stored(NamedTuple):
    """What came of an entry. `replayed`: it was stored before; then `warned` and `missing` are of that time."""

    record_id: UUID
    verdict: str
    verdict_in_force: str | None
    failed_sets: tuple[str, ...]
    warning: bool
    warned: tuple[Warned, ...]
    replayed: bool
    done: Done = Done()


def digest_of(command: NewRecord) -> bytes:
    body = command.model_dump(mode="json", exclude={"entry_id"}, exclude_defaults=True)
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


async def replay_of(actor: Actor, entry_id: UUID, digest: bytes) -> Stored | None:
    """What the same body came to before; None for an entry that nobody has sent yet. EntryConflict."""
    found = await stored_before(actor, entry_id)
    if found is None:
        return None
    stored, before = found
    if before != digest:
        raise EntryConflict(field="entry_id")
    return stored


async def stored_before(actor: Actor, entry_id: UUID) -> tuple[Stored, bytes] | None:
    """What an entry came to, as its inspection stands now, and the digest of its body."""
    row = await db.fetchrow(
        "SELECT id, body_digest, verdict, verdict_in_force, failed_sets, warning, notes::text FROM record"
        " WHERE tenant_id = $1 AND entry_id = $2",
        actor.tenant, entry_id,
    )  # fmt: skip
    if row is None:
        return None
    warned = tuple(Warned(**note) for note in db.loads(row["notes"]))
    stored = Stored(
        row["id"], row["verdict"], row["verdict_in_force"], tuple(row["failed_sets"]), row["warning"], warned, True,
        await done_before(actor.tenant, row["id"], row["verdict"]),
    )  # fmt: skip
    return stored, row["body_digest"]
