"""Writing the next version, and putting one in use. Nothing that is published changes by either."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import Conflict, FieldError, Invalid, NotFound
from server.core.files import FileBox
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.scans.content import pictures
from server.domains.scans.content.commands import NewPageContent
from server.domains.scans.content.reading import PageContent, content_version, content_versions, in_use


class ContentInUse(Conflict):
    """It is the version in use already."""

    code = "page_content_in_use"


async def draft_content(actor: Actor, box: FileBox, product_id: UUID, command: NewPageContent) -> PageContent:
    """The next version, as a draft. Raises NotFound, and Invalid where nothing was changed or a picture cannot be shown."""
    kind = await db.fetchval(
        "SELECT kind FROM product WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", actor.tenant, product_id
    )
    if kind is None:
        raise NotFound
    content = await _content(actor.tenant, box, command)
    before = await content_versions(actor.tenant, product_id, command.audience)
    if before and before[0].content == content:
        raise Invalid([FieldError("note", "page_content_same")])
    id, version = new_id(), before[0].version + 1 if before else 1
    await db.execute(
        "INSERT INTO page_content (tenant_id, id, product_id, audience, version, content, note, created_by, author_name)"
        " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)",
        actor.tenant, id, product_id, command.audience, version, db.dumps(content), command.note, actor.id, actor.name,
    )  # fmt: skip
    after = {"audience": command.audience, "version": version, "note": command.note, **content}
    await audit.record(
        actor, "page_content.drafted", "product", product_id, before=before[0].content if before else None, after=after
    )
    return await content_version(actor.tenant, id)


async def put_in_use(actor: Actor, content_id: UUID) -> PageContent:
    """What is published from now on shows this version. Raises NotFound, ContentInUse."""
    page = await content_version(actor.tenant, content_id)
    await db.execute(
        "SELECT FROM product WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", actor.tenant, page.product_id
    )
    before = await in_use(actor.tenant, page.product_id, page.audience)
    if before is not None and before.id == page.id:
        raise ContentInUse(version=page.version)
    at = now()
    if before is not None and before.used_from is not None:
        at = max(at, before.used_from + timedelta(microseconds=1))  # the one put in use last, whatever the clocks say
    await db.execute(
        "UPDATE page_content SET used_from = $3 WHERE tenant_id = $1 AND id = $2", actor.tenant, content_id, at
    )
    await audit.record(
        actor, "page_content.put_in_use", "product", page.product_id,
        before={"audience": page.audience, "version": before and before.version}, after={"audience": page.audience, "version": page.version},
    )  # fmt: skip
    return await content_version(actor.tenant, content_id)


async def _content(tenant_id: UUID, box: FileBox, command: NewPageContent) -> dict[str, Any]:
    content = command.model_dump(mode="json", exclude={"audience", "note", "origin", "story", "pack"})
    content["origin"] = await _part(tenant_id, box, command.origin, "origin")
    content["pack"] = await _part(tenant_id, box, command.pack, "pack")
    content["story"] = await _story(tenant_id, box, command)
    return content


async def _part(tenant_id: UUID, box: FileBox, part: Any, name: str) -> dict[str, Any] | None:
    if part is None:
        return None
    words: dict[str, Any] = part.model_dump(mode="json", exclude={"picture"})
    return words | {"picture": await pictures.stored(tenant_id, box, part.picture, f"{name}.picture")}


async def _story(tenant_id: UUID, box: FileBox, command: NewPageContent) -> dict[str, Any] | None:
    story = command.story
    if story is None:
        return None
    shown = [
        await pictures.stored(tenant_id, box, picture, f"story.pictures.{number}")
        for number, picture in enumerate(story.pictures)
    ]
    return story.model_dump(mode="json", exclude={"pictures"}) | {"pictures": shown}
