"""/api/v1/document-templates: the plant's own XLSX and DOCX forms, filled in beside our PDF."""

from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

from sanic.request import File

from server.core.errors import FieldError, Invalid, NotFound
from server.domains import reports
from server.http.answers import Raw
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Out

routes = RouteTable("document_templates")


class TemplateOut(Out):
    """One version of a kind's template; the newest is used unless it is retired."""

    id: UUID
    kind: str
    version: int
    format: str
    file_name: str
    size_bytes: int
    placeholders: list[str]
    created_at: datetime
    creator_name: str
    retired_at: datetime | None

    @classmethod
    def of_template(cls, found: reports.TemplateInfo) -> "TemplateOut":
        return cls.model_validate(found._asdict())


class TemplateList(Out):
    items: list[TemplateOut]


class PlaceholdersOut(Out):
    """What a template of this kind may name: single facts `{{name}}`, and lists `{{#name}}` … `{{/name}}` in one row with
    the fields that stand in it."""

    single: list[str]
    lists: dict[str, list[str]]


@routes.post(
    "/api/v1/document-templates",
    permission="quality.define",
    upload=True,
    body=reports.SendTemplate,
    returns=TemplateOut,
    status=201,
)
async def send_template(call: Call, body: reports.SendTemplate) -> TemplateOut:
    """Send a template in. What is wrong with it is named, with the cell or part; a good one is in force at once."""
    file: File | None = call.request.files.get("file") if call.request.files else None
    if file is None:
        raise Invalid([FieldError("file", "file_required")])
    found = await reports.send_template(call.actor, call.services.files, body.kind, file.name or "", file.body)
    return TemplateOut.of_template(found)


@routes.get("/api/v1/document-templates", permission="reports.read", returns=TemplateList)
async def list_templates(call: Call) -> TemplateList:
    found = await reports.list_templates(call.actor.tenant, None)
    return TemplateList(items=[TemplateOut.of_template(each) for each in found])


@routes.get(
    "/api/v1/document-templates/{id}/content", permission="quality.define", media_type="application/octet-stream"
)
async def get_template_file(call: Call) -> Raw:
    info, body = await reports.read_template_file(call.actor.tenant, call.services.files, call.id())
    name = quote(info.file_name)
    headers = {"Content-Disposition": f"attachment; filename=\"template.{info.format}\"; filename*=UTF-8''{name}"}
    return Raw(body, reports.OFFICE[info.format], headers=headers)


@routes.post("/api/v1/document-templates/{id}/retire", permission="quality.define", returns=TemplateOut)
async def retire_template(call: Call) -> TemplateOut:
    return TemplateOut.of_template(await reports.retire_template(call.actor, call.id()))


@routes.get(
    "/api/v1/document-kinds/{kind}/placeholders",
    permission="reports.read",
    returns=PlaceholdersOut,
    path_example={"kind": "test_report"},
)
async def list_placeholders(call: Call) -> PlaceholdersOut:
    kind: Any = call.path["kind"]
    if kind not in get_args(reports.DocumentKind):
        raise NotFound
    allowed = reports.allowed_by(reports.MAKERS[kind].model)
    lists = {name: sorted(fields) for name, fields in sorted(allowed.lists.items())}
    return PlaceholdersOut(single=sorted(allowed.single), lists=lists)
