"""One entry of a phone: stored once as a record, or kept beside the one that has its id, or judged for practice only."""

import hashlib
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from server.core import db
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.commands import NewRecord
from server.domains.quality.phone.clocks import tell
from server.domains.quality.phone.commands import PhoneEntry
from server.domains.quality.phone.deliverers import Author, Courier, keep_after_revocation
from server.domains.quality.phone.photo_links import Attached, attached_photos, name_photos
from server.domains.quality.phone.problems import ItemOfOtherLot
from server.domains.quality.problems import EntryConflict
from server.domains.quality.records import record_entry
from server.domains.quality.replays import Stored, stored_before

Outcome = Literal["stored", "replayed", "conflict", "practised"]
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('phone entry ' || $1 || ' ' || $2, 0))"
# What is known of it already, the claims next to its own, and whether its inspection is open no more: somebody else has
# done it, or it was not due after all.
_KNOWN = """
SELECT (SELECT digest FROM phone_entry WHERE tenant_id = $1 AND entry_id = $2) AS digest,
       (SELECT flags FROM phone_entry WHERE tenant_id = $1 AND entry_id = $2) AS flags,
       (SELECT claimed_at FROM phone_entry WHERE tenant_id = $1 AND installation = $3 AND seq < $4 ORDER BY seq DESC LIMIT 1) AS before,
       (SELECT claimed_at FROM phone_entry WHERE tenant_id = $1 AND installation = $3 AND seq > $4 ORDER BY seq LIMIT 1) AS after,
       (SELECT state <> 'open' FROM inspection WHERE tenant_id = $1 AND id = $5) AS done
"""
_INSERT = """
INSERT INTO phone_entry (tenant_id, entry_id, digest, body, check_id, seq, claimed_at, sent_at, received_at, skew_seconds,
                         installation, phone_id, terminal_id, badge_id, mac, signed_text, user_id, user_name, flags)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
"""
_CONFLICT = """
INSERT INTO entry_conflict (tenant_id, entry_id, digest, body, installation, user_id, user_name, id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, entry_id, digest) DO NOTHING RETURNING id
"""
_BELONGS = """
SELECT CASE WHEN $3::text IS NOT NULL THEN EXISTS (SELECT FROM code WHERE tenant_id = $1 AND text = $3 AND lot_id = $2)
       ELSE $4::uuid = $2 OR EXISTS (SELECT FROM link WHERE tenant_id = $1 AND from_lot = $2 AND to_lot = $4 AND kind = 'split') END
"""


class Row(NamedTuple):
    """One entry that becomes one record: alone, or as an item of a check, then `check_id` and, where the check has a lot,
    `of_lot` are the check's. `text`: what was signed."""

    entry: PhoneEntry
    check_id: UUID | None = None
    of_lot: UUID | None = None
    text: str | None = None


class Delivered(NamedTuple):
    """What came of an entry. `stored` is None for a conflict."""

    outcome: Outcome
    stored: Stored | None
    flags: tuple[str, ...] = ()
    conflict_id: UUID | None = None


class Practised(Exception):
    """Raised inside the transaction of a practice entry, so that nothing of it stays anywhere."""

    def __init__(self, delivered: Delivered) -> None:
        super().__init__("practised")
        self.delivered = delivered


def rows_of(entry: PhoneEntry, text: str | None = None) -> list[Row]:
    """The records that an entry asks for, in the order in which they are answered."""
    if not entry.items:
        return [Row(entry, text=text)]
    return [
        Row(each, entry.entry_id, entry.lot_id if each.entry_id != entry.entry_id else None, text)
        for each in entry.rows()
    ]


def body_of(entry: PhoneEntry) -> bytes:
    """An entry in the one form by which two are compared."""
    return orjson.dumps(
        entry.model_dump(mode="json", exclude_defaults=True, exclude={"items"}), option=orjson.OPT_SORT_KEYS
    )


