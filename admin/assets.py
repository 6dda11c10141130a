"""Style sheet, scripts and pictures of the back office, by content digest."""

from pathlib import Path

from server.core.errors import NotFound
from server.http.answers import Raw
from server.http.pages import STATIC_HEADERS, Pages, StaticFiles
from server.http.routes import PUBLIC, Call, RouteTable

FOLDER = Path(__file__).parent
STATIC = StaticFiles("/static/admin", FOLDER / "static")
PAGES = Pages([FOLDER / "templates"], STATIC)

routes = RouteTable("admin_static")


@routes.get("/static/admin/{name}", permission=PUBLIC, media_type="application/octet-stream")
async def own_file(call: Call) -> Raw:
    return _file(call.path["name"])


@routes.get("/static/admin/vendor/{name}", permission=PUBLIC, media_type="application/octet-stream")
async def vendor_file(call: Call) -> Raw:
    return _file(f"vendor/{call.path['name']}")


def _file(name: str) -> Raw:
    file = STATIC.get(name)
    if file is None:
        raise NotFound
    return Raw(file.body, file.content_type, headers=STATIC_HEADERS)
