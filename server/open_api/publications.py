"""/api/v1: publishing lots and shipments, what it would show, and every version with what it changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.domains import scans
from server.http.routes import Call, RouteTable
from server.open_api.examples import demo

routes = RouteTable("publications")


class PublicationOut(BaseModel):
    """One version; `digest` is SHA-256 (hex) of the content as canonical JSON (keys sorted, no spaces)."""

    id: UUID
    version: int
    digest: str


class PreviewOut(BaseModel):
    """What publishing would show now."""

    content: dict[str, Any]


class ChangeOut(BaseModel):
    """One value: where it stands, before and after (null: absent)."""

    path: list[str]
    old: str | None
    new: str | None


class VersionOut(BaseModel):
    id: UUID
    version: int
    digest: str
    published_at: datetime
    publisher_name: str
    changes: list[ChangeOut]
    content: dict[str, Any]


class VersionsOut(BaseModel):
    items: list[VersionOut]


@routes.post("/api/v1/lots/{id}/publish", permission="scans.publish", returns=PublicationOut, status=201)
async def publish_lot(call: Call) -> PublicationOut:
    return _out(await scans.publish_lot(call.actor, call.id()))


@routes.post(
    "/api/v1/shipments/{id}/publish",
    permission="scans.publish",
    returns=PublicationOut,
    status=201,
    path_example={"id": demo.DEPARTED_SHIPMENT},
)
async def publish_shipment(call: Call) -> PublicationOut:
    return _out(await scans.publish_shipment(call.actor, call.id()))


class PreviewQuery(BaseModel):
    """`page_content_id`: with this version in use, as a draft is tried on a real lot."""

    model_config = ConfigDict(extra="forbid")
    page_content_id: UUID | None = None


@routes.get("/api/v1/lots/{id}/publish/preview", permission="scans.publish", query=PreviewQuery, returns=PreviewOut)
async def preview_lot(call: Call) -> PreviewOut:
    return PreviewOut(content=await scans.preview_lot(call.actor, call.id(), call.query.page_content_id))


@routes.get(
    "/api/v1/shipments/{id}/publish/preview",
    permission="scans.publish",
    returns=PreviewOut,
    path_example={"id": demo.DEPARTED_SHIPMENT},
)
async def preview_shipment(call: Call) -> PreviewOut:
    return PreviewOut(content=await scans.preview_shipment(call.actor, call.id()))


@routes.get("/api/v1/publications/{id}", permission="scans.read", returns=VersionsOut)
async def list_versions(call: Call) -> VersionsOut:
    """The versions of a lot or shipment, newest first; empty where nothing is published."""
    found = await scans.versions(call.actor.tenant, call.id())
    return VersionsOut(items=[_version(row) for row in found])


def _out(published: scans.Published) -> PublicationOut:
    return PublicationOut(id=published.id, version=published.version, digest=published.digest.hex())


def _version(row: dict[str, Any]) -> VersionOut:
    changes = [ChangeOut(path=list(change.path), old=change.old, new=change.new) for change in row["changes"]]
    return VersionOut(
        id=row["id"], version=row["version"], digest=row["digest"].hex(), published_at=row["published_at"],
        publisher_name=row["publisher_name"], changes=changes, content=row["content"],
    )  # fmt: skip
