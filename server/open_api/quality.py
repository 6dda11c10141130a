"""/api/v1: characteristics, specifications, forms, records and attachments."""

from base64 import b64encode
from urllib.parse import quote
from uuid import UUID

from pydantic import Field
from sanic.request import File

from server.core import db
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import chain, quality
from server.domains.quality import Attachment, Row, nonconformity
from server.http.answers import Raw
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.examples import demo
from server.open_api.examples import quality as quality_examples
from server.open_api.paged import after_of, next_of
from server.open_api.quality_views import (
    AttachmentOut,
    AttachmentPage,
    CharacteristicOut,
    CharacteristicPage,
    Created,
    FormCreated,
    FormOut,
    FormPage,
    LotQualityOut,
    RecordOut,
    RecordPage,
    RecordStored,
    RecordSummary,
    SpecificationCreated,
    SpecificationOut,
    SpecificationPage,
)

routes = RouteTable("quality")


class SpecificationQuery(PageQuery):
    product_id: UUID | None = None


class FormQuery(PageQuery):
    stage: str | None = Field(None, max_length=20)


class RecordQuery(PageQuery, quality.RecordFilter):
    """A page of records, narrowed."""


async def own_lot(call: Call) -> UUID:
    """The lot the path names; NotFound where it is missing or another's, so that no empty list hides it."""
    await chain.queries.lot(call.actor.tenant, call.id())
    return call.id()


@routes.post(
    "/api/v1/characteristics",
    permission="quality.define",
    body=quality.NewCharacteristic,
    returns=Created,
    status=201,
    example=quality_examples.CHARACTERISTIC,
)
async def create_characteristic(call: Call, body: quality.NewCharacteristic) -> Created:
    return Created(id=await quality.define_characteristic(call.actor, body))


@routes.get("/api/v1/characteristics", permission="quality.read", query=PageQuery, returns=CharacteristicPage)
async def list_characteristics(call: Call) -> CharacteristicPage:
    found = await quality.list_characteristics(call.actor.tenant, after_of(call.query), call.query.limit)
    items = [CharacteristicOut.model_validate(each) for each in found]
    return CharacteristicPage(items=items, next=next_of(items, call.query))


@routes.patch(
    "/api/v1/characteristics/{id}",
    permission="quality.define",
    body=quality.CharacteristicWords,
    returns=CharacteristicOut,
    example=quality_examples.CHARACTERISTIC_WORDS,
)
async def word_characteristic(call: Call, body: quality.CharacteristicWords) -> CharacteristicOut:
    return CharacteristicOut.model_validate(await quality.word_characteristic(call.actor, call.id(), body))


@routes.post(
    "/api/v1/specifications",
    permission="quality.define",
    body=quality.NewSpecification,
    returns=SpecificationCreated,
    status=201,
    example=quality_examples.SPECIFICATION,
)
async def create_specification(call: Call, body: quality.NewSpecification) -> SpecificationCreated:
    specification_id, version = await quality.define_specification(call.actor, body)
    return SpecificationCreated(id=specification_id, version=version)


@routes.post(
    "/api/v1/specifications/{id}/versions",
    permission="quality.define",
    body=quality.NewSpecificationVersion,
    returns=SpecificationCreated,
    status=201,
    example=quality_examples.SPECIFICATION_VERSION,
)
async def create_specification_version(call: Call, body: quality.NewSpecificationVersion) -> SpecificationCreated:
    version = await quality.add_specification_version(call.actor, call.id(), body)
    return SpecificationCreated(id=call.id(), version=version)


@routes.get("/api/v1/specifications", permission="quality.read", query=SpecificationQuery, returns=SpecificationPage)
async def list_specifications(call: Call) -> SpecificationPage:
    query = call.query
    rows = await quality.list_specifications(call.actor.tenant, query.product_id, after_of(query), query.limit)
    items = [SpecificationOut.model_validate({**row, "limits": db.loads(row["limits"])}) for row in rows]
    return SpecificationPage(items=items, next=next_of(items, query))


@routes.post(
    "/api/v1/forms",
    permission="quality.define",
    body=quality.NewForm,
    returns=FormCreated,
    status=201,
    example=quality_examples.FORM,
)
async def create_form(call: Call, body: quality.NewForm) -> FormCreated:
    form_id, version_id = await quality.define_form(call.actor, body)
    return FormCreated(id=form_id, form_version_id=version_id)


@routes.post(
    "/api/v1/forms/{id}/versions",
    permission="quality.define",
    body=quality.NewFormVersion,
    returns=FormCreated,
    status=201,
    example=quality_examples.FORM_VERSION,
)
async def create_form_version(call: Call, body: quality.NewFormVersion) -> FormCreated:
    version_id = await quality.add_form_version(call.actor, call.id(), body)
    return FormCreated(id=call.id(), form_version_id=version_id)


@routes.patch(
    "/api/v1/forms/{id}",
    permission="quality.define",
    body=quality.FormWords,
    returns=FormOut,
    example=quality_examples.FORM_WORDS,
)
async def word_form(call: Call, body: quality.FormWords) -> FormOut:
    await quality.word_form(call.actor, call.id(), body)
    return form_out((await quality.list_forms(call.actor.tenant, call.id(), None, None, 1))[0])


