"""Answers of the scan path. Their headers are constants, encoded once: encoding them per request cost a fifth of the time."""

from collections.abc import Mapping
from typing import TypeAlias

from sanic import HTTPResponse

from server.http.pages import READ_ONLY_HEADERS

_COMMON = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
PAGE_HEADERS = READ_ONLY_HEADERS | _COMMON
JSON_HEADERS = {"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"} | _COMMON


Header: TypeAlias = tuple[bytes, bytes]
_KEPT, _CLOSED = b"\r\nconnection: keep-alive", b"\r\nconnection: close"


def _encoded(headers: Mapping[str, str], content_type: str) -> Header:
    """All constant headers as one: the value of the first goes on with the lines of the others."""
    lines = [f"{name.lower()}: {value}" for name, value in {**headers, "Content-Type": content_type}.items()]
    name, _, value = "\r\n".join(lines).partition(": ")
    return name.encode(), value.encode()


class _Constant(HTTPResponse):
    """Skips the framework's sanitiser, so nothing of a request may ever stand in these headers but what `more` was checked
    to be. Made without its constructor: two empty sets of headers cost more than the answer."""

    __slots__ = ("_more",)
    STATIC: Header

    def __init__(self, body: bytes, more: bytes = b"") -> None:
        """`more`: further header lines, each begun with a line end."""
        self.asgi = False
        self.body = body
        self.content_type = None
        self.stream = None
        self.status = 200
        self.headers = {}  # type: ignore[assignment]  # the framework only sets and reads items
        self._cookies = None
        self._more = more

    @property
    def processed_headers(self):  # type: ignore[no-untyped-def]
        name, value = self.STATIC
        kept = _KEPT if self.headers["connection"] == "keep-alive" else _CLOSED
        return ((name, b"%b\r\ncontent-length: %d%b%b" % (value, len(self.body or b""), self._more, kept)),)


class PageResponse(_Constant):
    """A scan page, status 200."""

    __slots__ = ()
    STATIC = _encoded(PAGE_HEADERS, "text/html; charset=utf-8")


class JsonResponse(_Constant):
    """A scan answer for mini-programs, status 200."""

    __slots__ = ()
    STATIC = _encoded(JSON_HEADERS, "application/json")


def refused(body: bytes, status: int, retry_after_seconds: int, *, is_api: bool) -> HTTPResponse:
    """An answer that could not be given now: 429 or 503, with the seconds to wait."""
    headers = (JSON_HEADERS if is_api else PAGE_HEADERS) | {"Retry-After": str(retry_after_seconds)}
    kind = "application/problem+json" if is_api else "text/html; charset=utf-8"
    return HTTPResponse(body, status, headers, kind)
