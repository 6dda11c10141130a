"""Issuing: facts are gathered, numbered, printed and sealed in one transaction; what was issued is never made again."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from i18n import format_datetime, text
from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.files import FileBox
from server.core.ids import new_id
from server.core.numbers import take_numbers
from server.domains import quality
from server.domains.access import audit
from server.domains.reports import links, templates, vault
from server.domains.reports.blocks import Sheet
from server.domains.reports.facts import Stamp
from server.domains.reports.gathered import Gathered
from server.domains.reports.kinds import KINDS, DocumentKind, Language, number_of
from server.domains.reports.makers import MAKERS
from server.domains.reports.problems import DocumentConfidential
from server.domains.reports.words import Words

_TOKEN_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # noqa: S105 - 32 characters nobody confuses: 5 bits each
_TOKEN_LENGTH = 26
_BASE: Final[Language] = "zh_CN"
"""By whose facts renderings of the same facts know each other."""


class Document(NamedTuple):
    """One version of a document, without its bytes. Digests are SHA-256."""

    id: UUID
    kind: DocumentKind
    number: str
    version: int
    newest_version: int
    language: str
    subject_id: UUID
    about: str
    facts_digest: bytes
    pdf_digest: bytes
    filled_digest: bytes | None
    filled_format: str | None
    signers: list[dict[str, str]]
    confidential: bool
    check_token: str
    issued_at: datetime
    issuer_name: str


_COLUMNS = """
SELECT d.id, d.kind, d.number, d.version,
       (SELECT max(n.version) FROM document n WHERE n.tenant_id = d.tenant_id AND n.kind = d.kind AND n.year = d.year
           AND n.sequence = d.sequence) AS newest_version,
       d.language, d.subject_id, d.about, d.facts_digest, d.pdf_digest, d.filled_digest, d.filled_format,
       d.signers::text AS signers, d.confidential, d.check_token, d.issued_at, d.issuer_name
