"""Goods that went back to their supplier: what, why, and with whom they left; and the sheet about it."""

from admin.enterprise.documents import documents_of, issue
from admin.frame import PAGE, PageArgs, Wrong, back, form, show
from server.domains import chain
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_returns")


@routes.get("/admin/supplier-returns/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_return(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    found = await chain.supplier_return(call.actor.tenant, call.id())
    return await show(
        call, "supplier_return.html", section="nonconformities", status=wrong.status if wrong else 200, r=found, wrong=wrong,
        kept=form(call) if wrong else {}, documents=await documents_of(call, found["id"], "supplier_return"),
    )  # fmt: skip


@routes.post("/admin/supplier-returns/{id}/documents", permission="reports.issue", query=PageArgs, media_type=PAGE)
async def issue_document(call: Call) -> Raw | Redirect:
    if wrong := await issue(call):
        return await _page(call, wrong)
    return back(call, f"/admin/supplier-returns/{call.path['id']}", "issued")
