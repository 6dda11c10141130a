"""Signing in and out, the language, the password; and the one path that sees the refresh cookie."""

from typing import Any
from urllib.parse import urlencode

from pydantic import Field, ValidationError

from admin.frame import PAGE, PageArgs, Wrong, as_typed, plain
from i18n import LANGUAGES
from server.core import db
from server.core.errors import Forbidden, Problem, Unauthenticated
from server.core.scope import Scope
from server.domains.access import sessions, tokens
from server.domains.access.commands import ChangePassword, Credentials
from server.domains.access.problems import TenantRequired
from server.http import authentication, problems
from server.http.answers import Cookie, Raw, Redirect
from server.http.guard import LANGUAGE_COOKIE, SESSION_COOKIE
from server.http.pages import ADMIN_HEADERS
from server.http.routes import PUBLIC, SIGNED_IN, Call, RouteTable

routes = RouteTable("admin_session")

HOME = "/admin"
REFRESH_COOKIE = "qt_refresh"
REFRESH_PATH = "/admin/session"
REFRESH_SECONDS = 7 * 24 * 3600
LANGUAGE_SECONDS = 400 * 24 * 3600


class PasswordsDiffer(Problem):
    status = 422
    code = "passwords_differ"


class SignInArgs(PageArgs):
    next: str = Field(HOME, max_length=2000)


class LanguageArgs(PageArgs):
    to: str = Field("zh_CN", max_length=10)
    next: str = Field(HOME, max_length=2000)


def local(address: str) -> str:
    """An address of our own back office; anything else leads home, so nobody can send people elsewhere by our hand."""
    path = address.partition("?")[0]
    plain_path = path == HOME or path.startswith(HOME + "/")
    odd = any(not " " < sign < "\x7f" or sign == "\\" for sign in address) or "//" in path or "/.." in path
    return address if plain_path and not odd and path != REFRESH_PATH else HOME


def _secure(call: Call) -> bool:
    return str(call.services.settings.base_url).startswith("https:")


def _session_cookies(call: Call, access: str, refresh: str) -> tuple[Cookie, Cookie]:
    secure = _secure(call)
    return (
        Cookie(SESSION_COOKIE, access, tokens.ACCESS_SECONDS, secure=secure),
        Cookie(REFRESH_COOKIE, refresh, REFRESH_SECONDS, path=REFRESH_PATH, secure=secure),
    )


def _no_cookies(call: Call) -> tuple[Cookie, Cookie]:
    secure = _secure(call)
    return (
        Cookie(SESSION_COOKIE, "", 0, secure=secure),
        Cookie(REFRESH_COOKIE, "", 0, path=REFRESH_PATH, secure=secure),
    )


def _own_origin(call: Call) -> None:
    """Another site must not sign somebody in under a name of its choosing."""
    settings = call.services.settings
    if (call.request.headers.get("origin") or "") not in {settings.base_url, *settings.origins}:
        raise Forbidden


@routes.get("/", permission=PUBLIC, media_type=PAGE)
async def front_door(call: Call) -> Redirect:
    """The bare address is the one that people type."""
    return Redirect(HOME, ADMIN_HEADERS)


@routes.get("/admin/", permission=PUBLIC, media_type=PAGE)
async def home_with_a_slash(call: Call) -> Redirect:
    """As people type it too; every other address is said exactly."""
    return Redirect(HOME, ADMIN_HEADERS)


@routes.get("/admin/sign-in", permission=PUBLIC, query=SignInArgs, media_type=PAGE)
async def sign_in_form(call: Call) -> Raw:
    return _sign_in_page(call, local(call.query.next))


def _sign_in_page(call: Call, following: str, **context: Any) -> Raw:
    shown = {"wrong": None, "username": "", "tenants": [], **context}
    status = shown["wrong"].status if shown["wrong"] else 200
    return plain(call, "sign_in.html", status=status, next=following, **shown)


