"""/api/v1/documents: sheets made from facts, numbered and versioned, with their files; links for receivers; ledgers."""

import asyncio
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import quote
from uuid import UUID

from i18n import text
from server.core import db
from server.core.errors import NotFound
from server.domains import reports
from server.http.answers import Raw
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Out
from server.open_api.examples import sheets as examples
from server.open_api.paged import after_of, next_of

routes = RouteTable("documents")


class SignerOut(Out):
    role: str
    name: str
    at: str


class DocumentOut(Out):
    """One version of a document. `check_url`: the page that confirms it to anybody who holds it. `facts_digest`: SHA-256 of
    its facts as canonical JSON, printed on it; `pdf_digest`: of the PDF as it was issued. `filled_format`: the plant's own
    template was filled in as well. `confidential`: holds trade secrets, so an authority cannot open it."""

    id: UUID
    kind: str
    number: str
    version: int
    newest_version: int
    language: str
    subject_id: UUID
    about: str
    facts_digest: str
    pdf_digest: str
    filled_format: Literal["xlsx", "docx"] | None
    signers: list[SignerOut]
    confidential: bool
    check_url: str
    issued_at: datetime
    issuer_name: str

    @classmethod
    def of_document(cls, call: Call, found: reports.Document) -> "DocumentOut":
        fields: dict[str, Any] = found._asdict() | {
            "facts_digest": found.facts_digest.hex(),
            "pdf_digest": found.pdf_digest.hex(),
            "check_url": reports.check_url(call.services.settings.base_url, found.check_token),
        }
        if found.confidential and call.masks_secrets:
            fields["signers"] = []
        return cls.model_validate({name: fields[name] for name in cls.model_fields})


class DocumentPage(Out):
    items: list[DocumentOut]
    next: str | None


class DocumentQuery(PageQuery):
    kind: reports.DocumentKind | None = None
    subject_id: UUID | None = None
    number: str | None = None


@routes.post(
    "/api/v1/documents",
    permission="reports.issue",
    body=reports.IssueDocument,
    returns=DocumentOut,
    status=201,
    example=examples.DOCUMENT,
)
async def issue_document(call: Call, body: reports.IssueDocument) -> DocumentOut:
    """The sheet about this lot, nonconformity or shipment as the facts stand. Nothing changed: the newest version again."""
    settings = call.services.settings
    found = await reports.issue_document(
        call.actor, body.kind, body.subject_id, body.language, box=call.services.files, origin=settings.base_url,
        link_key=settings.token_key, renew=body.renew,
    )  # fmt: skip
    return DocumentOut.of_document(call, found)


@routes.get("/api/v1/documents", permission="reports.read", query=DocumentQuery, returns=DocumentPage)
async def list_documents(call: Call) -> DocumentPage:
    query: DocumentQuery = call.query
    rows = await reports.list_documents(
        call.actor.tenant, query.kind, query.subject_id, query.number, after_of(query), query.limit
    )
    items = [DocumentOut.of_document(call, row) for row in rows]
    return DocumentPage(items=items, next=next_of([{"id": row.id} for row in rows], query))


@routes.get("/api/v1/documents/{id}", permission="reports.read", returns=DocumentOut)
async def get_document(call: Call) -> DocumentOut:
    return DocumentOut.of_document(call, await reports.get_document(call.actor.tenant, call.id()))


@routes.get("/api/v1/documents/{id}/content.pdf", permission="reports.read", media_type=reports.PDF)
async def get_pdf(call: Call) -> Raw:
    """The PDF as it was issued: the same bytes for good."""
    found, body = await reports.read_pdf(call.actor, call.services.files, call.id(), masks_secrets=call.masks_secrets)
    return Raw(body, reports.PDF, headers=_named(found, "pdf", call.language, "inline"))


@routes.get("/api/v1/documents/{id}/filled", permission="reports.read", media_type="application/octet-stream")
async def get_filled(call: Call) -> Raw:
    """The plant's own template, filled in with the same facts; not found where there was none."""
    found, body = await reports.read_filled(
        call.actor, call.services.files, call.id(), masks_secrets=call.masks_secrets
    )
    assert found.filled_format is not None
    headers = _named(found, found.filled_format, call.language, "attachment")
    return Raw(body, reports.OFFICE[found.filled_format], headers=headers)


def _named(found: reports.Document, ending: str, language: str, how: str) -> dict[str, str]:
    title = text(f"sheet.kind.{found.kind}", language)
    plain = f"{found.number}-V{found.version}.{ending}"
    name = quote(f"{title}_{found.number}-V{found.version}.{ending}")
    return {"Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{name}"}


class LinkOut(Out):
    """A receiver's link; `url` is shown once, when it is made."""

    id: UUID
    shipment_id: UUID
    expires_at: datetime
    created_at: datetime
    creator_name: str
    revoked_at: datetime | None
    url: str | None = None


class LinkList(Out):
    items: list[LinkOut]


@routes.post(
    "/api/v1/shipments/{id}/receiver-links",
    permission="chain.ship",
    body=reports.NewReceiverLink,
    returns=LinkOut,
    status=201,
    example=examples.RECEIVER_LINK,
)
async def create_link(call: Call, body: reports.NewReceiverLink) -> LinkOut:
    settings = call.services.settings
    made, token = await reports.create_link(call.actor, call.id(), body, settings.token_key)
    return LinkOut(**made._asdict(), url=reports.link_url(settings.base_url, token))


@routes.get("/api/v1/shipments/{id}/receiver-links", permission="chain.ship", returns=LinkList)
async def list_links(call: Call) -> LinkList:
    found = await reports.list_links(call.actor.tenant, call.id())
    return LinkList(items=[LinkOut(**each._asdict()) for each in found])


@routes.post("/api/v1/receiver-links/{id}/revoke", permission="chain.ship", status=204)
async def revoke_link(call: Call) -> None:
    await reports.revoke_link(call.actor, call.id())


@routes.get(
    "/api/v1/ledgers/{kind}",
    permission="reports.read",
    query=reports.Period,
    media_type=reports.OFFICE["xlsx"],
    own_transaction=True,
    path_example={"kind": "sales"},
)
async def get_ledger(call: Call) -> Raw:
    """The ledger of these days as XLSX: `receipts` (incoming), `tests` (before leaving the plant) or `sales`."""
    kind: Any = call.path["kind"]
    if kind not in get_args(reports.LedgerKind):
        raise NotFound
    period: reports.Period = call.query
    async with db.transaction(call.actor.scope()):
        rows = await reports.ledger_rows(call.actor.tenant, kind, period.start, period.end)
        company = await db.fetchval("SELECT name FROM tenant WHERE id = $1", call.actor.tenant)
    body = await asyncio.to_thread(reports.ledger_xlsx, kind, rows, period.start, period.end, company, call.language)
    name = quote(f"{text(f'sheet.ledger_kind.{kind}', call.language)}_{period.start}_{period.end}.xlsx")
    headers = {"Content-Disposition": f"attachment; filename=\"{kind}.xlsx\"; filename*=UTF-8''{name}"}
    return Raw(body, reports.OFFICE["xlsx"], headers=headers)
