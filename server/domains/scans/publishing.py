"""Publishing: one call per lot or shipment, a new immutable version each time, refused where the order of events is broken."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from i18n import format_datetime, has_key, text
from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import Conflict, FieldError, NotFound
from server.core.ids import new_id
from server.domains import quality
from server.domains.access import audit
from server.domains.scans import identity, snapshot, sources
from server.domains.scans.content.reading import content_version, in_use
from server.domains.scans.corrections import Change, changes, english_names, in_words

MOST_CORRECTIONS = 50
_OBJECT = """
SELECT EXISTS (SELECT FROM lot WHERE tenant_id = $1 AND id = $2) OR EXISTS (SELECT FROM shipment WHERE tenant_id = $1 AND id = $2)
"""


class Published(NamedTuple):
    """One version; `digest` is SHA-256 of its content as canonical JSON."""

    id: UUID
    object_kind: str
    object_id: UUID
    version: int
    digest: bytes
    content: dict[str, Any]


class PublishNotReleased(Conflict):
    """The lot is pending or rejected: a page would say that it is released."""

    code = "publish_not_released"


class NothingShipped(Conflict):
    """The shipment has not left."""

    code = "publish_not_departed"


class ChronologyBroken(identity.PublishingRefused):
    """Things cannot have happened in the recorded order; every violation names both records."""

    code = "publish_chronology"


def canonical(content: dict[str, Any]) -> bytes:
    """The bytes that are digested: keys sorted, no spaces, UTF-8."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


async def publish_lot(actor: Actor, lot_id: UUID) -> Published:
    """A new version for a released lot, with the page content in use. Raises NotFound, PublishNotReleased,
    ChronologyBroken, IdentityBroken."""
    lot, content = await _lot_content(actor, lot_id)
    return await _store(actor, "lot", lot_id, content, lot["expires_at"])


async def publish_shipment(actor: Actor, shipment_id: UUID) -> Published:
    """A new version for a shipment that has left. Raises NotFound, NothingShipped, ChronologyBroken."""
    return await _store(actor, "shipment", shipment_id, await _shipment_content(actor, shipment_id), None)


async def preview_lot(actor: Actor, lot_id: UUID, content_id: UUID | None = None) -> dict[str, Any]:
    """What publishing would show now, or with this version of the page content in use; refused for the same reasons,
    nothing is written."""
    return (await _lot_content(actor, lot_id, content_id))[1]


async def preview_shipment(actor: Actor, shipment_id: UUID) -> dict[str, Any]:
    return await _shipment_content(actor, shipment_id)


async def publish_released(actor: Actor, lot_id: UUID) -> Published | None:
    """After a release: publish where the product asks for it and nothing equal is published; delivered twice, done once."""
    lot = await sources.lot(actor.tenant, lot_id)
    if not lot["publish_on_release"]:
        return None
    _, content = await _lot_content(actor, lot_id)
    before = await newest(actor.tenant, lot_id)
    if before is not None and not changes(before["content"], content):
        return None
    return await _store(actor, "lot", lot_id, content, lot["expires_at"])


async def publish_corrected(actor: Actor, lot_ids: Collection[UUID]) -> list[Published]:
    """After a correction: a next version of each lot that is published and says otherwise now; what was published stays,
    and the difference is shown. Raises ChronologyBroken."""
    found = []
    for lot_id in lot_ids:
        before = await newest(actor.tenant, lot_id)
        if before is None or (await sources.lot(actor.tenant, lot_id))["state"] != "released":
            continue
        lot, content = await _lot_content(actor, lot_id, corrected=True)
        if changes(before["content"], content):
            found.append(await _store(actor, "lot", lot_id, content, lot["expires_at"]))
    return found


async def newest(tenant_id: UUID, object_id: UUID) -> dict[str, Any] | None:
    """The newest version of a lot or shipment, with its content."""
    row = await db.fetchrow(
        "SELECT id, object_kind, object_id, version, content::text AS content, digest, published_at, publisher_name"
        " FROM publication WHERE tenant_id = $1 AND object_id = $2 ORDER BY version DESC LIMIT 1",
        tenant_id, object_id,
    )  # fmt: skip
    return None if row is None else {**dict(row), "content": db.loads(row["content"])}