FROM document d WHERE d.tenant_id = $1
"""


def _document(row: Mapping[str, Any]) -> Document:
    return Document(**{**dict(row), "signers": db.loads(row["signers"])})


def canonical(facts: Any) -> bytes:
    """The one form of these facts that their digest is of: JSON, keys sorted, UTF-8."""
    return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)


def check_url(origin: str, token: str) -> str:
    """The public page that confirms a document."""
    return f"{origin}/d/{token}"


async def issue_document(
    actor: Actor,
    kind: DocumentKind,
    subject_id: UUID,
    language: Language,
    *,
    box: FileBox,
    origin: str,
    link_key: bytes,
    renew: bool = False,
) -> Document:
    """The document about this subject as the facts stand now.

    The newest version where nothing changed since (unless `renew`), else a new version under the same number; the first
    takes the next number of its kind and year. In another language the same facts are the same version of the same number.
    Raises NotFound, LotNotDecided, NothingToReport.
    """
    # One at a time for each subject: the second of two who ask at once gets what the first made.
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"document:{actor.tenant}:{kind}:{subject_id}",
    )
    gathered = await MAKERS[kind].gather(actor.tenant, subject_id, Words(language))
    digest = digest_of(gathered)
    base = digest
    if language != _BASE:
        base = digest_of(await MAKERS[kind].gather(actor.tenant, subject_id, Words(_BASE)))
    newest = await _newest(actor.tenant, kind, subject_id)
    same = next((row for row in newest if row["language"] == language), None)
    if same is not None and same["facts_digest"] == digest and not renew:
        return await get_document(actor.tenant, same["id"])
    issued_at = now()
    again = same is None and any(row["base_digest"] == base for row in newest)
    year, sequence, version = await _place(actor.tenant, kind, newest, issued_at, again=again)
    token = "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))
    opened = await links.make_link(actor, subject_id, links.NOTE_DAYS, link_key) if kind == "delivery_note" else ""
    stamp = Stamp(
        title=text(f"sheet.kind.{kind}", language), number=number_of(kind, year, sequence), version=str(version),
        issued=format_datetime(issued_at), issuer=actor.name, check_url=check_url(origin, token),
        open_url=links.link_url(origin, opened) if opened else "", facts_digest=digest.hex(),
    )  # fmt: skip
    pdf, filled = await asyncio.to_thread(_render, kind, gathered, stamp, issued_at, language), None
    template = await templates.template_in_force(actor.tenant, kind, box)
    if template is not None:
        filled = await asyncio.to_thread(templates.fill, template, gathered.facts, stamp)
    return await _store(actor, box, kind, (year, sequence), gathered, stamp, token, subject_id, language,
                        (digest, base), issued_at, pdf, template, filled)  # fmt: skip


def _render(kind: DocumentKind, gathered: Gathered, stamp: Stamp, issued_at: datetime, language: Language) -> bytes:
    from server.domains.reports.pdf import sheet_pdf  # here: processes that print nothing need not load it

    words = Words(language)
    running = words.say(f"running.{KINDS[kind].subject}", about=gathered.about)
    laid_out = MAKERS[kind].lay_out(gathered.facts, words)
    return sheet_pdf(Sheet(stamp.title, gathered.facts.company.name, running, laid_out), stamp, issued_at, language)


def digest_of(gathered: Gathered) -> bytes:
    """What these facts are known by."""
    return hashlib.sha256(canonical(gathered.facts.model_dump())).digest()


async def _newest(tenant_id: UUID, kind: str, subject_id: UUID) -> list[Mapping[str, Any]]:
    """The renderings of the newest version under the number that this subject was given first."""
    rows = await db.fetch(
        "SELECT id, year, sequence, version, language, facts_digest, base_digest FROM document"
        " WHERE tenant_id = $1 AND kind = $2 AND subject_id = $3 ORDER BY year, sequence, version DESC",
        tenant_id, kind, subject_id,
    )  # fmt: skip
    first = [(row["year"], row["sequence"], row["version"]) for row in rows[:1]]
    return [dict(row) for row in rows if [(row["year"], row["sequence"], row["version"])] == first]


async def _place(
    tenant_id: UUID, kind: str, newest: Sequence[Mapping[str, Any]], at: datetime, *, again: bool
) -> tuple[int, int, int]:
    """(year, sequence, version): the version that there is, `again` in another language, or the next one; or the next number
    of this year."""
    if newest:
        last = newest[0]
        return last["year"], last["sequence"], last["version"] + (not again)
    year, (sequence,) = await take_numbers(tenant_id, kind, at)
    return year, sequence, 1


async def _store(
    actor: Actor, box: FileBox, kind: DocumentKind, place: tuple[int, int], gathered: Gathered, stamp: Stamp, token: str,
    subject_id: UUID, language: str, digests: tuple[bytes, bytes], issued_at: datetime, pdf: bytes,
    template: templates.Template | None, filled: bytes | None,
) -> Document:  # fmt: skip
    pdf_digest = await quality.store_bytes(actor.tenant, box, vault.PDF, pdf)
    filled_digest = None
    if template is not None and filled is not None:
        filled_digest = await quality.store_bytes(actor.tenant, box, vault.OFFICE[template.format], filled)
    facts = gathered.facts.model_dump()
    document_id = new_id()
    await db.execute(
        "INSERT INTO document (tenant_id, id, kind, year, sequence, number, version, language, subject_id, about, facts,"
        " facts_digest, pdf_digest, filled_digest, filled_format, template_id, signers, confidential, check_token, issued_at,"
        " issued_by, issuer_name, base_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12, $13, $14,"
        " $15, $16, $17::jsonb, $18, $19, $20, $21, $22, $23)",
        actor.tenant, document_id, kind, *place, stamp.number, int(stamp.version), language, subject_id, gathered.about,
        db.dumps(facts), digests[0], pdf_digest, filled_digest, template and template.format, template and template.id,
        db.dumps(facts["signers"]), gathered.confidential, token, issued_at, actor.id, actor.name, digests[1],
    )  # fmt: skip
    after = {"kind": kind, "number": stamp.number, "version": stamp.version, "subject_id": subject_id,
             "language": language, "facts_digest": digests[0].hex(), "pdf_digest": pdf_digest.hex()}  # fmt: skip
    await audit.record(actor, "document.issued", "document", document_id, after=after)
    return await get_document(actor.tenant, document_id)


async def get_document(tenant_id: UUID, document_id: UUID) -> Document:
    """One version; NotFound."""
    row = await db.fetchrow(f"{_COLUMNS} AND d.id = $2", tenant_id, document_id)
    if row is None:
        raise NotFound
    return _document(dict(row))


_LIST = f"""{_COLUMNS}
  AND ($2::text IS NULL OR d.kind = $2) AND ($3::uuid IS NULL OR d.subject_id = $3) AND ($4::text IS NULL OR d.number = $4)
  AND ($5::uuid IS NULL OR d.id < $5)
ORDER BY d.id DESC LIMIT $6
"""


async def list_documents(
    tenant_id: UUID, kind: str | None, subject_id: UUID | None, number: str | None, before: UUID | None, limit: int
) -> list[Document]:
    """Versions, the newest first."""
    return [_document(dict(row)) for row in await db.fetch(_LIST, tenant_id, kind, subject_id, number, before, limit)]


async def read_pdf(
    actor: Actor, box: FileBox, document_id: UUID, *, masks_secrets: bool = False
) -> tuple[Document, bytes]:
    """A document and the bytes that were issued. Raises NotFound, DocumentConfidential for an authority's eyes."""
    found = await get_document(actor.tenant, document_id)
    if found.confidential and masks_secrets:
        raise DocumentConfidential
    return found, await vault.fetch(actor.tenant, box, found.pdf_digest)


async def read_filled(
    actor: Actor, box: FileBox, document_id: UUID, *, masks_secrets: bool = False
) -> tuple[Document, bytes]:
    """The plant's own template as it was filled in with the same facts; NotFound where there was none."""
    found = await get_document(actor.tenant, document_id)
    if found.confidential and masks_secrets:
        raise DocumentConfidential
    if found.filled_digest is None:
        raise NotFound
    return found, await vault.fetch(actor.tenant, box, found.filled_digest)
