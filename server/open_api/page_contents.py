"""/api/v1: what the pages of a product show beside its facts, in versions; and every change of its label."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.core.models import found
from server.domains.chain.models import Product
from server.domains.scans import content
from server.http.routes import Call, RouteTable
from server.open_api.examples import pages as examples
from server.open_api.publications import ChangeOut

routes = RouteTable("page_contents")


class AudienceQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    audience: content.Audience = "consumer"


class PageContentOut(BaseModel):
    """One version. `used_from`: when it was last put in use (null: a draft); `in_use`: the next publication shows it."""

    id: UUID
    product_id: UUID
    audience: content.Audience
    version: int
    content: dict[str, Any]
    note: str | None
    created_at: datetime
    author_name: str
    used_from: datetime | None
    in_use: bool


class PageContentsOut(BaseModel):
    items: list[PageContentOut]


class LabelVersionOut(BaseModel):
    """One change of what the label says."""

    version: int
    at: datetime
    actor_name: str
    changes: list[ChangeOut]


class LabelVersionsOut(BaseModel):
    items: list[LabelVersionOut]


@routes.get(
    "/api/v1/products/{id}/page-contents", permission="scans.read", query=AudienceQuery, returns=PageContentsOut
)
async def list_contents(call: Call) -> PageContentsOut:
    """All versions for one audience, newest first."""
    await found(Product, call.id(), call.actor.tenant)
    used = await content.in_use(call.actor.tenant, call.id(), call.query.audience)
    pages = await content.content_versions(call.actor.tenant, call.id(), call.query.audience)
    return PageContentsOut(items=[_out(page, used) for page in pages])


@routes.post(
    "/api/v1/products/{id}/page-contents",
    permission="scans.publish",
    body=content.NewPageContent,
    returns=PageContentOut,
    status=201,
    example=examples.CONTENT,
)
async def draft_content(call: Call, body: content.NewPageContent) -> PageContentOut:
    """The next version, as a draft."""
    return _out(await content.draft_content(call.actor, call.services.files, call.id(), body), None)


@routes.post("/api/v1/page-contents/{id}/use", permission="scans.publish", returns=PageContentOut)
async def put_in_use(call: Call) -> PageContentOut:
    """What is published from now on shows this version; what is published stays as it is."""
    page = await content.put_in_use(call.actor, call.id())
    return _out(page, page)


@routes.get("/api/v1/products/{id}/label-versions", permission="scans.publish", returns=LabelVersionsOut)
async def list_label_versions(call: Call) -> LabelVersionsOut:
    """What the label said, who changed it and when, newest first. Read from the enterprise's own trail, which is not its
    authority's to read."""
    await found(Product, call.id(), call.actor.tenant)
    versions = await content.label_versions(call.actor.tenant, call.id())
    return LabelVersionsOut(items=[_label(version) for version in versions])


def _label(version: content.LabelVersion) -> LabelVersionOut:
    changes = [ChangeOut(path=list(change.path), old=change.old, new=change.new) for change in version.changes]
    return LabelVersionOut(version=version.version, at=version.at, actor_name=version.actor_name, changes=changes)


def _out(page: content.PageContent, used: content.PageContent | None) -> PageContentOut:
    return PageContentOut(**page._asdict(), in_use=used is not None and used.id == page.id)
