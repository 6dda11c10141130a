"""What these pages share: look, headers, the reader's language, and the words for "not now"."""

from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal

from sanic import HTTPResponse, Request

from i18n import negotiate
from miniprogram_api.consumer.page import STATIC as SCAN_STATIC
from server.core.errors import Unavailable
from server.core.presence import BUSY, GONE
from server.http.answers import Raw, Redirect
from server.http.pages import FORM_HEADERS, STATIC_HEADERS, Pages, StaticFiles
from server.http.routes import Call

FOLDER: Final = Path(__file__).parent
STATIC: Final = StaticFiles("/static/service", FOLDER / "static")
PAGES: Final = Pages([FOLDER / "templates"], STATIC)
PAGE: Final = "text/html; charset=utf-8"
_OWN = {"Cache-Control": "no-store", "Vary": "Accept-Language", "X-Robots-Tag": "noindex"}
HEADERS: Final = FORM_HEADERS | _OWN
LOCATING_HEADERS: Final = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'",
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("geolocation=()", "geolocation=(self)"),
}
"""Of the one page with a script: it asks where the person is when he taps, and tells nobody but the page itself."""

WINDOW_SECONDS: Final = 60
AWAY: tuple[type[BaseException], ...] = (Unavailable, *GONE, *BUSY)
Handler = Callable[[Call], Awaitable[Raw | Redirect]]
Notice = Literal["wait", "away", "gone", "many", "too_large"]


def language_of(call: Call) -> str:
    """What was chosen on the page (`?lang=`), else what the browser asks for; the cookie of the back office is not read."""
    chosen = call.request.args.get("lang") if call.request.query_string else None
    return chosen if chosen in ("zh_CN", "en") else negotiate(call.request.headers.get("accept-language"))


def show(call: Call, template: str, *, status: int = 200, locating: bool = False, **context: Any) -> Raw:
    """A page in the reader's language."""
    language = language_of(call)
    shared = {
        "scan_css": SCAN_STATIC.url("scan.css"),
        "icon": SCAN_STATIC.url("icon.svg"),
        "other": other_language(call, language),
    }
    body = PAGES.render(template, language, **shared, **context)
    return Raw(body.encode(), PAGE, status, LOCATING_HEADERS if locating else HEADERS)


def other_language(call: Call, language: str) -> str | None:
    """The same page in the other language; None for the answer to a form, which has no address of its own."""
    if call.request.method != "GET":
        return None
    return f"{call.request.path}?lang={'en' if language == 'zh_CN' else 'zh_CN'}"


def notice(call: Call, what: Notice, status: int, wait_seconds: int | None = None) -> Raw:
    """One page for all that cannot be done, or not now."""
    page = show(call, "notice.html", status=status, what=what)
    if wait_seconds is None:
        return page
    return Raw(page.body, page.media_type, page.status, {**page.headers, "Retry-After": str(wait_seconds)})


def stray_service(request: Request, status: int) -> HTTPResponse:
    """For an address below these that is none, a form too large to be taken in, or a fault of ours."""
    what: Notice = "away" if status >= 500 else "too_large" if status == 413 else "gone"
    language = negotiate(request.headers.get("accept-language"))
    body = PAGES.render(
        "notice.html",
        language,
        scan_css=SCAN_STATIC.url("scan.css"),
        icon=SCAN_STATIC.url("icon.svg"),
        other=None,
        what=what,
    )
    return HTTPResponse(body.encode(), status, HEADERS, PAGE)


def guarded(handler: Handler) -> Handler:
    """A database that is away is said in words."""

    @wraps(handler)
    async def answer(call: Call) -> Raw | Redirect:
        try:
            return await handler(call)
        except AWAY:
            return notice(call, "away", 503, 2)

    return answer


async def static_file(request: Request, name: str) -> HTTPResponse:
    file = STATIC.get(name)
    if file is None:
        return HTTPResponse(b"", 404, {"Cache-Control": "no-store"}, "text/plain")
    return HTTPResponse(file.body, 200, STATIC_HEADERS, file.content_type)
