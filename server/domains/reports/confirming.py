"""What the public may check: a sheet by the random text in its QR symbol, a receiver's link by its token."""

import re
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core.errors import Unavailable
from server.core.presence import BUSY, GONE
from server.domains.access.tokens import digest
from server.domains.reports.kinds import DocumentKind
from server.domains.reports.links import is_ours

_TOKEN = re.compile(r"[a-z2-9]{26}")


class Rendering(NamedTuple):
    """A version in one language. `here`: the one that was asked about."""

    language: str
    pdf_digest: bytes
    here: bool


class Confirmed(NamedTuple):
    """What a document's page says of it, and nothing else. `recalled`: goods on it are, whole, by now; `stopped`: they were
    rejected or put on hold since; `numbers`: single numbers of them are recalled. `renderings`: this version in every language it was issued in."""

    kind: DocumentKind
    number: str
    version: int
    newest_version: int
    about: str
    company: str
    issued_at: datetime
    pdf_digest: bytes
    facts_digest: bytes
    recalled: bool = False
    stopped: bool = False
    numbers: bool = False
    renderings: tuple[Rendering, ...] = ()


class Opened(NamedTuple):
    """Whose papers a link opens."""

    tenant_id: UUID
    link_id: UUID
    shipment_id: UUID
    expires_at: datetime


async def confirm(pool: Any, token: str) -> Confirmed | None:
    """The document whose symbol says this; None for any other text."""
    if not _TOKEN.fullmatch(token):
        return None
    row = await _row(pool, "SELECT d.*, g.* FROM public_document($1) d CROSS JOIN public_document_goods($1) g", token)
    if row is None:
        return None
    rows = await _rows(pool, "SELECT * FROM public_document_renderings($1)", token)
    return Confirmed(*row)._replace(renderings=tuple(Rendering(*each) for each in rows))


async def open_link(pool: Any, token: str, key: bytes) -> Opened | None:
    """What this token opens now; None where it is not ours, has ended or was revoked, which nobody can tell apart."""
    if not is_ours(token, key):
        return None
    row = await _row(pool, "SELECT * FROM public_receiver_link($1)", digest(token))
    return None if row is None else Opened(*row)


async def _row(pool: Any, sql: str, *args: Any) -> Any:
    rows = await _rows(pool, sql, *args)
    return rows[0] if rows else None


async def _rows(pool: Any, sql: str, *args: Any) -> Any:
    try:
        return await pool.fetch(sql, *args, timeout=5)
    except (*GONE, *BUSY) as error:
        raise Unavailable(retry_after_seconds=2) from error
