"""Problems of pages: a person reads a sentence and finds a way on; an ended session is renewed unseen."""

from urllib.parse import urlencode

from sanic import HTTPResponse, Request

from admin.frame import plain
from admin.navigation import page_of
from i18n import has_key, text
from server.core.errors import Invalid, Problem, Unauthenticated
from server.domains.access.actors import PasswordChangeRequired
from server.http import answers, problems
from server.http.client import request_id_of
from server.http.guard import language_of
from server.http.pages import ADMIN_HEADERS
from server.http.routes import Call

HOME = "/admin"


async def page_error(problem: Problem, call: Call) -> HTTPResponse:
    """Pages of other surfaces get problem details; ours a page, or the way to sign in."""
    if not call.request.path.startswith(HOME):
        return problems.render(problem, call.language, call.request_id)
    if isinstance(problem, PasswordChangeRequired):
        return _elsewhere("/admin/password", 303)
    if isinstance(problem, Unauthenticated):
        return _renew(call)
    if isinstance(problem, Invalid) and any(error.code == "enterprise_required" for error in problem.errors):
        return _elsewhere(HOME, 303)
    return _page(problem, call)


def stray_page(problem: Problem, request: Request) -> HTTPResponse:
    """The same for an address that no route serves, or not by this method."""
    return _page(
        problem, Call(request, {}, None, language_of(request), request_id_of(request), request.app.ctx.services)
    )


def _page(problem: Problem, call: Call) -> HTTPResponse:
    """What happened, what to do, and a way back. Nothing of the address is repeated beyond its own folder."""
    title = f"admin.error.title.{problem.status}"
    advice = f"admin.error.advice.{problem.status}"
    raw = plain(
        call,
        "error.html",
        status=problem.status,
        title=text(title, call.language)
        if has_key(title)
        else problems.said(problem.code, call.language, problem.params),
        text=problems.said(problem.code, call.language, problem.params),
        advice=text(advice, call.language) if has_key(advice) else None,
        details=[problems.said(e.code, call.language, e.params) for e in problem.errors],
        code=problem.code,
        request_id=call.request_id if problem.status >= 500 else None,
        languages=[],  # a stranger's page and a missing one are the same
        up=page_of(call) if problem.status == 405 else None,
        again=page_of(call) if problem.status >= 500 and call.request.method == "GET" else None,
        home=HOME,
    )
    extra = {"Cache-Control": "no-store", "X-Request-Id": call.request_id}
    if problem.retry_after_seconds is not None:
        extra["Retry-After"] = str(problem.retry_after_seconds)
    return answers.respond(raw, problem.status, extra)


def _renew(call: Call) -> HTTPResponse:
    """By the one path that sees the refresh cookie, and back here; 307 keeps the form that was being sent.

    A part of a page that htmx asked for is not filled with a sign-in form: the whole page is loaded again.
    """
    if call.request.headers.get("hx-request"):
        return HTTPResponse(b"", 204, {"HX-Refresh": "true", "Cache-Control": "no-store"})
    query = call.request.query_string
    here = call.request.path + (f"?{query}" if query else "")
    return _elsewhere("/admin/session?" + urlencode({"next": here}), 303 if call.request.method == "GET" else 307)


def _elsewhere(location: str, status: int) -> HTTPResponse:
    headers = {**ADMIN_HEADERS, "Cache-Control": "no-store", "Location": location}
    return HTTPResponse(b"", status, headers)
