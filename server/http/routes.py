"""The route table: path, model and permission of everything we serve. Router, guard, OpenAPI and tests all read it."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from sanic import Request

from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import parse_id

PUBLIC = "public"  # no sign-in; the handler opens its own transactions
SIGNED_IN = "signed_in"  # anybody signed in, whatever the role

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Call:
    """One request, after the guard let it in."""

    request: Request
    path: dict[str, str]
    query: Any
    language: str
    request_id: str
    services: Any
    actor: Actor = field(default=None)  # type: ignore[assignment]  # empty on public routes only
    masks_secrets: bool = False  # regulators, and the enterprise looking with its authority's eyes

    def id(self, name: str = "id") -> UUID:
        """A path parameter that must be an id; anything else names nothing."""
        parsed = parse_id(self.path[name])
        if parsed is None:
            raise NotFound
        return parsed


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. `path` has OpenAPI braces: `/api/v1/lots/{id}`."""

    method: Method
    path: str
    name: str
    permission: str
    handler: Handler
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    media_in: str | None = None  # of a body that is bytes; the handler reads call.request.body
    upload: bool = False  # multipart/form-data; the handler reads call.request.files
    example: Any = None  # of the body; with the paths' examples it works against the demo
    path_example: Mapping[str, str] = field(default_factory=dict)  # where the usual one of a parameter does not fit
    own_transaction: bool = False  # the handler opens transactions itself (long steps, bare paths)
    keyed: bool = False  # of one with transactions of its own: its answer is kept under the key, once all is done
    bare: Callable[..., Awaitable[Any]] | None = None  # the scan path: no guard at all

    @property
    def sanic_path(self) -> str:
        return re.sub(r"{(\w+)}", r"<\1>", self.path)

    @property
    def is_page(self) -> bool:
        return self.media_type == "text/html"


class RouteTable:
    """The routes of one surface file, in the order they were declared."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def add(self, method: Method, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            name = f"{self.tag}.{handler.__name__}"
            self.routes.append(Route(method, path, name, permission, handler, **options))
            return handler

        return register

    def get(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("GET", path, permission=permission, **options)

    def post(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("POST", path, permission=permission, **options)

    def put(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("PUT", path, permission=permission, **options)

    def patch(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("PATCH", path, permission=permission, **options)

    def delete(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("DELETE", path, permission=permission, **options)
