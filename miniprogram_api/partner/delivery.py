"""`/s/{token}`: a supplier's link for one delivery. No account, no cookie: who holds the address may enter lots of this
delivery, and that is all its actor may do. Whatever is wrong with a link, the answer is one and the same."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from pydantic import ValidationError
from sanic import HTTPResponse, Request
from sanic.request import File

from miniprogram_api.partner.delivery_page import HEADERS, STATIC, Entry, Message, Shown, delivery_page, message_page
from server.core import constraints, db
from server.core.actor import Actor
from server.core.errors import Problem
from server.core.presence import BUSY, GONE
from server.domains import chain, quality
from server.http import problems
from server.http.answers import Raw, Redirect
from server.http.client import address_of
from server.http.routes import PUBLIC, Call, RouteTable

log = logging.getLogger("server.partner")
routes = RouteTable("partner")
PAGE = "text/html; charset=utf-8"
WINDOW_SECONDS = 60
READS, WRITES, MISSES = 60, 20, 60  # a minute: of one link, of one link, of one address
_FIELDS = ("product_id", "supplier_lot_no", "quantity", "produced_on", "expires_on")
_SAVED = "saved"


@routes.get("/s/{token}", permission=PUBLIC, media_type="text/html")
async def open_link(call: Call) -> Raw | Redirect:
    return await _guarded(call, READS, _show)


@routes.post("/s/{token}", permission=PUBLIC, media_type="text/html")
async def enter_lot(call: Call) -> Raw | Redirect:
    return await _guarded(call, WRITES, _enter)


async def _guarded(
    call: Call, limit: int, act: Callable[[Call, UUID], Awaitable[Raw | Redirect | None]]
) -> Raw | Redirect:
    """Within the limits of its link, or, where the link is none, of its address; a fault of ours is a page as well."""
    token, method, limiter = call.path["token"], call.request.method, call.services.limiter
    try:
        answer: Raw | Redirect | None = None
        tenant_id = chain.tenant_of_token(token, call.services.settings.token_key)
        if tenant_id is not None:
            bucket = f"partner:{method}:{chain.digest_of_token(token).hex()[:32]}"
            if wait := await limiter.use(bucket, limit=limit, window_seconds=WINDOW_SECONDS):
                return _message("wait", call, 429, wait)
            answer = await act(call, tenant_id)
        if answer is not None:
            return answer
        bucket = f"partner:miss:{address_of(call.request)}"
        if wait := await limiter.use(bucket, limit=MISSES, window_seconds=WINDOW_SECONDS):
            return _message("wait", call, 429, wait)
        return _message("ended", call, 404)
    except (*GONE, *BUSY):
        return _message("away", call, 503, 2)


def _message(message: Message, call: Call, status: int, wait: int | None = None) -> Raw:
    headers = HEADERS if wait is None else HEADERS | {"Retry-After": str(wait)}
    return Raw(message_page(message, call.language), PAGE, status, headers)


async def _show(call: Call, tenant_id: UUID) -> Raw | None:
    async with db.transaction(db.Scope.tenant(tenant_id)):
        found = await chain.actor_of_link(tenant_id, call.path["token"], call.request_id, call.language)
        if found is None:
            return None
        shown = await _shown(tenant_id, found[1])
    return _page(call, shown, Entry(dict.fromkeys(_FIELDS, ""), saved=_SAVED in call.request.args))


async def _shown(tenant_id: UUID, delivery_id: UUID) -> Shown:
    buyer = await db.fetchval("SELECT name FROM tenant WHERE id = $1", tenant_id)
    return Shown.of(buyer, await chain.delivery(tenant_id, delivery_id))


def _page(call: Call, shown: Shown, entry: Entry) -> Raw:
    most = call.services.settings.attachment_max_bytes // (1024 * 1024)
    body = delivery_page(call.language, shown, entry, f"/s/{call.path['token']}", most)
    return Raw(body, PAGE, 422 if entry.wrong else 200, HEADERS)


async def _enter(call: Call, tenant_id: UUID) -> Raw | Redirect | None:
    form: Mapping[str, list[str]] = dict(call.request.form or {})
    given = {name: (form.get(name) or [""])[0].strip() for name in _FIELDS}
    wrong: Mapping[str, str]
    try:
        async with db.transaction(db.Scope.tenant(tenant_id)):
            found = await chain.actor_of_link(tenant_id, call.path["token"], call.request_id, call.language)
            if found is None:
                return None
            await _store(call, *found, given)
        return Redirect(f"/s/{call.path['token']}?{_SAVED}=1", HEADERS)
    except (Problem, ValidationError) as error:
        wrong = _words(error, call.language)
    except Exception as error:
        known = constraints.problem_of(error)
        if known is None:
            raise
        wrong = _words(known, call.language)
    async with db.transaction(db.Scope.tenant(tenant_id)):
        found = await chain.actor_of_link(tenant_id, call.path["token"], call.request_id, call.language)
        if found is None:
            return None
        shown = await _shown(tenant_id, found[1])
    return _page(call, shown, Entry(given, wrong))


async def _store(call: Call, actor: Actor, delivery_id: UUID, given: Mapping[str, str]) -> None:
    """One lot, with its report where one was sent. The file is stored first, in the same transaction."""
    command = chain.AnnouncedLot.model_validate({name: value for name, value in given.items() if value})
    report = _file(call.request)
    report_id = None
    if report is not None:
        services = call.services
        made = await quality.store_attachment(
            actor,
            services.files,
            report.body,
            report.name or "report",
            None,
            most_bytes=services.settings.attachment_max_bytes,
        )
        report_id = made.id
    await chain.announce_lot(actor, delivery_id, command, report_id)


def _file(request: Request) -> File | None:
    """The chosen file; a browser sends an empty one where none was chosen."""
    file = request.files.get("report") if request.files else None
    return file if isinstance(file, File) and file.body else None


def _words(error: Problem | ValidationError, language: str) -> dict[str, str]:
    """What is wrong with which field, in the reader's words; what names no field stands at the lot number."""
    problem = problems.of_validation(error) if isinstance(error, ValidationError) else error
    found: dict[str, str] = {}
    for each in problem.errors:
        name = {"file": "report"}.get(each.field, each.field)
        code = "choose_material" if name == "product_id" else each.code
        found.setdefault(
            name if name in (*_FIELDS, "report") else "supplier_lot_no", problems.said(code, language, each.params)
        )
    return found or {"supplier_lot_no": problems.said(problem.code, language, problem.params)}


def stray_link(language: str, status: int) -> HTTPResponse:
    """For an address below ours that is no link, a file that was too large to be taken in, or a fault of ours."""
    message: Message = "away" if status >= 500 else "too_large" if status == 413 else "ended"
    return HTTPResponse(message_page(message, language), status, HEADERS, PAGE)


async def static_file(request: Request, name: str) -> HTTPResponse:
    return STATIC.answer(request, name)


routes.get(f"{STATIC.prefix}/{{name}}", permission=PUBLIC, bare=static_file, media_type="application/octet-stream")(
    static_file
)
