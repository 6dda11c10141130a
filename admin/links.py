"""A link that is shown once, with its QR code as a picture inside the page."""

from base64 import b64encode
from datetime import datetime
from typing import NamedTuple

from server.domains import codes


class ShownLink(NamedTuple):
    """`picture`: the QR code of `url` as a data URL."""

    url: str
    expires_at: datetime
    picture: str


def shown_link(url: str, expires_at: datetime) -> ShownLink:
    return ShownLink(url, expires_at, qr_picture(url))


def qr_picture(text: str) -> str:
    """A QR code as a data URL."""
    drawn = codes.svg(codes.matrix(text))
    return f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"
