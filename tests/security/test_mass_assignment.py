"""Promise (T25): no body of any route takes a field it does not name: tenant, state, roles and the like cannot be slipped in."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from server.app import tables
from server.core.ids import new_id
from server.http.routes import Route
from tests.fixtures.api import Api

WITH_BODY: dict[str, Route] = {
    f"{route.method} {route.path}": route for table in tables() for route in table if route.body
}
SLIPPED = {"tenant_id": str(new_id()), "verified_by": "me", "released_by": "me", "is_admin": True, "created_at": "2020-01-01"}  # fmt: skip


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of an annotation and of all that it is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for argument in get_args(annotation):
        yield from models_in(argument)


@pytest.mark.parametrize("key", sorted(WITH_BODY))
def test_every_model_refuses_what_it_does_not_name(key: str) -> None:
    open_ones = {model.__name__ for model in models_in(WITH_BODY[key].body) if model.model_config.get("extra") != "forbid"}  # fmt: skip
    assert open_ones == set()


@pytest.mark.parametrize("field", sorted(SLIPPED))
async def test_a_slipped_in_field_is_named_and_refused(api: Api, field: str) -> None:
    plant = await api.plant()
    body = {"kind": "material", "sku": "R", "name": "R", "unit": "kg"}
    client = plant.client("quality_manager")
    refused = await client.post("/api/v1/products", json=body | {field: SLIPPED[field]})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (await client.post("/api/v1/products", json=body)).status_code == 201
