"""Pictures without what stands beside them in their files: cameras write down where they stood, programs who used them.

The picture itself is not touched: parts of the file are left out, and none is drawn anew. How the camera was held is kept,
since nobody could read the picture otherwise.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs", b"bKGD", b"IDAT", b"IEND"}
)
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ORIENTATION: Final = 0x0112


def bare(plain: bytes) -> bytes | None:
    """The same JPEG or PNG with nothing but the picture, its colours, and how it was held; what follows its end is gone. The
    same bytes where there was nothing else. None for anything that is not whole."""
    if plain.startswith(_PNG):
        return _bare_png(plain)
    return _bare_jpeg(plain) if plain.startswith(b"\xff\xd8\xff") else None


def size_of(plain: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels of a PNG or JPEG as it is seen; None for anything else, or where the bytes do not say."""
    if plain.startswith(_PNG):
        found = int.from_bytes(plain[16:20]), int.from_bytes(plain[20:24])
    elif plain.startswith(b"\xff\xd8"):
        found = _size_of_jpeg(plain)
    else:
        return None
    return found if all(0 < side <= 20_000 for side in found) else None


def _bare_png(plain: bytes) -> bytes | None:
    kept, at = [_PNG], len(_PNG)
    while at + 12 <= len(plain):
        end = at + 12 + int.from_bytes(plain[at : at + 4])
        kind = plain[at + 4 : at + 8]
        if end > len(plain):
            return None
        if kind in _PNG_KEPT:
            kept.append(plain[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    return None


def _bare_jpeg(plain: bytes) -> bytes | None:
    kept, held, ended = [b"\xff\xd8"], 1, False
    for marker, part in _segments(plain):
        if marker == _APP1:
            held = _held(part) or held
        elif _is_picture(marker, part):
            kept.append(part)
            ended = marker == _EOI
    if not ended:
        return None
    return b"".join([kept[0], _said_held(held), *kept[1:]] if held != 1 else kept)


def _segments(plain: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, bytes) up to the end of the picture; a scan goes with its header. Stops where the file is not whole."""
    at = 2
    while at + 2 <= len(plain) and plain[at] == 0xFF:
        marker = plain[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            yield marker, b"\xff\xd9"
            return
        length = int.from_bytes(plain[at + 2 : at + 4])
        end = at + 2 + length
        if length < 2 or end > len(plain):
            return
        if marker == _SOS:
            following = _AFTER_SCAN.search(plain, end)
            if following is None:
                return
            end = following.start()
        yield marker, plain[at:end]
        at = end


def _is_picture(marker: int, part: bytes) -> bool:
    if marker == _APP0:
        return part[4:9] == b"JFIF\0"
    if marker == _APP2:
        return part[4:16] == b"ICC_PROFILE\0"
    return marker == _APP14 or not (_APP0 <= marker <= _APP15 or marker == _COM)


def _held(part: bytes) -> int | None:
    """The orientation that an EXIF part names, 1 to 8."""
    tiff = part[10:]
    if part[4:10] != b"Exif\0\0" or tiff[:2] not in (b"II", b"MM"):
        return None
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    first = int.from_bytes(tiff[4:8], order)
    for number in range(int.from_bytes(tiff[first : first + 2], order)):
        entry = tiff[first + 2 + number * 12 :][:12]
        if len(entry) == 12 and int.from_bytes(entry[:2], order) == _ORIENTATION:
            value = int.from_bytes(entry[8:10], order)
            return value if 1 <= value <= 8 else None
    return None


def _said_held(held: int) -> bytes:
    """An EXIF part that says this alone."""
    entry = _ORIENTATION.to_bytes(2) + (3).to_bytes(2) + (1).to_bytes(4) + held.to_bytes(2) + b"\0\0"
    body = b"Exif\0\0MM\0\x2a" + (8).to_bytes(4) + (1).to_bytes(2) + entry + b"\0\0\0\0"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


def _size_of_jpeg(plain: bytes) -> tuple[int, int]:
    """From the first frame header; (0, 0) where there is none. Held sideways, its sides change places."""
    held = 1
    for marker, part in _segments(plain):
        if marker == _APP1:
            held = _held(part) or held
        if marker in _FRAMES:
            wide, high = int.from_bytes(part[7:9]), int.from_bytes(part[5:7])
            return (high, wide) if held >= 5 else (wide, high)
    return 0, 0
