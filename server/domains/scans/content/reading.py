"""Versions of what pages show, and the form in which one of them is frozen into a publication."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains import codes
from server.domains.scans.content.commands import BLOCKS, Audience
from server.domains.scans.sources import Row

_ALL = """
SELECT id, product_id, audience, version, content::text AS content, note, created_at, author_name, used_from
FROM page_content WHERE tenant_id = $1 AND product_id = $2 AND audience = $3 ORDER BY version DESC
"""
_ONE = """
SELECT id, product_id, audience, version, content::text AS content, note, created_at, author_name, used_from
FROM page_content WHERE tenant_id = $1 AND id = $2
"""
_IN_USE = """
SELECT id, product_id, audience, version, content::text AS content, note, created_at, author_name, used_from
FROM page_content WHERE tenant_id = $1 AND product_id = $2 AND audience = $3 AND used_from IS NOT NULL
ORDER BY used_from DESC LIMIT 1
"""


_FOR_RECEIVERS = """
SELECT DISTINCT ON (product_id) product_id, content::text AS content FROM page_content
WHERE tenant_id = $1 AND product_id = ANY($2::uuid[]) AND audience = 'receiver' AND used_from IS NOT NULL
ORDER BY product_id, used_from DESC
"""


class PageContent(NamedTuple):
    """One version; `used_from`: when it was last put in use (None: a draft)."""

    id: UUID
    product_id: UUID
    audience: Audience
    version: int
    content: dict[str, Any]
    note: str | None
    created_at: datetime
    author_name: str
    used_from: datetime | None


async def content_versions(tenant_id: UUID, product_id: UUID, audience: Audience) -> list[PageContent]:
    """All of them, newest first."""
    return [_read(row) for row in await db.fetch(_ALL, tenant_id, product_id, audience)]


async def content_version(tenant_id: UUID, content_id: UUID) -> PageContent:
    """Raises NotFound."""
    row = await db.fetchrow(_ONE, tenant_id, content_id)
    if row is None:
        raise NotFound
    return _read(row)


async def in_use(tenant_id: UUID, product_id: UUID, audience: Audience = "consumer") -> PageContent | None:
    """The version put in use last; None where nobody arranged the page."""
    row = await db.fetchrow(_IN_USE, tenant_id, product_id, audience)
    return None if row is None else _read(row)


async def for_receivers(tenant_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What whoever takes the goods in is told of these products, as it is in use now."""
    rows = await db.fetch(_FOR_RECEIVERS, tenant_id, list(product_ids))
    return {row["product_id"]: db.loads(row["content"]) for row in rows}


def _read(row: Row) -> PageContent:
    return PageContent(**{**dict(row), "content": db.loads(row["content"])})


async def frozen(tenant_id: UUID, page: PageContent, files: str) -> dict[str, Any]:
    """What a publication keeps of it: pictures by their address below `files`, and the host of the enterprise's own
    labels where it has one. Nothing in it changes when the next version is put in use."""
    content = page.content
    story, origin, pack = (content.get(name) or {} for name in ("story", "origin", "pack"))
    place = await codes.label_place(tenant_id)
    return {
        "content_version": page.version,
        "digital_label": content["digital_label"],
        "blocks": shown_blocks(content),
        "origin": _with_pictures(origin, files),
        "story": _with_pictures(story, files),
        "pack": _with_pictures(pack, files),
        "site": urlsplit(place.origin).hostname if place.origin else None,
    }


def shown_blocks(content: Mapping[str, Any]) -> list[str]:
    """In their order; corrections are never left out."""
    chosen: list[str] = content["blocks"]
    return chosen if "corrections" in chosen else [*chosen, "corrections"]


def hidden_blocks(page: Mapping[str, Any]) -> set[str]:
    """Of a frozen content: what it leaves out."""
    return {str(block) for block in BLOCKS} - {*page["blocks"]}


def _with_pictures(part: Mapping[str, Any], files: str) -> dict[str, Any] | None:
    if not any(part.values()):
        return None
    shown = {name: value for name, value in part.items() if name not in ("picture", "pictures")}
    if picture := part.get("picture"):
        shown["picture"] = _shown(picture, files)
    if pictures := part.get("pictures"):
        shown["pictures"] = [_shown(each, files) for each in pictures]
    return shown


def _shown(picture: Mapping[str, Any], files: str) -> dict[str, Any]:
    names = ("alt", "alt_en", "width", "height")
    return {"url": f"{files}/{picture['digest']}", **{name: picture[name] for name in names}}
