"""Master data is kept by hand, one row at a time; every change leaves before and after in the trail."""

from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.core.models import TenantModel, found
from server.domains.access import audit
from server.domains.chain.models import Certificate, Customer, Outlet, ProcessStep, Product, Supplier
from server.domains.chain.values import Command

M = TypeVar("M", bound=TenantModel)
# The word of each table in the trail.
_WORDS: dict[type[TenantModel], str] = {
    Product: "product", ProcessStep: "process_step", Supplier: "supplier", Certificate: "certificate",
    Customer: "customer", Outlet: "outlet",
}  # fmt: skip
_EXPIRING = """
SELECT c.*, s.name AS supplier_name, p.name AS product_name
FROM certificate c
LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = c.supplier_id
LEFT JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id
WHERE c.tenant_id = $1 AND c.valid_to <= $2 AND (s.id IS NULL OR s.ended_at IS NULL)
ORDER BY c.valid_to, c.id LIMIT $3
"""


async def create(actor: Actor, model: type[TenantModel], command: Command, **fixed: Any) -> UUID:
    """Store one row of master data. `fixed`: what the command does not say, such as the product of a step."""
    values = command.model_dump() | fixed
    row = await model.create(tenant_id=actor.tenant, **values)
    await audit.record(actor, f"{_WORDS[model]}.created", _WORDS[model], row.id, after=values)
    return row.id


async def change(actor: Actor, model: type[TenantModel], id: UUID, command: Command) -> None:
    """Change the fields that were sent. Raises NotFound."""
    row = await found(model, id, actor.tenant)
    values = command.model_dump(exclude_unset=True)
    before = {name: getattr(row, name) for name in values}
    if values == before:
        return
    row.update_from_dict(values)
    await row.save(update_fields=list(values))
    await audit.record(actor, f"{_WORDS[model]}.changed", _WORDS[model], id, before=before, after=values)


async def page(model: type[M], tenant_id: UUID, after: UUID | None, limit: int, **filters: Any) -> list[M]:
    """Rows that equal every given filter, in the order they were entered."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    rows = model.filter(tenant_id=tenant_id, **wanted)
    if after is not None:
        rows = rows.filter(id__gt=after)
    return await rows.order_by("id").limit(limit)


async def expiring_certificates(tenant_id: UUID, within_days: int, limit: int) -> list[asyncpg.Record]:
    """Certificates whose last day is past or within so many days from today in Shanghai, the most urgent first."""
    until = now().astimezone(EDGE).date() + timedelta(days=within_days)
    return await db.fetch(_EXPIRING, tenant_id, until, limit)
