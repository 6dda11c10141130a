"""Lots: the list, the file of one lot, its records, its documents."""

from typing import Any
from urllib.parse import quote

from admin.enterprise import corrections
from admin.enterprise import lot_reads as reads
from admin.enterprise.documents import documents_of, issue
from admin.enterprise.lot_reads import LotFilter, Row
from admin.enterprise.record_reads import read_records
from admin.enterprise.reviewing import asked_urgently, review_of, signed
from admin.frame import PAGE, PageArgs, back, form, show
from admin.paging import FETCHED, cut
from server.core import db
from server.domains import chain, quality
from server.domains.quality import inspection
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_lots")
MOST_TASKS = 10
BALANCE = ("consumed", "split_off", "packed", "installed", "shipped", "scrapped", "returned", "sampled")


@routes.get("/admin/lots", permission="chain.read", query=LotFilter, media_type=PAGE)
async def list_lots(call: Call) -> Raw:
    wanted: LotFilter = call.query
    rows = await reads.list_lots(call.actor.tenant, wanted, decode_id(wanted.after), FETCHED)
    lots, following = cut(rows)
    products = await db.fetch(
        "SELECT id, name FROM product WHERE tenant_id = $1 ORDER BY name LIMIT 500", call.actor.tenant
    )
    filters = wanted.model_dump(exclude_none=True, exclude={"done", "after"})
    return await show(
        call, "lots.html", section="lots", lots=lots, wanted=wanted, filters=filters, following=following,
        products=products, states=reads.STATES, kinds=reads.KINDS,
    )  # fmt: skip


@routes.get("/admin/lots/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def lot_file(call: Call) -> Raw:
    return await lot_page(call)


async def lot_page(call: Call, *, status: int = 200, wrong: object = None, open_form: str = "") -> Raw:
    """The file of a lot; shown again with `wrong` where one of its forms was refused."""
    tenant, lot_id = call.actor.tenant, call.id()
    lot = await reads.get_lot(tenant, lot_id)
    links = await reads.links(tenant, lot_id)
    operations = await reads.operations(tenant, lot_id)
    balance = await chain.queries.lot_balance(tenant, lot_id)
    return await show(
        call, "lot.html", section="lots", status=status, tab="file", lot=lot, balance=balance,
        balance_lines=[(name, getattr(balance, name)) for name in BALANCE if getattr(balance, name)], wrong=wrong, open_form=open_form, kept=form(call) if wrong else {},
        holds=await reads.holds(tenant, lot_id), history=await reads.history(tenant, lot_id),
        came=[k for k in links if k["came"]], went=[k for k in links if not k["came"]],
        operations=[_masked(operation, lot, call.masks_secrets) for operation in operations],
        deliveries=await reads.deliveries(tenant, lot_id), attachments=await reads.attachments(tenant, lot_id),
        publications=await reads.publications(tenant, lot_id), parts_waiting=await reads.parts_waiting(tenant, lot_id),
        hides_quantities=call.masks_secrets and "formula" in lot["trade_secrets"],
        mass=None if call.masks_secrets else (await chain.balances(tenant, [lot_id])).get(lot_id),
        documents=await documents_of(call, lot_id, "lot"),
        correctable=corrections.shown(lot), corrections=await corrections.corrections(tenant, lot_id),
        tasks=await inspection.list_inspections(tenant, inspection.InspectionFilter(state="open", lot_id=lot_id), None, MOST_TASKS),
        abnormal=(await quality.abnormal_samples(tenant, [lot_id])).get(lot_id, []),
        review=await review_of(call, lot_id), urgent=await asked_urgently(tenant, lot_id), decisions=await signed(tenant, lot_id, call.language),
        under=(await quality.decisions_standing(tenant, [lot_id])).get(lot_id, []),
    )  # fmt: skip


@routes.post("/admin/lots/{id}/documents", permission="reports.issue", query=PageArgs, media_type=PAGE)
async def issue_document(call: Call) -> Raw | Redirect:
    if wrong := await issue(call):
        return await lot_page(call, status=wrong.status, wrong=wrong, open_form="document")
    return back(call, f"/admin/lots/{call.path['id']}", "issued")


def _masked(operation: dict[str, Any], lot: Row, masks: bool) -> dict[str, Any]:
    """Parameters with a verdict; secret ones without their values where the reader is an authority."""
    secret = set(lot["trade_secrets"])
    parameters = []
    for parameter in operation["parameters"]:
        hidden = masks and (parameter.get("secret") or f"parameter:{parameter.get('name')}" in secret)
        shown = {"name": parameter.get("name"), "hidden": hidden}
        if not hidden:
            shown |= {key: parameter.get(key) for key in ("value", "unit", "low", "high")}
            shown["fail"] = _outside(parameter)
        parameters.append(shown)
    return {**operation, "parameters": parameters}


def _outside(parameter: dict[str, Any]) -> bool:
    try:
        value = float(parameter["value"])
        low, high = parameter.get("low"), parameter.get("high")
        return (low is not None and value < float(low)) or (high is not None and value > float(high))
    except (KeyError, TypeError, ValueError):
        return False


@routes.get("/admin/lots/{id}/records", permission="quality.read", query=PageArgs, media_type=PAGE)
async def lot_records(call: Call) -> Raw:
    tenant, lot_id = call.actor.tenant, call.id()
    lot = await reads.get_lot(tenant, lot_id)
    found = (await quality.lot_records(tenant, [lot_id])).get(lot_id, [])
    newest_first = [record["id"] for record in reversed(found[-200:])]
    records = await read_records(tenant, newest_first, call.language, masks_secrets=call.masks_secrets)
    return await show(
        call, "lot_records.html", section="lots", tab="records", lot=lot, records=records, total=len(found),
        shown_alone=None, wrong=None, open_form="", kept={},
    )  # fmt: skip


@routes.get("/admin/attachments/{id}", permission="files.read", query=PageArgs, media_type="application/octet-stream")
async def attachment(call: Call) -> Raw:
    """A document as a download: nothing that was uploaded is ever opened as a page of ours."""
    found, plain = await quality.read_attachment(call.actor.tenant, call.services.files, call.id())
    name = quote(found.file_name)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Raw(plain, found.media_type, headers=headers)
