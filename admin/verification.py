"""The files by which WeChat and Alipay see that an address is ours: for an enterprise in the office, for the platform at home."""

from functools import partial

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.rows import sent_file
from server.core.errors import FieldError, Invalid
from server.domains import scans
from server.domains.access import tenants
from server.http.answers import Raw, Redirect
from server.http.plain_files import own_hosts, taken_addresses
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_verification")
LONGEST_FILE = 4096
OFFICE, PLATFORM = "/admin/verification-files", "/admin/platform/verification-files"


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    own = await tenants.enterprise_settings(call.actor.tenant) if call.actor.tenant_id else None
    folders = {"root": True, "codes": True} if own is None else {
        "space": own.label_space, "root": own.label_origin, "codes": own.label_origin
    }  # fmt: skip
    return await show(
        call, "verification.html", section="verification", status=wrong.status if wrong else 200, wrong=wrong,
        files=await scans.verification_files(call.actor), base=_base(call), given=form(call) if wrong else {},
        folders=[name for name, usable in folders.items() if usable], own=own,
        origin=call.services.settings.base_url,
    )  # fmt: skip


def _base(call: Call) -> str:
    return OFFICE if call.actor.tenant_id else PLATFORM


async def _put(call: Call) -> Raw | Redirect:
    async def act() -> None:
        file = sent_file(call, "file")
        if file is None:
            raise Invalid([FieldError("file", "file_required")])
        if len(file.body) > LONGEST_FILE:
            raise Invalid([FieldError("file", "verification_too_large")])
        fields = {
            "folder": form(call).get("folder"),
            "name": file.name,
            "content": file.body.decode("ascii", "replace"),
        }
        command = scans.PutVerificationFile.model_validate(fields)
        taken = taken_addresses(call.request.app.ctx.tables)
        await scans.put_file(call.actor, command, shared_hosts=own_hosts(call.services.settings), taken=taken)

    at = dict.fromkeys(("name", "verification_name_taken", "verification_name_reserved"), "file")
    done = await attempt(call, act, at)
    if isinstance(done, Wrong):
        for field in ("name", "content"):
            if field in done.fields:
                done.fields.setdefault("file", done.fields.pop(field))
        return await _page(call, done)
    return back(call, _base(call), "saved")


async def _remove(call: Call) -> Redirect:
    await scans.remove_file(call.actor, call.id())
    return back(call, _base(call), "saved")


def _declare(path: str, reads: str, writes: str, room: str) -> None:
    for name, add, permission, where, act in (
        ("show", routes.get, reads, path, _page),
        ("put", routes.post, writes, path, _put),
        ("remove", routes.post, writes, f"{path}/{{id}}/remove", _remove),
    ):
        handler = partial(act)
        handler.__name__ = f"{name}_{room}"  # type: ignore[attr-defined]
        add(where, permission=permission, query=PageArgs, media_type=PAGE)(handler)


_declare(OFFICE, "access.write", "access.write", "office")
_declare(PLATFORM, "platform.read", "platform.write", "platform")
