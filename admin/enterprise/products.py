"""Products as they are registered: what is printed, what is published, and the limits they are judged by."""

import re
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError

from admin.enterprise import lot_reads
from admin.enterprise.lot_reads import LotFilter, like
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, form_list, show, typed
from admin.paging import FETCHED, cut
from server.core import db
from server.core.clock import now
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import quality
from server.domains.chain import master
from server.domains.chain.master.commands import NewProduct, ProductChanges
from server.domains.chain.models import Product
from server.domains.scans import allowed
from server.http import problems
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_products")

KINDS = ("finished", "intermediate", "material", "packaging")
PARTS = tuple(dict.fromkeys((*allowed.PARTS, *allowed.STANDARD, "materials.supplier", "materials.lot_no")))
TAKEN = {"already_exists": "sku"}
MOST_LIMITS = 500
_LIST = """
SELECT p.id, p.kind, p.sku, p.name, p.spec, p.gtin, p.standard, p.standard_edition, p.retired_at,
       (SELECT count(*) FROM lot l WHERE l.tenant_id = $1 AND l.product_id = p.id) AS lots
FROM product p WHERE p.tenant_id = $1 AND ($2::uuid IS NULL OR p.id < $2)
  AND ($3::text IS NULL OR p.name ILIKE $3 OR p.sku ILIKE $3 OR p.gtin ILIKE $3) AND ($4::text IS NULL OR p.kind = $4)
ORDER BY p.id DESC LIMIT $5
"""


class ProductFilter(PageArgs):
    text: str | None = Field(None, max_length=200)
    kind: str | None = Field(None, max_length=20)


@routes.get("/admin/products", permission="chain.read", query=ProductFilter, media_type=PAGE)
async def list_products(call: Call) -> Raw:
    q: ProductFilter = call.query
    pattern = None if q.text is None else f"%{like(q.text)}%"
    found = await db.fetch(_LIST, call.actor.tenant, decode_id(q.after), pattern, q.kind, FETCHED)
    rows, following = cut(found)
    filters = q.model_dump(exclude_none=True, exclude={"done", "after"})
    return await show(
        call, "products.html", section="products", products=rows, following=following, wanted=q, filters=filters, kinds=KINDS
    )  # fmt: skip


@routes.get("/admin/products/new", permission="chain.master", query=PageArgs, media_type=PAGE)
async def new_product(call: Call) -> Raw:
    return await _form_page(call, None, {"kind": "finished"}, list(allowed.STANDARD))


@routes.post("/admin/products", permission="chain.master", query=PageArgs, media_type=PAGE)
async def create_product(call: Call) -> Raw | Redirect:
    done = await attempt(call, lambda: _create(call), TAKEN)
    if isinstance(done, Wrong):
        return await _form_page(call, None, form(call), form_list(call, "publish_allow"), done)
    return back(call, f"/admin/products/{done}", "created")


async def _create(call: Call) -> UUID:
    return await master.create(call.actor, Product, _command(call, None))


@routes.get("/admin/products/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_product(call: Call) -> Raw:
    tenant = call.actor.tenant
    row = await _product(call)
    certificates = await db.fetch(
        "SELECT id, kind, kind_en, number, valid_from, valid_to FROM certificate WHERE tenant_id = $1 AND product_id = $2 ORDER BY valid_to",
        tenant, call.id(),
    )  # fmt: skip
    return await show(
        call, "product.html", section="products", product=row, label=row["label"], certificates=certificates,
        allowed=row["publish_allow"] or allowed.STANDARD, limits=await quality.list_specifications(tenant, call.id(), None, MOST_LIMITS),
        lots=await lot_reads.list_lots(tenant, LotFilter(product=call.id()), None, 10),
    )  # fmt: skip


@routes.get("/admin/products/{id}/edit", permission="chain.master", query=PageArgs, media_type=PAGE)
async def edit_product(call: Call) -> Raw:
    row = await _product(call)
    given = {name: value for name, value in row.items() if value is not None and value is not False}
    given["label"] = "\n".join(f"{line['name']}：{line['value']}" for line in row["label"])
    given["trade_secrets"] = "\n".join(row["trade_secrets"])
    return await _form_page(call, row, given, row["publish_allow"])


@routes.post("/admin/products/{id}", permission="chain.master", query=PageArgs, media_type=PAGE)
async def change_product(call: Call) -> Raw | Redirect:
    row = await _product(call)

    async def act() -> None:
        whole = _command(call, row)
        await master.change(call.actor, Product, call.id(), ProductChanges.model_validate(whole.model_dump()))

    done = await attempt(call, act, TAKEN)
    if isinstance(done, Wrong):
        return await _form_page(call, row, form(call), form_list(call, "publish_allow"), done)
    return back(call, call.request.path, "saved")


async def _product(call: Call) -> dict[str, Any]:
    row = await db.fetchrow(
        "SELECT *, label::text AS label_text FROM product WHERE tenant_id = $1 AND id = $2",
        call.actor.tenant,
        call.id(),
    )
    if row is None:
        raise NotFound
    return {**row, "label": db.loads(row["label_text"])}


def _command(call: Call, before: dict[str, Any] | None) -> NewProduct:
    """The whole form; a product that is already out of use keeps the time it went out."""
    given = form(call)
    retired = (before["retired_at"] if before else None) or now()
    label, faults = _label(given.get("label", ""))
    values = typed(
        given, NewProduct, label=label, publish_allow=form_list(call, "publish_allow"),
        publish_on_release="publish_on_release" in given, show_investigation="show_investigation" in given,
        trade_secrets=given.get("trade_secrets", "").splitlines(), retired_at=retired if "retired_at" in given else None,
    )  # fmt: skip
    try:
        command = NewProduct.model_validate(values)
    except ValidationError as error:
        raise Invalid([*problems.of_validation(error).errors, *faults]) from None
    if faults:
        raise Invalid(faults)
    return command


def _label(lines: str) -> tuple[list[dict[str, str]], list[FieldError]]:
    """One line of the label a line: its name, a colon of either width, its value; and the first line that is none."""
    found: list[dict[str, str]] = []
    for line in filter(str.strip, lines.splitlines()):
        name, *value = (part.strip() for part in re.split(r"[:：]", line, maxsplit=1))
        if not name or not any(value):
            return [], [FieldError("label", "label_line", {"line": line.strip()})]
        found.append({"name": name, "value": value[0]})
    return found, []


async def _form_page(
    call: Call, product: dict[str, Any] | None, given: dict[str, Any], chosen: list[str], wrong: Wrong | None = None
) -> Raw:
    return await show(
        call, "product_form.html", section="products", status=wrong.status if wrong else 200, product=product, given=given,
        chosen=chosen, parts_known=list(dict.fromkeys((*PARTS, *chosen))), kinds=KINDS, wrong=wrong,
    )  # fmt: skip
