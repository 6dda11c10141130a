"""Products as they are registered."""

from admin.enterprise import lot_reads
from admin.enterprise.lot_reads import LotFilter
from admin.frame import PAGE, PageArgs, show
from admin.paging import FETCHED, cut
from server.core import db
from server.core.errors import NotFound
from server.http.answers import Raw
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_products")

_LIST = """
SELECT p.id, p.kind, p.sku, p.name, p.spec, p.gtin, p.standard, p.standard_edition, p.retired_at,
       (SELECT count(*) FROM lot l WHERE l.tenant_id = $1 AND l.product_id = p.id) AS lots
FROM product p WHERE p.tenant_id = $1 AND ($2::uuid IS NULL OR p.id < $2) ORDER BY p.id DESC LIMIT $3
"""


@routes.get("/admin/products", permission="chain.read", query=PageArgs, media_type=PAGE)
async def list_products(call: Call) -> Raw:
    rows, following = cut(await db.fetch(_LIST, call.actor.tenant, decode_id(call.query.after), FETCHED))
    return await show(call, "products.html", section="products", products=rows, following=following)


@routes.get("/admin/products/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_product(call: Call) -> Raw:
    tenant = call.actor.tenant
    row = await db.fetchrow(
        "SELECT *, label::text AS label_text FROM product WHERE tenant_id = $1 AND id = $2", tenant, call.id()
    )
    if row is None:
        raise NotFound
    certificates = await db.fetch(
        "SELECT kind, number, valid_from, valid_to FROM certificate WHERE tenant_id = $1 AND product_id = $2 ORDER BY valid_to",
        tenant, call.id(),
    )  # fmt: skip
    return await show(
        call, "product.html", section="products", product=row, label=db.loads(row["label_text"]), certificates=certificates,
        lots=await lot_reads.list_lots(tenant, LotFilter(product=call.id()), None, 10),
    )  # fmt: skip
