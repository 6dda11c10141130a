"""Pictures on pages: what a stored file must be, and how large it is drawn, read from its first bytes."""

from typing import Any, Final
from uuid import UUID

from server.core.errors import FieldError, Invalid, NotFound
from server.core.files import FileBox
from server.domains import quality
from server.domains.scans.content.commands import Picture

MOST_BYTES: Final = 600 * 1024
"""Of one picture: a phone on a slow network loads it when it is scrolled to."""

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset(range(0xD0, 0xD8)) | {0x01}


async def stored(tenant_id: UUID, box: FileBox, picture: Picture | None, field: str) -> dict[str, Any] | None:
    """The picture as a version keeps it: with digest, width and height. Raises Invalid, naming the field."""
    if picture is None:
        return None
    try:
        found, plain = await quality.read_attachment(tenant_id, box, picture.attachment_id)
    except NotFound:
        raise Invalid([FieldError(field, "page_picture_unknown")]) from None
    size = size_of(plain)
    if size is None:
        raise Invalid([FieldError(field, "page_picture_unreadable")])
    if found.size_bytes > MOST_BYTES:
        raise Invalid([FieldError(field, "page_picture_too_large", {"most_kib": MOST_BYTES // 1024})])
    width, height = size
    kept = picture.model_dump(mode="json")
    return kept | {"digest": found.digest.hex(), "width": width, "height": height}


def size_of(plain: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels of a PNG or JPEG; None for anything else, or where the bytes do not say."""
    if plain.startswith(b"\x89PNG\r\n\x1a\n"):
        found = int.from_bytes(plain[16:20]), int.from_bytes(plain[20:24])
    elif plain.startswith(b"\xff\xd8"):
        found = _of_jpeg(plain)
    else:
        return None
    return found if all(0 < side <= 20_000 for side in found) else None


def _of_jpeg(plain: bytes) -> tuple[int, int]:
    """From the first frame header; (0, 0) where there is none."""
    at = 2
    while at + 9 <= len(plain) and plain[at] == 0xFF:
        kind = plain[at + 1]
        if kind in _FRAMES:
            return int.from_bytes(plain[at + 7 : at + 9]), int.from_bytes(plain[at + 5 : at + 7])
        at += 2 if kind in _ALONE else 1 if kind == 0xFF else 2 + int.from_bytes(plain[at + 2 : at + 4])
    return 0, 0
