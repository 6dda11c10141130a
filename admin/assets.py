"""Style sheet, scripts and pictures of the back office, by content digest."""

from pathlib import Path
from typing import Any

from sanic import HTTPResponse, Request

from server.http.pages import Pages, StaticFiles
from server.http.routes import PUBLIC, RouteTable

FOLDER = Path(__file__).parent
STATIC = StaticFiles("/static/admin", FOLDER / "static")
PAGES = Pages([FOLDER / "templates"], STATIC)

routes = RouteTable("admin_static")


async def static_file(request: Request, name: str) -> HTTPResponse:
    return STATIC.answer(request, name)


async def vendor_file(request: Request, name: str) -> HTTPResponse:
    return STATIC.answer(request, f"vendor/{name}")


_file: dict[str, Any] = {"permission": PUBLIC, "media_type": "application/octet-stream"}
routes.get("/static/admin/{name}", bare=static_file, **_file)(static_file)
routes.get("/static/admin/vendor/{name}", bare=vendor_file, **_file)(vendor_file)
