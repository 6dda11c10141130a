"""The scan: `/t/…` and GS1 Digital Links as pages, `/api/v1/public/codes` as JSON. No login, no script, no guard.

A GET is one scan, counted and committed before its answer leaves. HEAD, pages fetched ahead and preview agents see
the same and count nothing.
"""

import logging
import re
from functools import cache
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import orjson
from sanic import HTTPResponse, Request

from i18n import negotiate, text
from miniprogram_api.consumer.answers import Answer, Answers, not_ours, unknown_of
from miniprogram_api.consumer.internal import internal_answer
from miniprogram_api.consumer.limits import Unknowns
from miniprogram_api.consumer.page import PAGES, STATIC, answer_page, unknown_page
from miniprogram_api.consumer.responses import JsonResponse, PageResponse, refused
from miniprogram_api.consumer.service.report import REPORT, report_of
from miniprogram_api.consumer.verification import ENDING, file_at
from miniprogram_api.consumer.visitors import Devices, Memory, visit_of
from server.core.errors import Unavailable
from server.core.ids import parse_id
from server.core.pictures import bare
from server.domains.codes import Classifier, Label, Scanned, Verdict, read_url
from server.domains.scans import Recorder, Result, Seen, contradicts_itself, file_of, internal_owner, recognised
from server.http.client import address_of
from server.http.pages import kept
from server.http.routes import PUBLIC, RouteTable
from server.settings import Settings

