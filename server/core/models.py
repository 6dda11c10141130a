"""The base of every enterprise's table: a manager that raises without a scope and filters by the tenant in it."""

from typing import Any, TypeVar
from uuid import UUID

from tortoise import fields
from tortoise.manager import Manager
from tortoise.models import Model
from tortoise.queryset import QuerySet

from server.core.errors import NotFound
from server.core.ids import new_id
from server.core.scope import current_scope

M = TypeVar("M", bound=Model)


class TenantManager(Manager):
    """The second lock of isolation; row-level security is the first and holds where this is forgotten."""

    def get_queryset(self) -> QuerySet[Any]:
        scope = current_scope()
        rows: QuerySet[Any] = QuerySet(self._model)
        return rows.filter(tenant_id=scope.tenant_id) if scope.tenant_id else rows


class TenantModel(Model):
    """A row owned by one enterprise. Its primary key in the database is (tenant_id, id)."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    tenant_id = fields.UUIDField()

    class Meta:
        abstract = True
        manager = TenantManager()


async def found(model: type[M], id: UUID, tenant_id: UUID) -> M:
    """The row of this enterprise with this id; NotFound where it is missing or another's."""
    row = await model.get_or_none(id=id, tenant_id=tenant_id)
    if row is None:
        raise NotFound
    return row
