"""OpenAPI 3.1 from the route tables: what is served is what is documented. Schemas are JSON Schema 2020-12 by pydantic."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from server.domains.access.permissions import ROLES
from server.http.routes import PUBLIC, Route, RouteTable

_REF = "#/components/schemas/{model}"
_PREFIXES = ("/api/", "/healthz", "/readyz", "/openapi.json")
Mode = Literal["validation", "serialization"]
Schema = dict[str, Any]

_DESCRIPTION = """Quality traceability: lots, links, records, releases, codes, scans.

Errors are RFC 9457 problem details: `code` is stable, `title` is translated (`Accept-Language`: zh-CN or en).
A POST may be repeated safely under one `Idempotency-Key`: the same body gets the first answer again, another body 422,
a key that is being worked on 409 with `Retry-After`. Ids are UUIDs; another enterprise's object is 404, as a missing one.
Quantities and measures are decimal strings. Lists are paged: pass `next` of one page as `after` of the following.
The examples work as they stand against the demo (`make demo`); "…" is for one's own password or token.
"""


class FieldProblem(BaseModel):
    """One input at fault."""

    field: str
    code: str
    text: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:quality-trace:problem:not_found"])
    title: str
    status: int
    code: str = Field(examples=["not_found"])
    request_id: str
    errors: list[FieldProblem] = []


def document(tables: Iterable[RouteTable], base_url: str, examples: Mapping[str, str] | None = None) -> Schema:
    """The whole description, for the routes of the API (pages are not in it). `examples` of parameters: see _give_examples."""
    routes = [(table.tag, route) for table in tables for route in table if route.path.startswith(_PREFIXES)]
    names, schemas = _schemas(route for _, route in routes)
    paths: Schema = {}
    for tag, route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(tag, route, names, schemas)
    _give_examples(paths, examples or {})
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Quality traceability", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": base_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag for tag, _ in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": _json("Problem details", {"$ref": names[Problem, "serialization"]}, problem=True)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _give_examples(paths: Schema, examples: Mapping[str, str]) -> None:
    """Each parameter has an example: its own; else the usual one of its name, of a path by the word before it, for one
    list or kind of thing (`customers.code`) before all others; else what its schema says."""
    for path, operations in paths.items():
        usual = {name: word for word, name in re.findall(r"([\w-]+)/{(\w+)}", path)}
        thing = [word for word in path.split("/") if word and "{" not in word][-1]
        for operation in operations.values():
            for parameter in operation["parameters"]:
                in_path = parameter["in"] == "path"
                name = usual[parameter["name"]] if in_path else parameter["name"]
                found = examples.get(f"{thing}.{name}") or examples.get(name)
                if found is None and not in_path:
                    found = _example_of(parameter["schema"])
                if found is not None:
                    parameter.setdefault("example", found)


def _example_of(schema: Schema) -> Any:
    """Any value that fits, the one that stands where nothing is said first; None where the schema tells of none."""
    if schema.get("default") is not None:
        return schema["default"]
    for one in schema.get("anyOf", ()):
        if (found := _example_of(one)) is not None:
            return found
    if schema.get("enum"):
        return schema["enum"][0]
    return {"boolean": False, "integer": max(schema.get("minimum", 1), 1)}.get(schema.get("type", ""))


def _schemas(routes: Iterable[Route]) -> tuple[dict[tuple[type[BaseModel], Mode], str], Schema]:
    """References by model and mode, and the schemas they point to."""
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(Problem, "serialization"): None}
    for route in routes:
        for model, mode in _models(route):
            wanted[model, mode] = None
    by_model, definitions = models_json_schema(list(wanted), ref_template=_REF)
    _drop_empty_defaults(definitions)
    return {key: value["$ref"] for key, value in by_model.items()}, definitions.get("$defs", {})  # type: ignore[misc]


def _drop_empty_defaults(node: Any) -> None:
    """`null` or an empty text only says "may be left out", and is wrong beside a type that does not allow it."""
    if isinstance(node, dict):
        if node.get("default", 0) in (None, ""):
            del node["default"]
        for value in node.values():
            _drop_empty_defaults(value)
    elif isinstance(node, list):
        for value in node:
            _drop_empty_defaults(value)


def _models(route: Route) -> Iterator[tuple[type[BaseModel], Mode]]:
    if route.body:
        yield route.body, "validation"
    if route.query:
        yield route.query, "validation"
    if route.returns:
        yield route.returns, "serialization"


def _operation(tag: str, route: Route, names: dict[Any, str], schemas: Schema) -> Schema:
    summary, _, rest = _words(route).partition("\n")
    operation: Schema = {
        "operationId": route.name,
        "tags": [tag],
        "summary": summary.rstrip("."),
        "parameters": [*_path_parameters(route), *_query_parameters(route, names, schemas), *_common_parameters(route)],
        "responses": _responses(route, names),
        "security": [] if route.permission == PUBLIC else [{"bearer": []}, {"apiKey": []}],
    }
    if rest.strip():
        operation["description"] = f"{summary}\n{rest}".strip()
    if body := _body(route, names, schemas):
        operation["requestBody"] = body
    return operation


def _words(route: Route) -> str:
    """The handler's docstring, else its name in words: `list_lots` is "List lots"."""
    return inspect.getdoc(route.handler) or route.handler.__name__.replace("_", " ").capitalize()


