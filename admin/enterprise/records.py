"""One record on a page of its own, files that come to it later, and the second pair of eyes."""

from admin.enterprise import lot_reads
from admin.enterprise.record_reads import read_records
from admin.frame import PAGE, PageArgs, Wrong, as_typed, attempt, back, form, show
from admin.rows import keep_files
from server.core.errors import FieldError, Invalid
from server.domains import quality
from server.domains.quality import inspection
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_records")


@routes.get("/admin/records/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_record(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, refused: str = "files") -> Raw:
    tenant = call.actor.tenant
    (record,) = await read_records(tenant, [call.id()], call.language, masks_secrets=call.masks_secrets)
    return await show(
        call, "record.html", section="inspections", status=wrong.status if wrong else 200, record=record, shown_alone=record["id"],
        lot=await lot_reads.get_lot(tenant, record["lot_id"]) if record["lot_id"] else None, wrong=wrong,
        open_form=f"{refused}-{record['id']}" if wrong else "", kept=form(call) if wrong else {},
    )  # fmt: skip


@routes.post("/admin/records/{id}/attachments", permission="files.write", query=PageArgs, media_type=PAGE)
async def add_files(call: Call) -> Raw | Redirect:
    """Evidence after the fact: beside what is there, with a reason."""

    async def act() -> None:
        call.actor.require("quality.record")
        kept = await keep_files(call, "file")
        if not kept:
            raise Invalid([FieldError("file", "file_required")])
        command = quality.AddFiles.model_validate({"attachment_ids": kept, "reason": form(call).get("reason", "")})
        await quality.add_files(call.actor, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done)
    return back(call, f"/admin/records/{call.path['id']}", "files_added")


@routes.post("/admin/records/{id}/check", permission="quality.record", query=PageArgs, media_type=PAGE)
async def check_record(call: Call) -> Raw | Redirect:
    """The second pair of eyes: of whoever is signed in, or of a colleague with name and password."""
    given = form(call)
    typed = {"username": given.get("username"), "password": as_typed(call, "password") or None}

    async def act() -> None:
        await quality.confirm_record(call.actor, call.id(), inspection.CheckRecord.model_validate(typed))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, "check")
    return back(call, f"/admin/records/{call.path['id']}", "record_checked")
