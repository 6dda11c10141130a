"""From a handler's facts to a page in its frame; and what forms need: try, say what was wrong, go on."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from admin import wording
from admin.assets import PAGES
from admin.navigation import address, languages, seen_permissions, side_bar
from i18n import has_key, readable, text
from server.core import constraints, db
from server.core.actor import Actor
from server.core.errors import Problem
from server.http import problems
from server.http.answers import Raw, Redirect
from server.http.pages import ADMIN_HEADERS
from server.http.routes import Call

HTML = "text/html; charset=utf-8"
PAGE = "text/html"  # the media type that makes a route a page
PAGE_ROWS = 50
T = TypeVar("T")


class PageArgs(BaseModel):
    """What every page takes from its address; a filter left blank is no filter. `done` names a text, never is one."""

    model_config = ConfigDict(extra="ignore")
    done: str | None = Field(None, max_length=40)
    after: str | None = Field(None, max_length=500)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given


async def show(call: Call, template: str, *, section: str = "", status: int = 200, **context: Any) -> Raw:
    """The page of somebody signed in; runs inside the request's transaction."""
    tenant_name, office = await _whose(call.actor)
    frame = {
        "nav": side_bar(call, section),
        "actor_name": call.actor.name,
        "tenant_name": office,
        "enterprise_name": tenant_name,
        "search_url": "/admin/search",
        "sign_out_url": "/admin/sign-out",
        "may": seen_permissions(call).__contains__,
        "is_regulator": call.actor.is_regulator,
        "enterprise_id": call.actor.tenant_id,
        "as_authority": call.masks_secrets and not call.actor.is_regulator,
    }
    return plain(call, template, status=status, **{**frame, **context})


def plain(call: Call, template: str, *, status: int = 200, **context: Any) -> Raw:
    """A page without the side bar: signing in, errors before anybody is known."""
    shared = {
        "languages": languages(call),
        "to": partial(address, call),
        "here": call.request.path,
        "flashes": _flashes(call),
        "problems": None,
        **wording.functions(call.language),
    }
    body = PAGES.render(template, call.language, **{**shared, **context})
    return Raw(body.encode(), HTML, status, ADMIN_HEADERS)


async def _whose(actor: Actor) -> tuple[str, str]:
    """(the enterprise whose data this is, whom the person works for)."""
    tenant = ""
    if actor.tenant_id:
        tenant = await db.fetchval("SELECT name FROM tenant WHERE id = $1", actor.tenant_id) or ""
    if actor.authority_id:
        return tenant, await db.fetchval("SELECT name FROM authority WHERE id = $1", actor.authority_id) or ""
    return tenant, tenant


def _flashes(call: Call) -> list[dict[str, str]]:
    done = getattr(call.query, "done", None)
    key = f"admin.done.{done}"
    return [{"kind": "done", "text": text(key, call.language)}] if done and has_key(key) else []


def back(call: Call, path: str, done: str | None = None, **params: object) -> Redirect:
    """To a page, after a form was taken; `done` names the text it says."""
    return Redirect(address(call, path, done=done, **params))


class Wrong:
    """What a form is told: one text for the whole, one for each field at fault.

    `at` names the field behind a problem that names none itself, such as a number that is taken.
    """

    def __init__(self, problem: Problem, language: str, at: Mapping[str, str] = MappingProxyType({})) -> None:
        self.status = problem.status
        self.code = problem.code
        self.problem = problem
        self.text = _said(problem.code, language, problem.params)
        self.fields: dict[str, str] = {}
        self.lines = [_said(error.code, language, error.params) for error in problem.errors]
        self.paths: dict[str, str] = {}  # by the whole path, such as `lines.0.quantity`, for forms with rows
        for error, line in zip(problem.errors, self.lines, strict=True):
            self.fields.setdefault(error.field.partition(".")[0], line)
            self.paths.setdefault(error.field, line)
        if problem.code in at:
            self.fields.setdefault(at[problem.code], self.text)
            self.paths.setdefault(at[problem.code], self.text)

    def of(self, field: str) -> str | None:
        return self.fields.get(field)


def _said(code: str, language: str, params: Mapping[str, Any]) -> str:
    """A page's own words for it where there are any: they speak of the field before the reader, not of a request."""
    own = f"admin.error.{code}"
    return text(own if has_key(own, language) else f"error.{code}", language, **readable(params))


async def attempt(
    call: Call, act: Callable[[], Awaitable[T]], at: Mapping[str, str] = MappingProxyType({})
) -> T | Wrong:
    """Do it in a savepoint: what fails leaves nothing behind, and the page can be shown again with the reason."""
    try:
        async with db.transaction(call.actor.scope()):
            return await act()
    except Problem as problem:
        return Wrong(problem, call.language, at)
    except ValidationError as error:
        return Wrong(problems.of_validation(error), call.language, at)
    except Exception as error:
        if known := constraints.problem_of(error):
            return Wrong(known, call.language, at)
        raise


def posted(call: Call) -> dict[str, list[str]]:
    """The fields of a posted form."""
    return dict((call.request.form or {}).items())


def form(call: Call) -> dict[str, str]:
    """The single values of a posted form, blanks left out."""
    return {name: values[0].strip() for name, values in posted(call).items() if values and values[0].strip()}


def typed(given: Mapping[str, str], model: type[BaseModel], **more: Any) -> dict[str, Any]:
    """What a command takes of a form: a blank required field is left out, and so reported as missing; any other is null."""
    fields = {name: info for name, info in model.model_fields.items() if name not in more}
    optional = {name: None for name, info in fields.items() if info.default is None}
    return optional | {name: given[name] for name in fields if name in given} | more


def form_list(call: Call, name: str) -> list[str]:
    """All values of one field (ticked boxes)."""
    return [value for value in posted(call).get(name, []) if value.strip()]


def as_typed(call: Call, name: str) -> str:
    """A password: exactly what was typed, blanks included."""
    values = posted(call).get(name)
    return values[0] if values else ""