async def versions(tenant_id: UUID, object_id: UUID) -> list[dict[str, Any]]:
    """All versions, newest first, each with what it changed. Raises NotFound where there is no such lot or shipment."""
    if not await db.fetchval(_OBJECT, tenant_id, object_id):
        raise NotFound
    rows = await db.fetch(
        "SELECT id, version, content::text AS content, digest, published_at, publisher_name FROM publication"
        " WHERE tenant_id = $1 AND object_id = $2 ORDER BY version",
        tenant_id, object_id,
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    for row in rows:
        content = db.loads(row["content"])
        changed = [] if before is None else changes(before, content)
        found.insert(0, {**dict(row), "content": content, "changes": changed})
        before = content
    return found


async def _lot_content(
    actor: Actor, lot_id: UUID, content_id: UUID | None = None, *, corrected: bool = False
) -> tuple[sources.Row, dict[str, Any]]:
    lot = await sources.lot(actor.tenant, lot_id)
    if lot["state"] != "released":
        raise PublishNotReleased(lot_no=lot["lot_no"])
    await _check_order(actor, [lot_id], may_expire=corrected)
    await identity.check(actor.tenant, lot)
    if content_id is None:
        page = await in_use(actor.tenant, lot["product_id"])
    else:
        page = await content_version(actor.tenant, content_id)
        if (page.product_id, page.audience) != (lot["product_id"], "consumer"):
            raise NotFound
    return lot, await snapshot.of_lot(actor.tenant, lot, page)


async def _shipment_content(actor: Actor, shipment_id: UUID) -> dict[str, Any]:
    shipment = await sources.shipment(actor.tenant, shipment_id)
    if shipment["departed_at"] is None:
        raise NothingShipped(shipment_no=shipment["shipment_no"])
    await _check_order(actor, await sources.lots_of_shipment(actor.tenant, shipment_id))
    return {"logistics": [await snapshot.leg(actor.tenant, shipment)], "files": []}


async def _check_order(actor: Actor, lot_ids: Collection[UUID], *, may_expire: bool = False) -> None:
    """Raises ChronologyBroken. `may_expire`: goods that turn out to have expired too early are told of all the same."""
    found = await quality.check_chronology(actor.tenant, await sources.told_with(actor.tenant, list(lot_ids)))
    broken = [
        FieldError(each.lot_no, "publish_out_of_order", _named(each.lot_no, violation, actor.language))
        for each in found.values()
        for violation in each.violations
        if not (may_expire and violation.later.name == "expired")
    ]
    if broken:
        raise ChronologyBroken(broken)


def _named(lot_no: str, violation: quality.Violation, language: str) -> dict[str, str]:
    named = {"lot_no": lot_no}
    for side, step in (("earlier", violation.earlier), ("later", violation.later)):
        named[f"{side}_step"] = text(f"chronology.{step.name}", language)
        named[f"{side}_at"] = format_datetime(step.at)
        named[f"{side}_record"] = f"{step.kind}:{step.id}"
    return named


async def _store(
    actor: Actor, kind: str, object_id: UUID, content: dict[str, Any], expires_at: datetime | None
) -> Published:
    before = await newest(actor.tenant, object_id)
    at = now()
    content = as_next_version(content, before, at)
    body = canonical(content)
    made = Published(new_id(), kind, object_id, content["version"], hashlib.sha256(body).digest(), content)
    await db.execute(
        "INSERT INTO publication (tenant_id, id, object_kind, object_id, version, content, digest, expires_at, published_at,"
        " published_by, publisher_name) VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11)",
        actor.tenant, made.id, kind, object_id, made.version, body.decode(), made.digest, expires_at, at, actor.id, actor.name,
    )  # fmt: skip
    after = {"version": made.version, "digest": made.digest.hex(), "corrections": len(content["corrections"])}
    if "page" in content:
        after["content_version"] = content["page"]["content_version"]
    await audit.record(actor, f"{kind}.published", kind, object_id, after=after)
    return made


def as_next_version(
    content: dict[str, Any], before: dict[str, Any] | None, at: datetime | None = None
) -> dict[str, Any]:
    """`content` with number, moment and corrections, as it follows `before` (None: the first)."""
    at = at or now()
    version = 1 if before is None else before["version"] + 1
    return content | {
        "version": version, "published_at": at.isoformat(), "corrections": _corrections(before, content, at)
    }  # fmt: skip


def _corrections(before: dict[str, Any] | None, content: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    """All that was ever corrected, newest first; what was added since is news, not a correction."""
    if before is None:
        return []
    english = english_names(content)
    made = [
        {
            "at": at.isoformat(),
            "name": change.name,
            "field": _label(change, snapshot.LANGUAGE, {}),
            "field_en": _label(change, "en", english),
            "old": in_words(change, change.old, snapshot.LANGUAGE),
            "old_en": in_words(change, change.old, "en"),
            "new": in_words(change, change.new, snapshot.LANGUAGE),
            "new_en": in_words(change, change.new, "en"),
        }
        for change in changes(before["content"], content)
        if change.old is not None
    ]
    earlier: list[dict[str, Any]] = before["content"].get("corrections", [])
    return (made + earlier)[:MOST_CORRECTIONS]


def _label(change: Change, language: str, names: Mapping[str, str]) -> str:
    """A reader's name for the value: the entry's own name (in `names`, where it has another), then the field."""
    *parents, field = change.path
    key = f"published.{change.name}"
    named = text(key, language) if has_key(key, language) else field
    entries = parents[1:2] if parents and parents[0] != "inspections" else [p for p in parents[1:] if p != "items"][-1:]
    return f"{' · '.join(names.get(entry, entry) for entry in entries)} {named}".strip()
