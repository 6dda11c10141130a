"""Files brought by hand: papers of a lot, and what shows a defect."""

from typing import Any, get_args

from admin.enterprise.lots import lot_page
from admin.enterprise.nonconformities import nonconformity_page
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form
from admin.rows import keep_file
from server.core.errors import FieldError, Invalid
from server.domains import quality
from server.domains.quality import nonconformity
from server.domains.quality.commands import AttachToLot
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_uploads")
KINDS: tuple[str, ...] = get_args(AttachToLot.model_fields["kind"].annotation)


async def _kept(call: Call) -> quality.Attachment:
    kept = await keep_file(call, "file", (form(call).get("title") or "")[:200] or None)
    if kept is None:
        raise Invalid([FieldError("file", "file_required")])
    return kept


@routes.post("/admin/lots/{id}/attachments", permission="files.write", query=PageArgs, media_type=PAGE)
async def attach(call: Call) -> Raw | Redirect:
    """Hang a report, a certificate or a photo on the lot."""

    async def act() -> None:
        given: dict[str, Any] = {"kind": form(call).get("kind"), "attachment_id": (await _kept(call)).id}
        await quality.attach_to_lot(call.actor, call.id(), AttachToLot.model_validate(given))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form="attach")
    return back(call, f"/admin/lots/{call.path['id']}", "attached")


@routes.post("/admin/nonconformities/{id}/evidence", permission="files.write", query=PageArgs, media_type=PAGE)
async def add_evidence(call: Call) -> Raw | Redirect:
    """A picture or paper that shows the defect or whose it is."""

    async def act() -> None:
        call.actor.require("quality.nonconform")
        command = nonconformity.AddEvidence(attachment_ids=[(await _kept(call)).id])
        await nonconformity.add_evidence(call.actor, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await nonconformity_page(call, call.id(), done, "evidence")
    return back(call, f"/admin/nonconformities/{call.path['id']}", "evidence_added")
