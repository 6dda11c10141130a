"""What handlers may return besides a model, and how every answer becomes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import BaseModel
from sanic import HTTPResponse

NO_STORE = "no-store"


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes with a media type: a page, a picture, a file, prepared JSON."""

    body: bytes
    media_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Elsewhere: 303 after a form was taken, 307 to send the same form there."""

    location: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple["Cookie", ...] = ()
    status: int = 303


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that scripts cannot read and other sites do not send; max_age_seconds 0 deletes it."""

    name: str
    value: str
    max_age_seconds: int
    path: str = "/"
    secure: bool = True


def encode(result: Any) -> bytes:
    """A model, or plain data, as JSON bytes; Decimals and ids as strings."""
    if isinstance(result, BaseModel):
        return result.model_dump_json().encode()
    return orjson.dumps(result, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def respond(result: Any, status: int, extra: Mapping[str, str]) -> HTTPResponse:
    """The HTTP answer of a handler's result."""
    if isinstance(result, Raw):
        return HTTPResponse(result.body, result.status, {**extra, **result.headers}, result.media_type)
    if isinstance(result, Redirect):
        response = HTTPResponse(b"", result.status, {**extra, **result.headers, "Location": result.location})
        for cookie in result.cookies:
            response.add_cookie(
                cookie.name, cookie.value, max_age=cookie.max_age_seconds, path=cookie.path,
                httponly=True, samesite="Lax", secure=cookie.secure,
            )  # fmt: skip
        return response
    if result is None:
        return HTTPResponse(b"", 204, dict(extra))
    return HTTPResponse(encode(result), status, dict(extra), "application/json")
