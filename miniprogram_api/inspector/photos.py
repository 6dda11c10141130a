"""Photos come up in parts, go on where they stopped, and are linked to their entries whichever comes first."""

from uuid import UUID

from pydantic import BaseModel

from miniprogram_api.inspector import examples
from server.core import db
from server.core.errors import FieldError, Invalid
from server.domains import quality
from server.domains.quality import phone
from server.http.answers import Raw, encode
from server.http.routes import Call, RouteTable

routes = RouteTable("phone_photos")
MOST_PART_BYTES = 4 * 1024 * 1024


class PhotoOut(BaseModel):
    """`offset`: from which byte on it is to be sent."""

    id: UUID
    offset: int
    size_bytes: int
    complete: bool
    flags: list[str]


def _answer(photo: phone.Photo, status: int = 200) -> Raw:
    """The state of a photo, in the headers too: a HEAD is enough to go on."""
    body = PhotoOut(
        id=photo.id, offset=photo.offset, size_bytes=photo.size_bytes, complete=photo.complete, flags=list(photo.flags)
    )
    headers = {"Upload-Offset": str(photo.offset), "Upload-Length": str(photo.size_bytes)}
    return Raw(encode(body), "application/json", status, headers)


@routes.post(
    "/api/v1/phone/photos",
    permission="phone.deliver",
    body=phone.NewPhoto,
    returns=PhotoOut,
    status=201,
    example=examples.PHOTO,
)
async def begin_photo(call: Call, body: phone.NewPhoto) -> Raw:
    """Announce a photo by an id of the phone's own. Again: where it stands (200)."""
    most = call.services.settings.attachment_max_bytes
    photo = await phone.begin_photo(call.actor, body, most_bytes=most)
    return _answer(photo, 201 if photo.fresh else 200)


@routes.get("/api/v1/phone/photos/{id}", permission="phone.deliver", returns=PhotoOut)
async def get_photo(call: Call) -> Raw:
    """How far it has come up; HEAD tells by `Upload-Offset` alone."""
    return _answer(await phone.get_photo(call.actor.tenant, call.id()))


@routes.patch(
    "/api/v1/phone/photos/{id}",
    permission="phone.deliver",
    status=204,
    own_transaction=True,
    media_in="application/offset+octet-stream",
)
async def add_part(call: Call) -> Raw:
    """The next bytes, as they are, from `Upload-Offset` on; the answer says where the next part begins. The last part makes it
    a file: where all of it is not what was announced (422 `photo_digest`, `file_type_refused`), it begins again."""
    return await _take_part(call)


@routes.post(
    "/api/v1/phone/photos/{id}/parts",
    permission="phone.deliver",
    status=204,
    own_transaction=True,
    media_in="application/offset+octet-stream",
)
async def post_part(call: Call) -> Raw:
    """The same for callers that cannot send PATCH, as mini-programs."""
    return await _take_part(call)


async def _take_part(call: Call) -> Raw:
    """The last part and the file made of all are one transaction: a photo that is whole is a file, also after a crash."""
    offset, part = _offset(call), call.request.body or b""
    if len(part) > MOST_PART_BYTES:
        raise Invalid([FieldError("body", "photo_part_too_large", {"most_mib": MOST_PART_BYTES // (1024 * 1024)})])
    box, most, scope = call.services.files, call.services.settings.attachment_max_bytes, call.actor.scope()
    try:
        async with db.transaction(scope):
            photo = await phone.add_part(call.actor, box, call.id(), offset, part)
            if photo.offset == photo.size_bytes and not photo.complete:
                photo = await phone.finish_photo(call.actor, box, call.id(), most_bytes=most)
    except (phone.PhotoDigest, phone.PhotoUnreadable, quality.FileRefused):
        async with db.transaction(scope):
            await phone.restart_photo(call.actor, call.id())
        raise
    return Raw(b"", "application/json", 204, _answer(photo).headers)


def _offset(call: Call) -> int:
    given = call.request.headers.get("upload-offset", "")
    if not given.isascii() or not given.isdigit() or len(given) > 12:
        raise Invalid([FieldError("Upload-Offset", "upload_offset_required")])
    return int(given)
