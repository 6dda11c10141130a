"""The plant's own templates: one series of versions per kind, checked when they come in, filled in when a sheet is issued."""

import asyncio
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.files import FileBox
from server.core.ids import new_id
from server.domains import quality
from server.domains.access import audit
from server.domains.reports import fill_docx, fill_xlsx, office, vault
from server.domains.reports.facts import Stamp
from server.domains.reports.kinds import DocumentKind
from server.domains.reports.makers import MAKERS
from server.domains.reports.placeholders import Allowed, View, allowed_by, check, check_lists, view_of
from server.domains.reports.problems import refused

_FILLERS = {"xlsx": fill_xlsx, "docx": fill_docx}


class TemplateInfo(NamedTuple):
    """One version of a kind's template, without its bytes. `retired_at`: no longer used."""

    id: UUID
    kind: DocumentKind
    version: int
    format: office.Format
    file_name: str
    size_bytes: int
    placeholders: list[str]
    created_at: datetime
    creator_name: str
    retired_at: datetime | None


class Template(NamedTuple):
    """The template in force, with its bytes."""

    id: UUID
    format: office.Format
    data: bytes


def read_template(data: bytes, allowed: Allowed) -> tuple[office.Format, list[str]]:
    """(format, placeholders) of a file that can be a template; TemplateRefused with every reason. Blocks: for a thread."""
    format, parts = office.open_package(data)
    found = _FILLERS[format].placeholders_of(parts)
    if not found:
        raise refused("template_without_placeholders")
    check(found, allowed)
    check_lists(found, _FILLERS[format].rows_of(parts))
    tried = _FILLERS[format].fill(parts, View({}, {}))
    for name, body in tried.items():
        if name.endswith(".xml") and b"{{" in body:
            raise refused("template_placeholder_elsewhere", part=name)
    return format, sorted({f"{each.mark}{each.name}" for each in found if each.mark != "/"})


def fill(template: Template, facts: BaseModel, stamp: Stamp) -> bytes:
    """The template with these facts, in its own format; the same facts give the same bytes. Blocks: for a thread."""
    format, parts = office.open_package(template.data)
    return office.write_package(_FILLERS[format].fill(parts, view_of(facts, stamp)))


async def send_template(actor: Actor, box: FileBox, kind: DocumentKind, file_name: str, data: bytes) -> TemplateInfo:
    """A new version, in force at once. Raises TemplateRefused."""
    actor.require("quality.define")
    format, names = await asyncio.to_thread(read_template, data, allowed_by(MAKERS[kind].model))
    digest = await quality.store_bytes(actor.tenant, box, vault.OFFICE[format], data)
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"template:{actor.tenant}:{kind}")
    version = 1 + await db.fetchval(
        "SELECT coalesce(max(version), 0) FROM document_template WHERE tenant_id = $1 AND kind = $2", actor.tenant, kind
    )
    template_id, shown = new_id(), _safe_name(file_name, format)
    await db.execute(
        "INSERT INTO document_template (tenant_id, id, kind, version, format, file_name, digest, size_bytes, placeholders,"
        " created_by, creator_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        actor.tenant, template_id, kind, version, format, shown, digest, len(data), names, actor.id, actor.name,
    )  # fmt: skip
    after = {"kind": kind, "version": version, "file_name": shown, "digest": digest.hex()}
    await audit.record(actor, "document_template.added", "document_template", template_id, after=after)
    return await get_template(actor.tenant, template_id)


def _safe_name(name: str, format: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable())[:200] or f"template.{format}"


_COLUMNS = (
    "SELECT id, kind, version, format, file_name, size_bytes, placeholders, created_at, creator_name, retired_at"
    " FROM document_template WHERE tenant_id = $1"
)


async def get_template(tenant_id: UUID, template_id: UUID) -> TemplateInfo:
    row = await db.fetchrow(f"{_COLUMNS} AND id = $2", tenant_id, template_id)
    if row is None:
        raise NotFound
    return TemplateInfo(*row)


async def list_templates(tenant_id: UUID, kind: str | None) -> list[TemplateInfo]:
    """The newest first; at most 500."""
    rows = await db.fetch(f"{_COLUMNS} AND ($2::text IS NULL OR kind = $2) ORDER BY id DESC LIMIT 500", tenant_id, kind)
    return [TemplateInfo(*row) for row in rows]


async def read_template_file(tenant_id: UUID, box: FileBox, template_id: UUID) -> tuple[TemplateInfo, bytes]:
    """The file as it was sent; NotFound."""
    info = await get_template(tenant_id, template_id)
    digest = await db.fetchval(
        "SELECT digest FROM document_template WHERE tenant_id = $1 AND id = $2", tenant_id, template_id
    )
    return info, await vault.fetch(tenant_id, box, digest)


async def template_in_force(tenant_id: UUID, kind: DocumentKind, box: FileBox) -> Template | None:
    """The newest version of the kind, unless it is retired."""
    row = await db.fetchrow(
        "SELECT id, format, digest, retired_at FROM document_template WHERE tenant_id = $1 AND kind = $2"
        " ORDER BY version DESC LIMIT 1",
        tenant_id, kind,
    )  # fmt: skip
    if row is None or row["retired_at"] is not None:
        return None
    return Template(row["id"], row["format"], await vault.fetch(tenant_id, box, row["digest"]))


async def retire_template(actor: Actor, template_id: UUID) -> TemplateInfo:
    """No longer used; where it was the newest, the kind has our own layout alone. Doing it again changes nothing."""
    actor.require("quality.define")
    before = await get_template(actor.tenant, template_id)
    if before.retired_at is None:
        await db.execute(
            "UPDATE document_template SET retired_at = now() WHERE tenant_id = $1 AND id = $2",
            actor.tenant,
            template_id,
        )
        after = {"kind": before.kind, "version": before.version, "retired": True}
        await audit.record(actor, "document_template.retired", "document_template", template_id, after=after)
    return await get_template(actor.tenant, template_id)
