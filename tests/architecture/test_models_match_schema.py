"""Promise: every Tortoise model names the columns of its table, and knows which may be empty; none works without a scope."""

import importlib

import asyncpg
import pytest
from tortoise.models import Model

from server import wiring
from server.core import db
from server.core.models import TenantModel
from server.core.scope import NoScope, Scope
from tests.fixtures.api import Api
from tests.fixtures.cluster import Database


def models() -> list[type[Model]]:
    found = []
    for name in wiring.MODELS:
        module = importlib.import_module(name)
        found += [
            value for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Model) and value.__module__ == name and not value.Meta.__dict__.get("abstract")
        ]  # fmt: skip
    return sorted(found, key=lambda model: model.__name__)


def test_there_are_models() -> None:
    assert len(models()) >= 3


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
async def test_a_model_and_its_table_agree(model: type[Model], database: Database) -> None:
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        rows = await connection.fetch(
            "SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped",
            model.Meta.table,  # type: ignore[attr-defined]
        )
    finally:
        await connection.close()
    columns = {row["attname"]: row["attnotnull"] for row in rows}
    fields = {field.source_field or name: field for name, field in model._meta.fields_map.items()}
    assert set(fields) - set(columns) == set(), "fields without a column"
    wrong = {name for name, field in fields.items() if columns[name] == (field.null and not field.pk)}
    assert wrong == set(), "fields whose null differs from the column's"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
async def test_a_query_without_a_scope_is_refused(model: type[Model], api: Api) -> None:
    with pytest.raises(NoScope):
        await model.all()
    with pytest.raises(NoScope):
        await model.filter(id=None).count()


@pytest.mark.parametrize("model", [m for m in models() if issubclass(m, TenantModel)], ids=lambda model: model.__name__)
async def test_row_level_security_holds_where_the_manager_is_forgotten(
    model: type[Model], api: Api, database: Database
) -> None:
    from tortoise.queryset import QuerySet

    from tests.security.strangers import stranger_row

    ours, theirs = await api.plant(), await api.plant()
    await stranger_row(database.superuser_dsn, model.Meta.table, theirs.tenant_id)  # type: ignore[attr-defined]
    async with db.transaction(Scope.tenant(ours.tenant_id)):
        assert await QuerySet(model).count() == 0
    async with db.transaction(Scope.tenant(theirs.tenant_id)):
        assert await QuerySet(model).count() == 1
        assert await model.all().count() == 1
