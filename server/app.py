"""create_app(): the routes in the order a request meets them."""

import logging
from collections.abc import Iterable
from typing import Any, TypeAlias

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException

import admin
import miniprogram_api
from i18n import set_strict
from server import open_api
from server.core.errors import NotFound, Problem, Unavailable
from server.http import health, problems
from server.http.client import request_id_of
from server.http.guard import Guard, InternalError, language_of
from server.http.pages import wants_page
from server.http.routes import Route, RouteTable
from server.settings import Settings
from server.wiring import close_services, open_services

log = logging.getLogger("server.http")
App: TypeAlias = "Sanic[Any, Any]"


def tables() -> Iterable[RouteTable]:
    """Every route of every surface."""
    return (health.routes, *miniprogram_api.TABLES, *admin.TABLES, *open_api.TABLES)


def create_app(settings: Settings, name: str = "quality_trace") -> App:
    """The server of this settings object; connections are opened in the process that serves."""
    app = Sanic(name, strict_slashes=True, configure_logging=False)
    app.config.update(
        REQUEST_MAX_SIZE=settings.request_max_bytes, FALLBACK_ERROR_FORMAT="json", PROXIES_COUNT=settings.proxies_count or None,
        REAL_IP_HEADER=settings.real_ip_header, ACCESS_LOG=False, REQUEST_TIMEOUT=60, RESPONSE_TIMEOUT=60,
        KEEP_ALIVE_TIMEOUT=30, GRACEFUL_SHUTDOWN_TIMEOUT=15,
    )  # fmt: skip
    set_strict(settings.mode != "production")
    guard = Guard(settings.token_key, frozenset({settings.base_url, *settings.origins}), admin.page_error)
    for table in tables():
        for route in table:
            _add(app, guard, route)
    app.ctx.tables = tuple(tables())
    app.exception(Exception)(_unexpected)

    @app.before_server_start
    async def start(app: App) -> None:
        app.ctx.services = await open_services(settings)

    @app.after_server_stop
    async def stop(app: App) -> None:
        await close_services(app.ctx.services)

    return app


def _add(app: App, guard: Guard, route: Route) -> None:
    handler: Any = route.bare or guard.handler(route)
    methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
    app.add_route(handler, route.sanic_path, methods=methods, name=route.name.replace(".", "_"))


class MethodNotAllowed(Problem):
    status = 405
    code = "method_not_allowed"


class TooLarge(Problem):
    status = 413
    code = "too_large"


_BY_STATUS: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed, 413: TooLarge, 503: Unavailable}
_FOR_PROGRAMS = ("/api/", "/openapi.json", "/static/", "/files/")
_SCANNED = ("/t", "/01", "/s", "/recall", "/report", "/ticket")


def _in_the_office(request: Request) -> bool:
    """Whether it is an address of the back office, where pages alone are, and nobody asks for anything else by name."""
    accepted = request.headers.get("accept") or "*/*"
    return (request.path + "/").startswith("/admin/") and "*/*" in accepted


async def _unexpected(request: Request, error: Exception) -> HTTPResponse:
    """The answer to an error beside a route; to a wrong method with those that are right (RFC 9110, 15.5.6)."""
    answer = _answer_to(request, error)
    allowed = getattr(error, "headers", {}).get("Allow")
    if allowed:
        answer.headers["Allow"] = allowed
    return answer


def _answer_to(request: Request, error: Exception) -> HTTPResponse:
    """Errors before or beside a route: unknown path, wrong method, body too large, broken HTTP.

    Somebody with a browser gets a page of the surface he was on; programs get problem details.
    """
    status = error.status_code if isinstance(error, SanicException) else 500
    if status >= 500:
        log.error("unexpected error beside a route request=%s", request_id_of(request), exc_info=error)
    kind = _BY_STATUS.get(status, Problem if 400 <= status < 500 else InternalError)
    if not (wants_page(request) or _in_the_office(request)) or request.path.startswith(_FOR_PROGRAMS):
        return problems.render(kind(), language_of(request), request_id_of(request))
    scanned = request.path in _SCANNED or request.path.startswith(tuple(f"{prefix}/" for prefix in _SCANNED))
    return miniprogram_api.stray_page(kind(), request) if scanned else admin.stray_page(kind(), request)
