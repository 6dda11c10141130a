"""The URLs printed on labels, and the way back from a scanned URL to the identity it names.

The host is never part of the identity: labels printed before a move of the platform still resolve.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from server.domains.codes import digital_link
from server.domains.codes.alphabet import CODE_LENGTH
from server.domains.codes.checks import is_reserved

_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_ENCODED_SCHEME: Final = re.compile(r"https?%3A%2F%2F", re.IGNORECASE)
_SHORT: Final = re.compile(
    r"https?://[^/?#\s]+/t/(?:(?P<space>[A-Za-z0-9_-]{1,32})/)?(?P<code>[^/?#\s]+)/?(?:[?#].*)?",
    re.IGNORECASE,
)


def code_url(origin: str, text: str, space: str | None = None) -> str:
    """`{origin}/t/{text}` or `{origin}/t/{space}/{text}`; `origin` has no trailing slash."""
    middle = f"/{space}" if space else ""
    return f"{origin}/t{middle}/{quote(text, safe='')}"


class Label(NamedTuple):
    """What a Digital Link says beside the code it names."""

    gtin: str | None
    lot: str | None


class Scanned(NamedTuple):
    """The text to look up for a scanned URL; `label` is None for the short form, which says nothing else."""

    identity: str
    label: Label | None


def identity_of_url(url: str) -> str | None:
    """The text to look up for a scanned URL (short form or Digital Link, any host), or None."""
    scanned = read_url(url)
    return None if scanned is None else scanned.identity


def read_url(url: str) -> Scanned | None:
    """What a scanned URL names, and what it says beside it; None for any other URL.

    A URL percent-encoded once more, as query parameters arrive from some apps, is read too. A Digital Link
    whose serial is a minted code names that code: both printed forms of one item resolve to one identity.
    """
    if len(url) > digital_link.MAX_LENGTH:
        return None
    if _ENCODED_SCHEME.match(url):
        url = unquote(url, errors="replace")
    if not _SCHEME.match(url):
        return None
    if short := _SHORT.fullmatch(url):
        return Scanned(unquote(short["code"], errors="replace"), None)
    try:
        link = digital_link.parse(url)
    except digital_link.NotADigitalLink:
        return None
    label = Label(link.value("01"), link.value("10"))
    serial = link.value("21")
    if serial is not None and len(serial) == CODE_LENGTH and is_reserved(serial):
        return Scanned(serial, label)
    return Scanned(link.identity, label)
