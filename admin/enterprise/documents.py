"""The sheets about a lot, a shipment or a nonconformity: the list, issuing one, and its file as it was issued."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from admin.frame import PageArgs, Wrong, attempt, form
from i18n import text
from server.domains import reports
from server.http.answers import Raw
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_documents")


async def documents_of(call: Call, subject_id: UUID, subject: str) -> dict[str, Any]:
    """What the card of documents shows: every version issued, and the kinds there are about such a subject."""
    rows = await reports.list_documents(call.actor.tenant, None, subject_id, None, None, 100)
    hidden = call.masks_secrets
    return {
        "rows": [row._asdict() | {"hidden": hidden and row.confidential} for row in rows],
        "kinds": [kind for kind, about in reports.KINDS.items() if about.subject == subject],
        "issue": f"/admin/{_FOLDERS[subject]}/{subject_id}/documents",
    }  # fmt: skip


_FOLDERS = {
    "lot": "lots",
    "shipment": "shipments",
    "nonconformity": "nonconformities",
    "supplier_return": "supplier-returns",
}


async def issue(call: Call) -> Wrong | None:
    """The sheet that was asked for, as the facts stand; what refused it otherwise."""
    settings, given = call.services.settings, form(call)

    async def act() -> None:
        asked = {"kind": given.get("kind"), "subject_id": call.id(), "language": given.get("language", call.language)}
        body = reports.IssueDocument.model_validate(asked)
        await reports.issue_document(
            call.actor, body.kind, body.subject_id, body.language, box=call.services.files, origin=settings.base_url,
            link_key=settings.token_key, renew=body.renew,
        )  # fmt: skip

    at = {"sheet_lot_not_decided": "kind", "sheet_nothing_to_report": "kind"}
    done = await attempt(call, act, at)
    return done if isinstance(done, Wrong) else None


@routes.get("/admin/documents/{id}/content.pdf", permission="reports.read", query=PageArgs, media_type=reports.PDF)
async def pdf(call: Call) -> Raw:
    """The PDF as it was issued."""
    found, body = await reports.read_pdf(call.actor, call.services.files, call.id(), masks_secrets=call.masks_secrets)
    return Raw(body, reports.PDF, headers=_as_file(found, "pdf", call.language))


@routes.get(
    "/admin/documents/{id}/filled", permission="reports.read", query=PageArgs, media_type="application/octet-stream"
)
async def filled(call: Call) -> Raw:
    """The plant's own template, filled in."""
    found, body = await reports.read_filled(
        call.actor, call.services.files, call.id(), masks_secrets=call.masks_secrets
    )
    assert found.filled_format is not None
    return Raw(body, reports.OFFICE[found.filled_format], headers=_as_file(found, found.filled_format, call.language))


def _as_file(found: reports.Document, ending: str, language: str) -> dict[str, str]:
    title = text(f"sheet.kind.{found.kind}", language)
    plain = f"{found.number}-V{found.version}.{ending}"
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(f'{title}_{plain}')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
