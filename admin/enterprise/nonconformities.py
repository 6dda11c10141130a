"""What failed and what becomes of it: the list, one with its dispositions, and every act on it as its service allows."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from admin.enterprise.documents import documents_of, issue
from admin.enterprise.lot_reads import attachments
from admin.frame import PAGE, PageArgs, Wrong, as_typed, attempt, back, form, form_list, show, typed
from admin.paging import FETCHED, cut
from admin.rows import keep_files
from server.core import db
from server.core.errors import NotFound
from server.domains import chain
from server.domains.quality import nonconformity
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_nonconformities")
KINDS = ("rework", "repair", "sort", "downgrade", "scrap", "destroy", "return", "concession")
STAGES = ("material", "production", "testing", "logistics")


class NonconformitiesFilter(PageArgs):
    state: Literal["open", "closed"] | None = None
    defect_class: Literal["A", "B", "C"] | None = None
    stage: Literal["material", "production", "testing", "logistics"] | None = None
    lot: UUID | None = None


@routes.get("/admin/nonconformities", permission="quality.read", query=NonconformitiesFilter, media_type=PAGE)
async def list_nonconformities(call: Call) -> Raw:
    q: NonconformitiesFilter = call.query
    wanted = nonconformity.NonconformityFilter(state=q.state, defect_class=q.defect_class, stage=q.stage, lot_id=q.lot)
    rows, following = cut(
        await nonconformity.list_nonconformities(call.actor.tenant, wanted, decode_id(q.after), FETCHED)
    )
    return await show(
        call, "nonconformities.html", section="nonconformities", rows=rows, following=following, wanted=q, stages=STAGES,
        filters=q.model_dump(exclude_none=True, exclude={"done", "after"}),
    )  # fmt: skip


@routes.get("/admin/nonconformities/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_nonconformity(call: Call) -> Raw:
    return await nonconformity_page(call, call.id())


async def nonconformity_page(call: Call, found_id: UUID, wrong: Wrong | None = None, open_form: str = "") -> Raw:
    """One with all that belongs to it; shown again with `wrong` where one of its forms was refused."""
    tenant = call.actor.tenant
    found = await nonconformity.get_nonconformity(tenant, found_id)
    names = "SELECT id, name FROM {} WHERE tenant_id = $1 ORDER BY name LIMIT 500"
    files = await attachments(tenant, found["lot_id"])
    taken_out = await _of_contents(tenant, found) if found["lot_kind"] == "package" else []
    returns = [row for d in found["dispositions"] if d["kind"] == "return" for row in await _returns(tenant, d["id"])]
    return await show(
        call, "nonconformity.html", section="nonconformities", status=wrong.status if wrong else 200, n=found, wrong=wrong,
        open_form=open_form, taken_out=taken_out, kept=form(call) if wrong else {}, kinds=KINDS, files=files,
        consents=[(each["id"], each["title"] or each["file_name"]) for each in files],
        products=[tuple(each) for each in await db.fetch(names.format("product"), tenant)], customers=[tuple(each) for each in await db.fetch(names.format("customer"), tenant)],
        documents=await documents_of(call, found_id, "nonconformity"), returns={row["disposition_id"]: row for row in returns},
    )  # fmt: skip


async def _of_contents(tenant_id: UUID, found: nonconformity.Row) -> list[nonconformity.Row]:
    """What came out of a package and is judged by itself since this was opened."""
    wanted = nonconformity.NonconformityFilter(lot_id=found["lot_id"])
    rows = await nonconformity.list_nonconformities(tenant_id, wanted, None, 200)
    return [row for row in reversed(rows) if row["from_lot_id"] == found["lot_id"] and row["id"] > found["id"]]


async def _returns(tenant_id: UUID, disposition_id: UUID) -> Sequence[Any]:
    return await chain.supplier_returns(
        tenant_id, supplier_id=None, lot_id=None, disposition_id=disposition_id, before=None, limit=1
    )


async def _act(
    call: Call, found_id: UUID, act: Callable[[], Awaitable[object]], open_form: str, done: str
) -> Raw | Redirect:
    tried = await attempt(call, act)
    if isinstance(tried, Wrong):
        return await nonconformity_page(call, found_id, tried, open_form)
    return back(call, f"/admin/nonconformities/{found_id}", done)


@routes.post(
    "/admin/nonconformities/{id}/dispositions", permission="quality.nonconform", query=PageArgs, media_type=PAGE
)
async def propose(call: Call) -> Raw | Redirect:
    """Propose what shall become of the goods; a quantity is in the unit of the nonconformity."""
    given = form(call)

    async def act() -> None:
        found = await nonconformity.get_nonconformity(call.actor.tenant, call.id())
        unit = found["unit"] if given.get("quantity") else None
        command = nonconformity.NewDisposition.model_validate(typed(given, nonconformity.NewDisposition, unit=unit))
        await nonconformity.propose_disposition(call.actor, call.id(), command)

    return await _act(call, call.id(), act, "propose", "proposed")


@routes.post("/admin/nonconformities/{id}/close", permission="quality.dispose", query=PageArgs, media_type=PAGE)
async def close(call: Call) -> Raw | Redirect:
    command = nonconformity.CloseNonconformity
    return await _act(
        call, call.id(),
        lambda: nonconformity.close_nonconformity(call.actor, call.id(), command.model_validate(typed(form(call), command))),
        "close", "nonconformity_closed",
    )  # fmt: skip


async def _of(call: Call) -> UUID:
    """The nonconformity that a disposition belongs to; NotFound."""
    found = await db.fetchval(
        "SELECT nonconformity_id FROM disposition WHERE tenant_id = $1 AND id = $2", call.actor.tenant, call.id()
    )
    if not isinstance(found, UUID):
        raise NotFound
    return found


def _command(call: Call, model: type[BaseModel], **more: Any) -> Any:
    return model.model_validate(typed(form(call), model, **more))


@routes.post("/admin/dispositions/{id}/sign", permission="quality.nonconform", query=PageArgs, media_type=PAGE)
async def sign(call: Call) -> Raw | Redirect:
    """Approve or refuse, with the password."""

    async def act() -> None:
        command = _command(call, nonconformity.SignDisposition, password=as_typed(call, "password"))
        await nonconformity.sign_disposition(call.actor, call.id(), command)

    return await _act(call, await _of(call), act, f"sign-{call.id()}", "disposition_signed")


@routes.post("/admin/dispositions/{id}/carry-out", permission="quality.nonconform", query=PageArgs, media_type=PAGE)
async def carry_out(call: Call) -> Raw | Redirect:
    async def act() -> None:
        files = form_list(call, "attachment_ids") + [str(each) for each in await keep_files(call, "files")]
        command = _command(call, nonconformity.CarryOut, attachment_ids=files)
        await nonconformity.carry_out(call.actor, call.id(), command)

    return await _act(call, await _of(call), act, f"carry-{call.id()}", "carried_out")


@routes.post("/admin/dispositions/{id}/verify", permission="quality.nonconform", query=PageArgs, media_type=PAGE)
async def verify(call: Call) -> Raw | Redirect:
    return await _act(
        call, await _of(call), lambda: nonconformity.verify_disposition(call.actor, call.id()), f"verify-{call.id()}", "verified"
    )  # fmt: skip


@routes.post("/admin/dispositions/{id}/withdraw", permission="quality.nonconform", query=PageArgs, media_type=PAGE)
async def withdraw(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = _command(call, nonconformity.WithdrawDisposition)
        await nonconformity.withdraw_disposition(call.actor, call.id(), command)

    return await _act(call, await _of(call), act, f"withdraw-{call.id()}", "withdrawn")


@routes.post("/admin/dispositions/{id}/reverse", permission="quality.nonconform", query=PageArgs, media_type=PAGE)
async def reverse(call: Call) -> Raw | Redirect:
    """Take back what was carried out by mistake, with the password."""

    async def act() -> None:
        command = _command(call, nonconformity.ReverseDisposition, password=as_typed(call, "password"))
        await nonconformity.reverse_disposition(call.actor, call.id(), command)

    return await _act(call, await _of(call), act, f"reverse-{call.id()}", "disposition_reversed")


@routes.post("/admin/nonconformities/{id}/documents", permission="reports.issue", query=PageArgs, media_type=PAGE)
async def issue_document(call: Call) -> Raw | Redirect:
    if wrong := await issue(call):
        return await nonconformity_page(call, call.id(), wrong, "document")
    return back(call, f"/admin/nonconformities/{call.path['id']}", "issued")
