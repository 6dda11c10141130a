"""An internal label: staff who are signed in go on to its lot, anybody else learns whose it is, and nothing more."""

from urllib.parse import quote

from sanic import HTTPResponse, Request

from i18n import text
from miniprogram_api.consumer.answers import Answer
from miniprogram_api.consumer.page import PAGES
from miniprogram_api.consumer.responses import PAGE_HEADERS, JsonResponse, PageResponse
from server.http.guard import SESSION_COOKIE

STAFF_PATH = "/admin/scan/"


def internal_answer(request: Request, code: str, owner: str, language: str, *, is_api: bool) -> HTTPResponse:
    """For a browser with a session the way to the lot, where that session is checked; else the owner's name."""
    path = STAFF_PATH + quote(code, safe="")
    if is_api:
        words = {
            "title": text("scan.internal.verdict", language),
            "explain": text("scan.internal.explain", language, owner=owner),
        }
        return JsonResponse(Answer(kind=None, status="internal", **words).model_dump_json().encode())
    if request.cookies.get(SESSION_COOKIE) and "visitor" not in request.args:
        return HTTPResponse(b"", 303, PAGE_HEADERS | {"Location": path})
    return PageResponse(PAGES.render("internal.html", language, owner=owner, path=path).encode())
