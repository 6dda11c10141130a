"""`/{name}.txt`, `/t/{name}.txt`, `/t/{space}/{name}.txt`: the files by which WeChat and Alipay see that an address is ours."""

import re
from typing import Any

from sanic import HTTPResponse, Request
from sanic.exceptions import NotFound

from server.core.errors import Unavailable
from server.domains.scans import verification_text
from server.http.client import address_of
from server.http.routes import PUBLIC, RouteTable

routes = RouteTable("verification")
ENDING = ".txt"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,79}\.txt")
WINDOW_SECONDS, TRIES = 60, 60
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


async def file_at(request: Request, folder: str, name: str) -> HTTPResponse | None:
    """The file that lies there; None where none does, and that may be asked for so often in a minute and no more."""
    if not _NAME.fullmatch(name):
        return None
    services = request.app.ctx.services
    if await services.limiter.use(f"verify:{address_of(request)}", limit=TRIES, window_seconds=WINDOW_SECONDS):
        return HTTPResponse(b"", 429, HEADERS | {"Retry-After": str(WINDOW_SECONDS)}, "text/plain; charset=utf-8")
    try:
        text = await verification_text(services.public_pool, request.host, folder, name)
    except Unavailable:
        return HTTPResponse(b"", 503, HEADERS | {"Retry-After": "2"}, "text/plain; charset=utf-8")
    return None if text is None else HTTPResponse(text.encode(), 200, HEADERS, "text/plain; charset=utf-8")


async def root_file(request: Request, file: str) -> HTTPResponse:
    """At the root of the host; any other name there is an address that does not exist."""
    found = await file_at(request, "", file)
    if found is None:
        raise NotFound
    return found


_file: dict[str, Any] = {"permission": PUBLIC, "media_type": "text/plain"}
routes.get("/{file}", bare=root_file, **_file)(root_file)
