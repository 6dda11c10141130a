"""What every guarded request passes: well-formed? who? may they? has it been done? then one transaction.

The scope's transaction is opened here and nowhere else for a request; a handler that raises leaves nothing behind.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError
from sanic import HTTPResponse, Request

from i18n import negotiate
from server.core import constraints, db, idempotency
from server.core.actor import Actor
from server.core.errors import FieldError, Forbidden, Invalid, NotFound, Problem, Unauthenticated, Unavailable
from server.core.ids import parse_id
from server.core.presence import BUSY, GONE, Presence
from server.core.scope import Scope
from server.domains.access import actors, read_log, tokens
from server.domains.access.permissions import ROLES
from server.http import answers, problems
from server.http.client import request_id_of
from server.http.routes import PUBLIC, SIGNED_IN, Call, Route
from server.http.sent import meaning_of

log = logging.getLogger("server.http")
SESSION_COOKIE = "qt_session"
LANGUAGE_COOKIE = "qt_language"
_SAFE = ("GET", "HEAD", "OPTIONS")

PageError = Callable[[Problem, Call], Awaitable[HTTPResponse]]


class Guard:
    """Turns routes into Sanic handlers; `page_error` renders the problems of HTML pages.

    What wiring made is found at `app.ctx.services` when a request arrives: it is opened after the routes are known.
    """

    def __init__(self, token_key: bytes, origins: frozenset[str], page_error: PageError | None = None) -> None:
        self._token_key = token_key
        self._origins = origins
        self._page_error = page_error
        self._database = Presence(log)

    def handler(self, route: Route) -> Callable[..., Awaitable[HTTPResponse]]:
        async def handle(request: Request, **path: str) -> HTTPResponse:
            call = Call(request, path, None, language_of(request), request_id_of(request), request.app.ctx.services)
            try:
                return await self._serve(route, call)
            except Exception as error:
                problem = self._problem_of(error, call)
                if route.is_page and self._page_error:
                    return await self._page_error(problem, call)
                return problems.render(problem, call.language, call.request_id)

        handle.__name__ = route.name.replace(".", "_")
        return handle

    def _problem_of(self, error: Exception, call: Call) -> Problem:
        if isinstance(error, Problem):
            return error
        if isinstance(error, ValidationError):
            return problems.of_validation(error)
        if known := constraints.problem_of(error):
            return known
        if isinstance(error, GONE):
            self._database.gone(error)
            return Unavailable(retry_after_seconds=1)
        if isinstance(error, BUSY):
            log.warning("database busy: %s request=%s", type(error).__name__, call.request_id)
            return Unavailable(retry_after_seconds=1)
        log.error("unexpected error request=%s", call.request_id, exc_info=error)
        return InternalError()

    async def _serve(self, route: Route, call: Call) -> HTTPResponse:
        if route.permission == PUBLIC:
            body = _parse(route, call)
            return self._respond(route, call, await self._run(route, call, body))
        scope, resolve = self._identify(call)
        enterprise = _pop_enterprise(call)
        async with db.transaction(scope):
            self._database.back()
            actor = await resolve()
            if route.permission != SIGNED_IN:
                _permit(actor, route, call)
            elif actor.only_delivers:
                raise Forbidden
            call.actor = await _with_enterprise(actor, enterprise, route, call)
            call.masks_secrets |= actor.is_regulator
            body = _parse(route, call)
            if not route.own_transaction:
                return await self._command(route, call, body)
            key = _idempotency_key(route, call) if route.keyed else None
            if key and (stored := await idempotency.recall(key)):
                return self._again(route, call, stored)
        response = self._respond(route, call, await self._run(route, call, body))
        if key:
            async with db.transaction(scope):
                await idempotency.remember(key, idempotency.Answer(response.status, response.body or b""))
        return response

    def _again(self, route: Route, call: Call, stored: idempotency.Answer) -> HTTPResponse:
        headers = self._headers(call) | {"Idempotency-Replayed": "true"}
        return HTTPResponse(stored.body, stored.status, headers, route.media_type)

    async def _command(self, route: Route, call: Call, body: BaseModel | None) -> HTTPResponse:
        key = _idempotency_key(route, call)
        if key and (stored := await idempotency.recall(key)):
            return self._again(route, call, stored)
        response = self._respond(route, call, await self._run(route, call, body))
        if key:
            await idempotency.remember(key, idempotency.Answer(response.status, response.body or b""))
        return response

    async def _run(self, route: Route, call: Call, body: BaseModel | None) -> Any:
        return await (route.handler(call, body) if route.body else route.handler(call))

    def _identify(self, call: Call) -> tuple[Scope, Callable[[], Awaitable[Actor]]]:
        """The scope that the request claims, and how to find its actor once inside. Claims are checked there."""
        shown = call.request.token or call.request.headers.get("x-api-key") or ""
        if not shown:
            shown = call.request.cookies.get(SESSION_COOKIE) or ""
            if shown and call.request.method not in _SAFE:
                self._same_origin(call.request)
        if not shown:
            raise Unauthenticated
        if shown.startswith(tokens.MARKS):
            tenant, of_key = tokens.tenant_of_api_key(shown), _OF_KEY[shown[: len(tokens.API_KEY_MARK)]]
            return Scope.tenant(tenant), lambda: of_key(shown, call.request_id, call.language)
        claims = tokens.decode(shown, self._token_key)
        return actors.scope_of(claims), lambda: actors.actor_of_session(claims, call.request_id, call.language)

    def _same_origin(self, request: Request) -> None:
        """A browser that sends our cookie by itself must also come from our own pages."""
        origin = request.headers.get("origin") or ""
        if origin not in self._origins:
            raise Forbidden

    def _headers(self, call: Call) -> dict[str, str]:
        return {
            "Cache-Control": "no-store",
            "X-Request-Id": call.request_id,
            "X-Content-Type-Options": "nosniff",
        }

    def _respond(self, route: Route, call: Call, result: Any) -> HTTPResponse:
        return answers.respond(result, route.status, self._headers(call))


_OF_KEY = {
    tokens.API_KEY_MARK: actors.actor_of_api_key,
    tokens.PHONE_MARK: actors.actor_of_phone,
    tokens.TERMINAL_MARK: actors.actor_of_terminal,
}


def _permit(actor: Actor, route: Route, call: Call) -> None:
    """The role allows it; and with its authority's eyes an enterprise opens only what its authority may."""
    if actor.must_change_password:
        raise actors.PasswordChangeRequired
    actor.require(route.permission)
    if call.masks_secrets and (route.method != "GET" or route.permission not in ROLES["regulator"]):
        raise Forbidden


