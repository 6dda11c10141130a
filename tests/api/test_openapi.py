"""Promise: /openapi.json is valid OpenAPI 3.1, names every API route, and its examples fit the models they illustrate."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from server.app import tables
from server.http.openapi import document
from server.http.routes import Route
from tests.fixtures.api import Api

WITH_EXAMPLE = [route for table in tables() for route in table if route.example is not None and route.body]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(tables(), "http://127.0.0.1:8000")


async def test_it_is_served_and_valid(api: Api) -> None:
    answer = await api.anonymous.get("/openapi.json")
    assert answer.status_code == 200
    served = answer.json()
    assert served["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(served).validate()


def test_every_api_route_is_described(described: dict[str, Any]) -> None:
    for table in tables():
        for route in table:
            if route.path.startswith("/api/"):
                assert route.method.lower() in described["paths"][route.path], route.path


def test_every_operation_says_what_it_does_in_words_of_its_own(described: dict[str, Any]) -> None:
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert [o["operationId"] for o in operations if not o["summary"]] == []
    assert len({o["operationId"] for o in operations}) == len(operations)


def test_every_reference_points_somewhere(described: dict[str, Any]) -> None:
    for pointer in set(re.findall(r"'\$ref': '#/([^']*)'", str(described))):
        place: Any = described
        for part in pointer.split("/"):
            place = place[part]


@pytest.mark.parametrize("route", WITH_EXAMPLE, ids=lambda route: f"{route.method} {route.path}")
def test_examples_fit_their_models(route: Route) -> None:
    assert route.body is not None
    route.body.model_validate(route.example)