async def deliver(courier: Courier, author: Author, row: Row) -> Delivered:
    """Store one entry, in the caller's transaction. What any way of recording refuses is refused; further
    CapturedAfterRevocation, ItemOfOtherLot; Practised takes the place of an answer where nothing may stay."""
    entry, actor = row.entry, author.actor
    body = body_of(entry)
    digest = hashlib.sha256(body).digest()
    await db.execute(_LOCK, str(actor.tenant), str(entry.entry_id))
    known = await db.fetchrow(
        _KNOWN, actor.tenant, entry.entry_id, courier.installation, entry.seq, entry.inspection_id
    )
    assert known is not None
    if known["digest"] is not None and not entry.practice:
        return await _again(courier, author, row, body, digest, known)
    told = tell(entry.captured_at, courier.clock, known["before"], known["after"])
    flags = _flags(courier, entry, told.jumped, bool(known["done"])) + keep_after_revocation(author, told.at)
    if row.of_lot is not None:
        await _check_belongs(actor.tenant, row)
    photos = await attached_photos(actor.tenant, entry.photo_ids)
    command = _command(entry, told.at, photos, done_already=bool(known["done"]))
    try:
        stored = await record_entry(actor, command, waited=not entry.typed_later, check=_place_in_check(row))
    except EntryConflict:
        if entry.practice:
            raise
        return await _conflict(courier, author, row, body, digest)
    flags = tuple(dict.fromkeys((*flags, *photos.flags)))
    if entry.practice:
        raise Practised(Delivered("practised", stored, flags))
    await _keep(courier, author, row, body, digest, flags)
    return Delivered("stored", stored, flags)


def _flags(courier: Courier, entry: PhoneEntry, jumped: bool, done_already: bool) -> tuple[str, ...]:
    so = {
        "clock_skewed": courier.clock.skewed, "clock_jumped": jumped, "typed_later": entry.typed_later,
        "inspection_done_already": done_already and entry.corrects is None,
    }  # fmt: skip
    return tuple(flag for flag, is_so in so.items() if is_so)


def _command(entry: PhoneEntry, at: datetime | None, photos: Attached, *, done_already: bool) -> NewRecord:
    """What was entered while somebody else did the inspection stands as a record of its own."""
    kept: dict[str, Any] = entry.model_dump(
        exclude={"seq", "captured_at", "photo_ids", "typed_later", "practice", "items", "inspected", "inspection_id"}
    )
    if not done_already or entry.corrects is not None:
        kept |= {"inspection_id": entry.inspection_id, "inspected": entry.inspected}
    return NewRecord(**kept, source="phone", captured_at=at, attachment_ids=photos.attachment_ids)


def _place_in_check(row: Row) -> Literal["item", "whole"] | None:
    if row.check_id is None:
        return None
    return "whole" if row.check_id == row.entry.entry_id else "item"


async def _check_belongs(tenant_id: UUID, row: Row) -> None:
    entry = row.entry
    if not await db.fetchval(_BELONGS, tenant_id, row.of_lot, entry.code, entry.lot_id):
        raise ItemOfOtherLot(field="code" if entry.code else "lot_id")


async def _keep(courier: Courier, author: Author, row: Row, body: bytes, digest: bytes, flags: tuple[str, ...]) -> None:
    entry, clock, signature = row.entry, courier.clock, author.signature
    await db.execute(
        _INSERT, author.actor.tenant, entry.entry_id, digest, body.decode(), row.check_id, entry.seq, entry.captured_at,
        clock.sent_at, clock.received_at, int(clock.skew.total_seconds()), courier.installation, courier.actor.phone_id,
        courier.terminal_id, signature.badge_id if signature else None, signature.mac if signature else None, row.text,
        author.actor.id, author.actor.name, list(flags),
    )  # fmt: skip
    await name_photos(author.actor.tenant, entry.entry_id, entry.photo_ids)


async def _again(courier: Courier, author: Author, row: Row, body: bytes, digest: bytes, known: Any) -> Delivered:
    if known["digest"] != digest:
        return await _conflict(courier, author, row, body, digest)
    found = await stored_before(author.actor, row.entry.entry_id)
    assert found is not None
    return Delivered("replayed", found[0], tuple(known["flags"]))


async def _conflict(courier: Courier, author: Author, row: Row, body: bytes, digest: bytes) -> Delivered:
    """Keep what came second beside what came first; the same again changes nothing."""
    actor, entry_id = author.actor, row.entry.entry_id
    conflict_id = await db.fetchval(
        _CONFLICT, actor.tenant, entry_id, digest, body.decode(), courier.installation, actor.id, actor.name, new_id()
    )
    if conflict_id is not None:
        await audit.record(actor, "entry.conflicted", "entry_conflict", conflict_id, after={"entry_id": entry_id})
    else:
        conflict_id = await db.fetchval(
            "SELECT id FROM entry_conflict WHERE tenant_id = $1 AND entry_id = $2 AND digest = $3",
            actor.tenant,
            entry_id,
            digest,
        )
    return Delivered("conflict", None, (), conflict_id)