def form_out(row: Row) -> FormOut:
    return FormOut.model_validate({**row, "schema": db.loads(row["schema"]), "ui": db.loads(row["ui"])})


@routes.get("/api/v1/forms", permission="quality.read", query=FormQuery, returns=FormPage)
async def list_forms(call: Call) -> FormPage:
    query = call.query
    rows = await quality.list_forms(call.actor.tenant, None, query.stage, after_of(query), query.limit)
    items = [form_out(row) for row in rows]
    return FormPage(items=items, next=next_of(items, query))


@routes.get("/api/v1/forms/{id}", permission="quality.read", returns=FormOut)
async def get_form(call: Call) -> FormOut:
    rows = await quality.list_forms(call.actor.tenant, call.id(), None, None, 1)
    if not rows:
        raise NotFound
    return form_out(rows[0])


@routes.post(
    "/api/v1/records",
    permission="quality.record",
    body=quality.NewRecord,
    returns=RecordStored,
    status=201,
    example=quality_examples.RECORD,
)
async def create_record(call: Call, body: quality.NewRecord) -> RecordStored:
    return RecordStored.of(await quality.record_entry(call.actor, body), call.language)


@routes.get("/api/v1/records", permission="quality.read", query=RecordQuery, returns=RecordPage)
async def list_records(call: Call) -> RecordPage:
    query = call.query
    wanted = quality.RecordFilter.model_validate(query.model_dump(exclude={"limit", "after"}))
    rows = await quality.list_records(call.actor.tenant, wanted, after_of(query), query.limit)
    items = [RecordSummary.model_validate(row) for row in rows]
    return RecordPage(items=items, next=next_of(items, query))


@routes.get("/api/v1/records/{id}", permission="quality.read", returns=RecordOut)
async def get_record(call: Call) -> RecordOut:
    record = await quality.get_record(call.actor.tenant, call.id())
    gauges = await nonconformity.gauges_of(call.actor.tenant, [call.id()])
    record["gauges"] = gauges.get(call.id(), [])
    record["files"] = (await quality.record_files(call.actor.tenant, [call.id()])).get(call.id(), [])
    return RecordOut.of(record, call.language, masks_secrets=call.masks_secrets)


@routes.post(
    "/api/v1/records/{id}/attachments",
    permission="files.write",
    body=quality.AddFiles,
    status=204,
    example=quality_examples.LATER_FILES,
    path_example={"id": demo.MILK_RECORD},
)
async def add_record_files(call: Call, body: quality.AddFiles) -> None:
    call.actor.require("quality.record")
    await quality.add_files(call.actor, call.id(), body)


@routes.get("/api/v1/lots/{id}/quality", permission="quality.read", returns=LotQualityOut)
async def get_lot_quality(call: Call) -> LotQualityOut:
    lot_id = await own_lot(call)
    found = await quality.lot_quality(call.actor.tenant, [lot_id])
    return LotQualityOut.of(found.get(lot_id, quality.LotQuality()))


def attachment_out(found: Attachment, kind: str | None = None) -> AttachmentOut:
    return AttachmentOut.model_validate({**found._asdict(), "digest": found.digest.hex(), "kind": kind})


@routes.post("/api/v1/attachments", permission="files.write", upload=True, returns=AttachmentOut, status=201)
async def create_attachment(call: Call) -> AttachmentOut:
    file: File | None = call.request.files.get("file") if call.request.files else None
    if file is None:
        raise Invalid([FieldError("file", "file_required")])
    title = (call.request.form.get("title") or "")[:200] or None if call.request.form else None
    most = call.services.settings.attachment_max_bytes
    made = await quality.store_attachment(
        call.actor, call.services.files, file.body, file.name or "", title, most_bytes=most
    )
    return attachment_out(made)


@routes.get("/api/v1/attachments/{id}/content", permission="files.read", media_type="application/octet-stream")
async def get_attachment(call: Call) -> Raw:
    found, plain = await quality.read_attachment(call.actor.tenant, call.services.files, call.id())
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name)}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Repr-Digest": f"sha-256=:{b64encode(found.digest).decode()}:",
    }
    return Raw(plain, found.media_type, headers=headers)


@routes.post(
    "/api/v1/lots/{id}/attachments",
    permission="files.write",
    body=quality.AttachToLot,
    status=204,
    example=quality_examples.LOT_ATTACHMENT,
    path_example={"id": demo.WAITING_YOGHURT_LOT},
)
async def attach_to_lot(call: Call, body: quality.AttachToLot) -> None:
    await quality.attach_to_lot(call.actor, call.id(), body)


@routes.get("/api/v1/lots/{id}/attachments", permission="files.read", returns=AttachmentPage)
async def list_lot_attachments(call: Call) -> AttachmentPage:
    lot_id = await own_lot(call)
    found = await quality.lot_attachments(call.actor.tenant, [lot_id])
    return AttachmentPage(items=[attachment_out(each, kind) for kind, each in found.get(lot_id, [])])
