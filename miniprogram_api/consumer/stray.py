"""An address of the scan, or of a partner's link, that holds no code, or cannot be served: a page that casts no doubt on any product."""

from sanic import HTTPResponse, Request

from i18n import negotiate
from miniprogram_api.consumer.page import PAGES
from miniprogram_api.consumer.responses import PAGE_HEADERS
from miniprogram_api.consumer.service.frame import stray_service
from miniprogram_api.partner.delivery import stray_link
from server.core.errors import Problem

SERVICE = ("/recall", "/report", "/ticket")


def stray_page(problem: Problem, request: Request) -> HTTPResponse:
    """The words for it in the reader's language, with the problem's own status."""
    if request.path.startswith(SERVICE):
        return stray_service(request, problem.status)
    if request.path.startswith("/s/"):
        words = negotiate(request.headers.get("accept-language"))
        return stray_link(words, problem.status)
    reason = "unavailable" if problem.status >= 500 else "no_code"
    body = PAGES.render("wait.html", negotiate(request.headers.get("accept-language")), reason=reason)
    return HTTPResponse(body.encode(), problem.status, PAGE_HEADERS, "text/html; charset=utf-8")
