"""What forms offer: products, suppliers, customers, places and forms of the enterprise, by name."""

from uuid import UUID

from admin.wording import word
from server.core import db
from server.http.routes import Call

MOST = 2_000
Choices = list[tuple[UUID, str]]


async def products(call: Call, kinds: tuple[str, ...] = ()) -> Choices:
    """Products in use, of these kinds where given, each with its number and unit in the reader's words."""
    rows = await db.fetch(
        "SELECT id, name, sku, unit FROM product"
        " WHERE tenant_id = $1 AND retired_at IS NULL AND (cardinality($2::text[]) = 0 OR kind = ANY($2))"
        " ORDER BY kind = 'finished', name, sku LIMIT $3",
        call.actor.tenant, list(kinds), MOST,
    )  # fmt: skip
    return [(row["id"], f"{row['name']} · {row['sku']} ({word(call.language, 'unit', row['unit'])})") for row in rows]


async def suppliers(tenant_id: UUID) -> Choices:
    """Suppliers we still buy from."""
    rows = await db.fetch(
        "SELECT id, name FROM supplier WHERE tenant_id = $1 AND ended_at IS NULL ORDER BY name LIMIT $2",
        tenant_id,
        MOST,
    )
    return [(row["id"], row["name"]) for row in rows]


async def outlets(tenant_id: UUID, customer_id: UUID) -> Choices:
    """Points of sale: those of this customer first, then those of the others, each with whose it is."""
    rows = await db.fetch(
        "SELECT o.id, o.name, c.name AS customer, o.customer_id = $2 AS own FROM outlet o"
        " JOIN customer c ON c.tenant_id = $1 AND c.id = o.customer_id WHERE o.tenant_id = $1"
        " ORDER BY o.customer_id <> $2, c.name, o.name LIMIT $3",
        tenant_id, customer_id, MOST,
    )  # fmt: skip
    return [(row["id"], row["name"] if row["own"] else f"{row['name']} · {row['customer']}") for row in rows]


async def places(tenant_id: UUID) -> Choices:
    """Places, with their site where there is more than one."""
    rows = await db.fetch(
        "SELECT p.id, p.name, s.name AS site, count(*) OVER (PARTITION BY p.name) AS alike FROM place p"
        " JOIN site s ON s.tenant_id = $1 AND s.id = p.site_id WHERE p.tenant_id = $1 ORDER BY p.name LIMIT $2",
        tenant_id, MOST,
    )  # fmt: skip
    return [(row["id"], f"{row['name']} · {row['site']}" if row["alike"] > 1 else row["name"]) for row in rows]