def _body(route: Route, names: dict[Any, str], schemas: Schema) -> Schema | None:
    if route.upload:
        return {"required": True, "content": {"multipart/form-data": {"schema": _form(route, names, schemas)}}}
    if route.media_in:
        return {"required": True, "content": {route.media_in: {}}}
    if route.body is None:
        return None
    content: Schema = {"schema": {"$ref": names[route.body, "validation"]}}
    if route.example is not None:
        content["example"] = route.example
    return {"required": True, "content": {"application/json": content}}


def _form(route: Route, names: dict[Any, str], schemas: Schema) -> Schema:
    """A file, and the fields of the body's model beside it where the route has one."""
    model: Schema = schemas[names[route.body, "validation"].rsplit("/", 1)[-1]] if route.body else {}
    properties = {"file": {"type": "string", "format": "binary"}, **model.get("properties", {})}
    return {"type": "object", "properties": properties, "required": ["file", *model.get("required", ())]}


def _path_parameters(route: Route) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", route.path):
        schema = {"type": "string", "format": "uuid"} if name == "id" or name.endswith("_id") else {"type": "string"}
        parameter = {"name": name, "in": "path", "required": True, "schema": schema}
        if name in route.path_example:
            parameter["example"] = route.path_example[name]
        yield parameter


def _query_parameters(route: Route, names: dict[Any, str], schemas: Schema) -> Iterator[Schema]:
    """Each field of the query model is a parameter of its own."""
    if route.query is None:
        return
    model = schemas[names[route.query, "validation"].rsplit("/", 1)[-1]]
    for name, schema in model.get("properties", {}).items():
        parameter = {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": schema}
        if "description" in schema:
            parameter["description"] = schema["description"]
        yield parameter


def _common_parameters(route: Route) -> Iterator[Schema]:
    """What the guard reads of every request of a kind."""
    if _takes_key(route):
        text = {"type": "string", "minLength": 1, "maxLength": 200}
        note = (
            "Sent with every attempt of one write: the same key and body get the first answer again (`Idempotency-Replayed`), "
            "another body 422, a key that is being worked on 409 with `Retry-After`."
        )
        key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": text, "description": note}
        yield key | {"example": f"{route.name}-1"}  # each its own: one key stands for one request
    if (
        route.method == "GET"
        and route.permission in ROLES["regulator"]
        and not route.permission.startswith("regulator.")
    ):
        uuid, eyes = {"type": "string", "format": "uuid"}, {"type": "string", "enum": ["authority"]}
        note = "For regulators: the enterprise whose data is read (and logged)."
        yield {"name": "enterprise", "in": "query", "required": False, "schema": uuid, "description": note}
        note = "For an enterprise: exactly what its authority sees."
        yield {"name": "as", "in": "query", "required": False, "schema": eyes, "description": note}


def _takes_key(route: Route) -> bool:
    """A write that the guard carries out, once for each key."""
    return route.method == "POST" and route.permission != PUBLIC and (not route.own_transaction or route.keyed)


def _responses(route: Route, names: dict[Any, str]) -> Schema:
    responses: Schema = {str(route.status): _success(route, names)}
    expected = ["422"] if route.body or route.query or _takes_key(route) else []
    expected += ["401", "403"] if route.permission != PUBLIC else []
    expected += ["404"] if "{" in route.path else []
    expected += ["409"] if route.method != "GET" and route.permission != PUBLIC else []
    for status in sorted(expected):
        responses[status] = {"$ref": "#/components/responses/Problem"}
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    return responses


def _success(route: Route, names: dict[Any, str]) -> Schema:
    if route.status == 204:
        return {"description": "Done; nothing to say"}
    if route.returns:
        return _json("Done", {"$ref": names[route.returns, "serialization"]})
    if route.media_type == "application/json" and not route.bare:
        return {"description": "Done", "content": {"*/*": {}}}
    return {"description": "Done", "content": {route.media_type: {}}}


def _json(description: str, schema: Schema, *, problem: bool = False) -> Schema:
    media_type = "application/problem+json" if problem else "application/json"
    return {"description": description, "content": {media_type: {"schema": schema}}}
