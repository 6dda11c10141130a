"""RFC 9457 problem details: a stable code, a text in the reader's language, one entry per input at fault."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sanic import HTTPResponse

from i18n import has_key, readable, text
from server.core.errors import FieldError, Invalid, Problem
from server.core.impossible import ImpossibleValue

_QUOTED = re.compile(r"'([^']*)'")
MEDIA_TYPE = "application/problem+json"


def render(problem: Problem, language: str, request_id: str) -> HTTPResponse:
    """The answer to a problem. `type` is a URN of the code; `code` says the same without the prefix."""
    body: dict[str, Any] = {
        "type": f"urn:quality-trace:problem:{problem.code}",
        "title": said(problem.code, language, problem.params),
        "status": problem.status,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        body["errors"] = [_entry(error, language) for error in problem.errors]
    body.update(problem.extension)
    headers = {"Cache-Control": "no-store", "X-Request-Id": request_id}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return HTTPResponse(orjson.dumps(body, default=str), problem.status, headers, MEDIA_TYPE)


def said(code: str, language: str, params: Mapping[str, Any]) -> str:
    """The text of a problem; moments, days and choices in it as people read them. Wherever a problem is shown, it is by
    this."""
    choices = {name: _one_of(value, language) for name, value in params.items() if isinstance(value, tuple)}
    return text(f"error.{code}", language, **readable({**params, **choices}, language))


def _one_of(choices: tuple[str, ...], language: str) -> str:
    *others, last = choices
    return text("list.or", language).join(filter(None, (text("list.comma", language).join(others), last)))


def _entry(error: FieldError, language: str) -> dict[str, str]:
    return {
        "field": error.field,
        "code": error.code,
        "text": said(error.code, language, error.params),
    }


def of_validation(error: ValidationError) -> Invalid:
    """What a model refused, as our codes: pydantic's own texts never reach a reader."""
    return Invalid([_field_error(detail) for detail in error.errors(include_url=False, include_input=False)])


def _field_error(detail: ErrorDetails) -> FieldError:
    field = ".".join(str(part) for part in detail["loc"]) or "body"
    code = f"input_{detail['type']}"
    context: dict[str, Any] = {k: str(v) for k, v in (detail.get("ctx") or {}).items() if k != "error"}
    if "expected" in context:  # pydantic's own English sentence: 'a', 'b' or 'c'
        context["expected"] = tuple(_QUOTED.findall(context["expected"])) or context["expected"]
    cause = (detail.get("ctx") or {}).get("error")
    if isinstance(cause, Problem):  # of a whole model it names the field itself, of one field it may repeat it
        path = [str(part) for part in detail["loc"]]
        if cause.field and path[-1:] != [cause.field]:
            path.append(cause.field)
        return FieldError(".".join(path) or "body", cause.code, cause.params)
    if isinstance(cause, ImpossibleValue):
        return FieldError(field, cause.code, cause.params)
    return FieldError(field, code if has_key(f"error.{code}") else "input_invalid", context)
