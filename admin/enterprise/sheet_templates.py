"""The plant's own templates for its sheets: sent in, fetched again, retired; and what a template of a kind may name."""

from typing import Any, get_args
from urllib.parse import quote

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.rows import sent_file
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import reports
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_sheet_templates")
KINDS: tuple[reports.DocumentKind, ...] = get_args(reports.DocumentKind)


@routes.get("/admin/templates", permission="reports.read", query=PageArgs, media_type=PAGE)
async def list_templates(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    """Of each kind the version in force, or that ours is used; every version below."""
    rows = await reports.list_templates(call.actor.tenant, None)
    newest: dict[str, reports.TemplateInfo] = {}
    for row in sorted(rows, key=lambda each: each.version):
        newest[row.kind] = row
    return await show(
        call, "sheet_templates.html", section="templates", status=wrong.status if wrong else 200, rows=rows, kinds=KINDS, wrong=wrong,
        in_force={kind: row for kind, row in newest.items() if row.retired_at is None}, kept=form(call) if wrong else {},
        open_form="new" if wrong else "", most_mib=reports.MOST_TEMPLATE_BYTES // (1024 * 1024),
    )  # fmt: skip


@routes.post("/admin/templates", permission="quality.define", query=PageArgs, media_type=PAGE)
async def send_template(call: Call) -> Raw | Redirect:
    """A good one is in force at once; of a bad one every fault is named with its place."""

    async def act() -> None:
        file = sent_file(call, "file")
        if file is None:
            raise Invalid([FieldError("file", "file_required")])
        asked = reports.SendTemplate.model_validate({"kind": form(call).get("kind")})
        await reports.send_template(call.actor, call.services.files, asked.kind, file.name or "", file.body)

    done = await attempt(call, act)
    return await _page(call, done) if isinstance(done, Wrong) else back(call, "/admin/templates", "template_added")


@routes.get(
    "/admin/templates/{id}/content", permission="quality.define", query=PageArgs, media_type="application/octet-stream"
)
async def template_file(call: Call) -> Raw:
    """As it was sent."""
    info, body = await reports.read_template_file(call.actor.tenant, call.services.files, call.id())
    headers = {
        "Content-Disposition": f"attachment; filename=\"template.{info.format}\"; filename*=UTF-8''{quote(info.file_name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Raw(body, reports.OFFICE[info.format], headers=headers)


@routes.post("/admin/templates/{id}/retire", permission="quality.define", query=PageArgs, media_type=PAGE)
async def retire_template(call: Call) -> Redirect:
    await reports.retire_template(call.actor, call.id())
    return back(call, "/admin/templates", "template_retired")


@routes.get("/admin/placeholders/{kind}", permission="reports.read", query=PageArgs, media_type=PAGE)
async def placeholders(call: Call) -> Raw:
    kind: Any = call.path["kind"]
    if kind not in KINDS:
        raise NotFound
    allowed = reports.allowed_by(reports.MAKERS[kind].model)
    groups: dict[str, list[str]] = {}
    for name in sorted(allowed.single):
        groups.setdefault(name.partition(".")[0] if "." in name else "", []).append(name)
    lists = {name: sorted(fields) for name, fields in sorted(allowed.lists.items())}
    return await show(
        call,
        "placeholders.html",
        section="templates",
        kind=kind,
        kinds=KINDS,
        groups=sorted(groups.items()),
        lists=lists,
    )