@routes.post("/admin/sign-in", permission=PUBLIC, query=SignInArgs, media_type=PAGE)
async def sign_in(call: Call) -> Raw | Redirect:
    """Cookies and home; the form again where it was refused or where somebody works for several."""
    typed = {name: as_typed(call, name) or None for name in ("username", "password", "tenant")}
    following = local(call.query.next)
    caller = authentication.caller_of(call.request, call.request_id, call.language)
    try:
        credentials = Credentials.model_validate(typed)
        _own_origin(call)
        signed_in = await authentication.authenticate(credentials, caller)
    except ValidationError as error:
        return _sign_in_page(
            call, following, wrong=Wrong(problems.of_validation(error), call.language), username=typed["username"] or ""
        )
    except TenantRequired as choice:
        return _sign_in_page(call, following, username=typed["username"] or "", tenants=choice.extension["choices"])
    except Problem as problem:
        return _sign_in_page(call, following, wrong=Wrong(problem, call.language), username=typed["username"] or "")
    settings = call.services.settings
    access = tokens.encode(signed_in.claims, settings.token_key)
    cookies = (
        *_session_cookies(call, access, signed_in.refresh_token),
        authentication.device_cookie(signed_in, settings.base_url),
    )
    target = "/admin/password" if signed_in.must_change_password else following
    return Redirect(target, ADMIN_HEADERS, cookies)


@routes.get(REFRESH_PATH, permission=PUBLIC, query=SignInArgs, media_type=PAGE)
async def renew_page(call: Call) -> Redirect:
    return await _renew(call)


@routes.post(REFRESH_PATH, permission=PUBLIC, query=SignInArgs, media_type=PAGE)
async def renew_form(call: Call) -> Redirect:
    """The form that was being sent arrives here by a 307 and goes on with the next one."""
    return await _renew(call)


async def _renew(call: Call) -> Redirect:
    following = local(call.query.next)
    held = call.request.cookies.get(REFRESH_COOKIE)
    try:
        if not held:
            raise Unauthenticated
        key = call.services.settings.token_key
        claims, refresh = await authentication.refresh(held, key, call.request_id)
    except Unauthenticated:
        where = "/admin/sign-in?" + urlencode({"next": following if call.request.method == "GET" else HOME})
        return Redirect(where, ADMIN_HEADERS, _no_cookies(call))
    cookies = _session_cookies(call, tokens.encode(claims, key), refresh)
    return Redirect(following, ADMIN_HEADERS, cookies, status=307)


@routes.post("/admin/sign-out", permission=SIGNED_IN, own_transaction=True, media_type=PAGE)
async def sign_out(call: Call) -> Redirect:
    async with db.transaction(Scope.system()):
        await sessions.sign_out(call.actor)
    return Redirect("/admin/sign-in", ADMIN_HEADERS, _no_cookies(call))


@routes.get("/admin/language", permission=PUBLIC, query=LanguageArgs, media_type=PAGE)
async def choose_language(call: Call) -> Redirect:
    chosen = call.query.to if call.query.to in LANGUAGES else LANGUAGES[0]
    cookie = Cookie(LANGUAGE_COOKIE, chosen, LANGUAGE_SECONDS, secure=_secure(call))
    return Redirect(local(call.query.next), ADMIN_HEADERS, (cookie,))


@routes.get("/admin/password", permission=SIGNED_IN, query=PageArgs, media_type=PAGE)
async def password_form(call: Call) -> Raw:
    return _password_page(call, None)


def _password_page(call: Call, wrong: Wrong | None) -> Raw:
    must = call.actor.must_change_password
    return plain(
        call, "password.html", status=wrong.status if wrong else 200, wrong=wrong, must=must,
        actor_name=call.actor.name, sign_out_url="/admin/sign-out",
    )  # fmt: skip


@routes.post("/admin/password", permission=SIGNED_IN, own_transaction=True, query=PageArgs, media_type=PAGE)
async def change_password(call: Call) -> Raw | Redirect:
    device = call.request.cookies.get(authentication.DEVICE_COOKIE)
    try:
        if as_typed(call, "new_password") != as_typed(call, "again"):
            raise PasswordsDiffer(field="again")
        typed = {name: as_typed(call, name) for name in ("current_password", "new_password")}
        await authentication.change_password(call.actor, ChangePassword.model_validate(typed), device)
    except ValidationError as error:
        return _password_page(call, Wrong(problems.of_validation(error), call.language))
    except Problem as problem:
        return _password_page(call, Wrong(problem, call.language))
    return Redirect(f"{HOME}?done=password_changed", ADMIN_HEADERS)
