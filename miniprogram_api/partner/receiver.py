"""Opened from a symbol on paper, without an account: `/d/…` confirms a document, `/r/…` shows a receiver the papers of one
shipment. No script, nothing to send, nothing but what the symbol stands for."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sanic import HTTPResponse, Request

from i18n import negotiate
from server.core import db
from server.core.errors import NotFound, Unavailable
from server.core.ids import parse_id
from server.core.presence import BUSY, GONE
from server.domains import reports
from server.http.client import address_of
from server.http.pages import READ_ONLY_HEADERS, Pages, StaticFiles
from server.http.routes import PUBLIC, RouteTable

log = logging.getLogger("server.receiver")
routes = RouteTable("receiver")
FOLDER: Final = Path(__file__).parent
STATIC: Final = StaticFiles("/static/receiver", FOLDER / "receiver_static")
PAGES: Final = Pages([FOLDER / "receiver_templates"], STATIC)
HEADERS: Final = READ_ONLY_HEADERS | {"Cache-Control": "no-store", "Vary": "Accept-Language", "X-Robots-Tag": "noindex"}
FILE_HEADERS: Final = HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
WINDOW_SECONDS: Final = 60
PAGES_PER_ADDRESS: Final = 120
"""Pages one address opens in a minute; many people stand behind one address of a mobile network."""
DOWNLOADS_PER_LINK: Final = 20
"""Of everything at once, in a minute: it is the one answer that costs more than a page."""

_PART: Final = re.compile(r"[1-9][0-9]{0,3}")
AWAY: tuple[type[BaseException], ...] = (Unavailable, *GONE, *BUSY)
Handler = Callable[..., Awaitable[HTTPResponse]]


def _page(template: str, language: str, status: int = 200, **context: object) -> HTTPResponse:
    body = PAGES.render(template, language, **context)
    return HTTPResponse(body.encode(), status, HEADERS, "text/html; charset=utf-8")


def _language(request: Request) -> str:
    """The reader's browser decides; `?lang=` from the link on the page goes before it."""
    chosen = request.args.get("lang") if request.query_string else None
    return chosen if chosen in ("zh_CN", "en") else negotiate(request.headers.get("accept-language"))


def _wait(language: str, status: int, seconds: int) -> HTTPResponse:
    answer = _page("notice.html", language, status, reason="wait")
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _guarded(handler: Handler) -> Handler:
    """Counts by address, and says "not now" or "not here" in words where that is all there is to say."""

    @wraps(handler)
    async def answer(request: Request, **path: str) -> HTTPResponse:
        language = _language(request)
        limiter = request.app.ctx.services.limiter
        bucket = f"receiver:{address_of(request)}"
        try:
            if wait := await limiter.use(bucket, limit=PAGES_PER_ADDRESS, window_seconds=WINDOW_SECONDS):
                return _wait(language, 429, wait)
            return await handler(request, language, **path)
        except NotFound:
            return _page("notice.html", language, 404, reason="gone")
        except AWAY:
            return _wait(language, 503, 2)
        except Exception:
            log.exception("receiver's page not answered")
            return _wait(language, 503, 2)

    return answer


@_guarded
async def confirm_page(request: Request, language: str, token: str) -> HTTPResponse:
    """Whether we issued this document, and whether it is the newest version: nothing else of it."""
    found = await reports.confirm(request.app.ctx.services.public_pool, token)
    about = None if found is None else reports.KINDS[found.kind].subject
    status = 404 if found is None else 200
    return _page("confirm.html", language, status, found=found, about=about)


async def _opened(request: Request, token: str) -> reports.Opened:
    """NotFound where the link opens nothing, for whatever reason."""
    services = request.app.ctx.services
    found = await reports.open_link(services.public_pool, token, services.settings.token_key)
    if found is None:
        raise NotFound
    return found


@_guarded
async def papers_page(request: Request, language: str, token: str) -> HTTPResponse:
    opened = await _opened(request, token)
    async with db.transaction(db.Scope.tenant(opened.tenant_id)):
        papers = await reports.papers_of(opened.tenant_id, opened.shipment_id, language)
    return _page("receiver.html", language, papers=papers, base=f"/r/{token}", expires_at=opened.expires_at)


@_guarded
async def paper_file(request: Request, language: str, token: str, file: str) -> HTTPResponse:
    """One report or licence of this shipment."""
    opened, file_id = await _opened(request, token), parse_id(file)
    if file_id is None:
        raise NotFound
    box = request.app.ctx.services.files
    async with db.transaction(db.Scope.tenant(opened.tenant_id)):
        found, body = await reports.read_paper(opened.tenant_id, box, opened.shipment_id, file_id, language)
    return HTTPResponse(body, 200, FILE_HEADERS | _named(found.name, "inline"), found.media_type)


@_guarded
async def all_files(request: Request, language: str, token: str) -> HTTPResponse:
    """Everything the page shows, in one file, or the part of it that is asked for where it is too much for one."""
    services, opened = request.app.ctx.services, await _opened(request, token)
    asked = request.args.get("part", "1")
    if not _PART.fullmatch(asked):
        raise NotFound
    bucket = f"receiver:all:{opened.link_id}"
    if wait := await services.limiter.use(bucket, limit=DOWNLOADS_PER_LINK, window_seconds=WINDOW_SECONDS):
        return _wait(language, 429, wait)
    async with db.transaction(db.Scope.tenant(opened.tenant_id)):
        papers = await reports.papers_of(opened.tenant_id, opened.shipment_id, language)
        parts, files = await reports.all_papers(
            opened.tenant_id, services.files, opened.shipment_id, language, int(asked)
        )
    body = await asyncio.to_thread(reports.zip_of, files)
    name = f"{papers.shipment_no}.zip" if parts == 1 else f"{papers.shipment_no}_{asked}-{parts}.zip"
    return HTTPResponse(body, 200, FILE_HEADERS | _named(name, "attachment"), "application/zip")


def _named(name: str, how: str) -> dict[str, str]:
    return {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}"}


async def static_file(request: Request, name: str) -> HTTPResponse:
    return STATIC.answer(request, name)


def _declare() -> None:
    page: dict[str, Any] = {"permission": PUBLIC, "media_type": "text/html"}
    routes.get("/d/{token}", bare=confirm_page, **page)(confirm_page)
    routes.get("/r/{token}", bare=papers_page, **page)(papers_page)
    file: dict[str, Any] = {"permission": PUBLIC, "media_type": "application/octet-stream"}
    routes.get("/r/{token}/files/{file}", bare=paper_file, **file)(paper_file)
    routes.get("/r/{token}/all.zip", bare=all_files, **file)(all_files)
    routes.get(f"{STATIC.prefix}/{{name}}", bare=static_file, **file)(static_file)


_declare()