class InternalError(Problem):
    status = 500
    code = "internal"


class MalformedJson(Problem):
    status = 400
    code = "malformed_json"


def language_of(request: Request) -> str:
    """The reader's language: what they chose, else what their browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in ("zh_CN", "en") else negotiate(request.headers.get("accept-language"))


def _parse(route: Route, call: Call) -> BaseModel | None:
    args = {k: (v[0] if len(v) == 1 else v) for k, v in call.request.args.items()}
    if call.query is not None:
        for name in call.query:
            args.pop(name, None)
    call.query = route.query.model_validate(args) if route.query else None
    if route.body is None:
        return None
    if call.request.form and not call.request.body.startswith((b"{", b"[")):
        return route.body.model_validate({k: v[0] for k, v in call.request.form.items()})
    try:
        data = orjson.loads(call.request.body or b"null")
    except orjson.JSONDecodeError:
        raise MalformedJson from None
    return route.body.model_validate(data)


def _pop_enterprise(call: Call) -> UUID | None:
    """`enterprise=` names whose data a regulator reads; `as=authority` shows an enterprise what its authority sees."""
    call.query = {"enterprise", "as"}
    eyes = call.request.args.get("as")
    if eyes not in (None, "authority"):
        raise Invalid([FieldError("as", "as_unknown")])
    call.masks_secrets = eyes is not None
    given = call.request.args.get("enterprise")
    if given is None:
        return None
    parsed = parse_id(given)
    if parsed is None:
        raise NotFound
    return parsed


async def _with_enterprise(actor: Actor, enterprise: UUID | None, route: Route, call: Call) -> Actor:
    """A regulator reads one enterprise at a time, in its district, and the reading is written down with it."""
    if not actor.is_regulator or route.permission == SIGNED_IN or route.permission.startswith("regulator."):
        return actor
    if enterprise is None:
        raise Invalid([FieldError("enterprise", "enterprise_required")])
    return await read_log.enter(
        actor, enterprise, route.path, call.path, dict(call.request.get_args(keep_blank_values=True))
    )


def _idempotency_key(route: Route, call: Call) -> idempotency.Key | None:
    text = call.request.headers.get("idempotency-key")
    if text is None or route.method == "GET":
        return None
    if not 1 <= len(text) <= 200:
        raise Invalid([FieldError("Idempotency-Key", "idempotency_key_length")])
    actor = call.actor
    owner = actor.authority_id or actor.tenant_id or actor.id
    assert owner is not None
    assert actor.id is not None
    digest = idempotency.digest_of(route.method, call.request.path, meaning_of(call.request))
    return idempotency.Key(owner, actor.id, text, digest)
