"""A photo of a stranger: drawn anew, so that nothing of it is kept but what it shows. Cameras write where they stood into their files."""

import io
import warnings

from PIL import Image, ImageOps

from server.core.errors import Problem
from server.core.files import sniff

LONGEST_SIDE = 1600
MOST_PIXELS = 60_000_000
QUALITY = 82


class PictureRefused(Problem):
    """Neither JPEG nor PNG, too large, or broken."""

    status = 422
    code = "picture_refused"


def clean_picture(plain: bytes, most_bytes: int) -> tuple[str, bytes]:
    """(media type, bytes) of the picture, upright and at most LONGEST_SIDE wide and high; PictureRefused. Takes a while."""
    most = {"most_mib": most_bytes // (1024 * 1024)}
    if len(plain) > most_bytes or sniff(plain[:16]) not in ("image/jpeg", "image/png"):
        raise PictureRefused(field="photos", **most)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return "image/jpeg", _drawn_anew(plain)
    except Exception:  # a broken picture makes its reader fail in ways of every kind
        raise PictureRefused(field="photos", **most) from None


def _drawn_anew(plain: bytes) -> bytes:
    with Image.open(io.BytesIO(plain), formats=("JPEG", "PNG")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read no larger than needed
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        ground = Image.new("RGB", upright.size, "white")
        ground.paste(upright, mask=upright.getchannel("A") if upright.mode in ("RGBA", "LA") else None)
        out = io.BytesIO()
        ground.save(out, "JPEG", quality=QUALITY, optimize=True)
        return out.getvalue()