log = logging.getLogger("server.scans")
routes = RouteTable("scan")
LONGEST_CODE = 200
_DIGEST = re.compile(r"[0-9a-f]{64}")
FILE_HEADERS = {
    "Cache-Control": "public, max-age=3600",  # short: what is no longer published goes away
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
RETRY_SECONDS = 2


class ScanPath:
    """What the scan path of one process keeps: keys, answers, limits."""

    def __init__(self, services: Any) -> None:
        settings: Settings = services.settings
        self._classifier = Classifier({key.version: key.key for key in settings.code_keys})
        self._recorder: Recorder = services.recorder
        self._pool = services.public_pool
        host = urlsplit(settings.base_url)
        self._answers = Answers(services.public_pool, host.netloc)
        self._memory = Memory(secure=host.scheme == "https")
        self._unknowns = Unknowns(services.limiter)
        self._devices = Devices(settings.device_salt)

    async def serve(
        self, request: Request, code: str | None, label: Label | None = None, *, is_api: bool = False
    ) -> HTTPResponse:
        """The answer for the text of a code; None where the address held none. `label`: what stands beside it."""
        language = negotiate(request.headers.get("accept-language"))
        try:
            return await self._answer(request, code or "", label, language, is_api)
        except Unavailable as away:
            wait = away.retry_after_seconds or RETRY_SECONDS
            return refused(_wait_body("unavailable", language, is_api), 503, wait, is_api=is_api)
        except Exception:
            log.exception("scan not answered")
            return refused(_wait_body("unavailable", language, is_api), 503, RETRY_SECONDS, is_api=is_api)

    async def _answer(
        self, request: Request, code: str, label: Label | None, language: str, is_api: bool
    ) -> HTTPResponse:
        verdict, identity, if_missing = self._classifier.classify(code)
        if verdict is Verdict.TYPING_SLIP:
            return await self._not_ours(request, code, verdict, language, is_api, label)
        if verdict is Verdict.UNKNOWN or not (0 < len(code) <= LONGEST_CODE and identity.isprintable()):
            if visit_of(request) is not None:
                await self._recorder.keep_pace()
            return await self._not_ours(request, code, Verdict.UNKNOWN, language, is_api, label)
        if verdict is Verdict.FOREIGN and (wait := self._unknowns.refused(address_of(request))):
            return refused(_wait_body("too_many", language, is_api), 429, wait, is_api=is_api)
        if label is not None and await contradicts_itself(self._pool, identity, label):
            seen = await self._look_past_label(identity)
        else:
            seen = await self._look(request, identity, is_api)
        if seen is None:
            if owner := await internal_owner(self._pool, identity):
                if verdict is Verdict.FOREIGN and (wait := await self._unknowns.miss(address_of(request), identity)):
                    return refused(
                        _wait_body("too_many", language, is_api), 429, wait, is_api=is_api
                    )  # texts one can guess
                return internal_answer(request, identity, owner, language, is_api=is_api)
            return await self._not_ours(request, identity, if_missing, language, is_api, label)
        if is_api:
            return JsonResponse(await self._answers.answer(seen, language, is_api=True))
        own = self._memory.earlier(request)
        page = self._answers.ready(seen, language, own) or await self._answers.answer(seen, language, own, is_api=False)
        if not seen.counted:
            return PageResponse(page)
        minted = identity if verdict is Verdict.MINTED else ""
        return PageResponse(page, self._memory.header(request, minted, own + 1))

    async def _look(self, request: Request, identity: str, is_api: bool) -> Seen | None:
        channel = visit_of(request, is_api=is_api)
        if channel is None:
            return await self._recorder.look(identity)
        return await self._recorder.record(identity, channel, self._devices.hash_of(request))

    async def _look_past_label(self, identity: str) -> Seen | None:
        """A label that contradicts its own code was copied or altered: it is no scan of that piece, and the code is unknown,
        unless the piece is recalled."""
        seen = await self._recorder.look(identity)
        return seen if seen is not None and seen.facts["result"] == Result.RECALLED else None

    async def _not_ours(
        self, request: Request, code: str, verdict: Verdict, language: str, is_api: bool, label: Label | None
    ) -> HTTPResponse:
        address = address_of(request)
        slip = verdict is Verdict.TYPING_SLIP
        wait = await (self._unknowns.slip(address) if slip else self._unknowns.miss(address, code))
        if wait:
            return refused(_wait_body("too_many", language, is_api), 429, wait, is_api=is_api)
        status: Literal["typing_slip", "unknown"] = "typing_slip" if slip else "unknown"
        if not slip and code.isprintable() and (known := await recognised(self._pool, code[:LONGEST_CODE], label)):
            return JsonResponse(unknown_of(known, language)) if is_api else PageResponse(unknown_page(known, language))
        return JsonResponse(not_ours(status, language)) if is_api else PageResponse(answer_page(status, language))


@cache
def _wait_body(reason: Literal["unavailable", "too_many"], language: str, is_api: bool) -> bytes:
    """Words of our own for "not now": they never cast doubt on the product."""
    if not is_api:
        return PAGES.render("wait.html", language, reason=reason).encode()
    code, status = {"unavailable": ("unavailable", 503), "too_many": ("too_many_requests", 429)}[reason]
    return orjson.dumps(
        {
            "type": f"urn:quality-trace:problem:{code}",
            "title": text(f"scan_wait.{reason}.title", language),
            "detail": text(f"scan_wait.{reason}.explain", language),
            "status": status,
            "code": code,
        }
    )


def _path_of(request: Request) -> ScanPath:
    ctx: Any = request.app.ctx
    found: ScanPath | None = getattr(ctx, "scan_path", None)
    if found is None:
        found = ctx.scan_path = ScanPath(ctx.services)
    return found


async def code_page(request: Request, code: str, space: str = "") -> HTTPResponse:
    """`/t/{code}`; the space only tells a mini-program whose rule it is, which looks for its file here, where no code ends so."""
    if code.endswith(ENDING) and (file := await file_at(request, f"t/{space}" if space else "t", code)):
        return file
    if request.query_string == REPORT:
        return report_of(unquote(code, errors="replace") if "%" in code else code)
    return await _path_of(request).serve(request, unquote(code, errors="replace") if "%" in code else code)


async def digital_link_page(request: Request, **_: str) -> HTTPResponse:
    """`/01/{gtin}/…`: what the link names, on this host as on any."""
    if request.query_string == REPORT:
        return report_of(f"https://host{request.path}")
    return await _path_of(request).serve(request, *_read(_url_of(request)))


async def code_answer(request: Request, code: str) -> HTTPResponse:
    """`/api/v1/public/codes/{code}`; a whole URL in `?url=` names the code instead."""
    url = request.args.get("url") if request.query_string else None
    text_of_code = unquote(code, errors="replace") if "%" in code else code
    named = _read(url) if url is not None else _read_in(text_of_code)
    return await _path_of(request).serve(request, *named, is_api=True)


async def url_answer(request: Request) -> HTTPResponse:
    """`/api/v1/public/codes?url=`: the code that a scanned URL names."""
    return await _path_of(request).serve(request, *_read(request.args.get("url", "")), is_api=True)


async def static_file(request: Request, name: str) -> HTTPResponse:
    return STATIC.answer(request, name)


async def published_file(request: Request, lot: str, digest: str) -> HTTPResponse:
    """A picture or report that the lot's publication lists: its address holds its digest, so it never changes."""
    services, lot_id = request.app.ctx.services, parse_id(lot)
    found = None
    if lot_id is not None and _DIGEST.fullmatch(digest):
        try:
            found = await file_of(services.public_pool, services.files, lot_id, digest)
        except Unavailable:
            return HTTPResponse(b"", 503, {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"})
    if found is None:
        return HTTPResponse(b"", 404, {"Cache-Control": "no-store"}, "text/plain")
    media_type, body = found
    if media_type.startswith("image/"):  # a photo keeps in the house what its camera wrote
        clean = bare(body)
        if clean is None:
            return HTTPResponse(b"", 404, {"Cache-Control": "no-store"}, "text/plain")
        body = clean
    return kept(request, body, digest, FILE_HEADERS, media_type)


def _read(url: str) -> Scanned | tuple[None, None]:
    return read_url(url) or (None, None)


def _read_in(code: str) -> Scanned | tuple[str | None, None]:
    """A scanner may hand over the whole URL as the code."""
    return _read(code) if "://" in code else (code, None)


def _url_of(request: Request) -> str:
    query = f"?{request.query_string}" if request.query_string else ""
    return f"https://host{request.path}{query}"


def _declare() -> None:
    page: dict[str, Any] = {"permission": PUBLIC, "media_type": "text/html"}
    routes.get("/t/{code}", bare=code_page, **page)(code_page)
    routes.add("GET", "/t/{space}/{code}", bare=code_page, **page)(_named(code_page, "code_page_in_space"))
    for number, path in enumerate(("/01/{gtin}/10/{lot}", "/01/{gtin}/21/{serial}", "/01/{gtin}/10/{lot}/21/{serial}")):
        routes.get(path, bare=digital_link_page, **page)(_named(digital_link_page, f"digital_link_{number + 1}"))
    answer: dict[str, Any] = {"permission": PUBLIC, "returns": Answer}
    routes.get("/api/v1/public/codes/{code}", bare=code_answer, **answer)(code_answer)
    routes.get("/api/v1/public/codes", bare=url_answer, **answer)(url_answer)
    routes.get(f"{STATIC.prefix}/{{name}}", permission=PUBLIC, bare=static_file, media_type="application/octet-stream")(
        static_file
    )

    file: dict[str, Any] = {"permission": PUBLIC, "media_type": "application/octet-stream"}
    routes.get("/files/{lot}/{digest}", bare=published_file, **file)(published_file)


def _named(handler: Any, name: str) -> Any:
    async def named(request: Request, **path: str) -> HTTPResponse:
        answer: HTTPResponse = await handler(request, **path)
        return answer

    named.__name__ = name
    return named


_declare()
