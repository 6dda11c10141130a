"""Pictures on pages: what a stored file must be, how large it is drawn, and that it holds nothing but the picture."""

from typing import Any, Final
from uuid import UUID

from server.core.errors import FieldError, Invalid, NotFound
from server.core.files import FileBox
from server.core.pictures import bare, size_of
from server.domains import quality
from server.domains.scans.content.commands import Picture

MOST_BYTES: Final = 600 * 1024
"""Of one picture: a phone on a slow network loads it when it is scrolled to."""


async def stored(tenant_id: UUID, box: FileBox, picture: Picture | None, field: str) -> dict[str, Any] | None:
    """The picture as a version keeps it: with digest, width and height. The digest is of the picture alone; what a camera
    wrote beside it stays with the file that was stored. Raises Invalid, naming the field."""
    if picture is None:
        return None
    try:
        found, plain = await quality.read_attachment(tenant_id, box, picture.attachment_id)
    except NotFound:
        raise Invalid([FieldError(field, "page_picture_unknown")]) from None
    size, clean = size_of(plain), bare(plain)
    if size is None or clean is None:
        raise Invalid([FieldError(field, "page_picture_unreadable")])
    if found.size_bytes > MOST_BYTES:
        raise Invalid([FieldError(field, "page_picture_too_large", {"most_kib": MOST_BYTES // 1024})])
    width, height = size
    kept = picture.model_dump(mode="json")
    digest = await quality.store_bytes(tenant_id, box, found.media_type, clean)
    return kept | {"digest": digest.hex(), "width": width, "height": height}
