"""Answers of the scan path. Their headers are constants, encoded once: encoding them per request cost a fifth of the time."""

from collections.abc import Mapping
from typing import TypeAlias

from sanic import HTTPResponse

from server.http.pages import READ_ONLY_HEADERS

_COMMON = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
PAGE_HEADERS = READ_ONLY_HEADERS | _COMMON
JSON_HEADERS = {"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"} | _COMMON


Header: TypeAlias = tuple[bytes, bytes]
_KEPT, _CLOSED = (b"connection", b"keep-alive"), (b"connection", b"close")


def _encoded(headers: Mapping[str, str], content_type: str) -> Header:
    """All constant headers as one: the value of the first goes on with the lines of the others."""
    lines = [f"{name.lower()}: {value}" for name, value in {**headers, "Content-Type": content_type}.items()]
    name, _, value = "\r\n".join(lines).partition(": ")
    return name.encode(), value.encode()


class _Constant(HTTPResponse):
    """Skips the framework's sanitiser, so nothing of a request may ever stand in these headers."""

    __slots__ = ()
    STATIC: Header

    @property
    def processed_headers(self):  # type: ignore[no-untyped-def]
        length = (b"content-length", b"%d" % len(self.body or b""))
        return self.STATIC, length, _KEPT if self.headers["connection"] == "keep-alive" else _CLOSED


class PageResponse(_Constant):
    """A scan page, status 200."""

    __slots__ = ()
    STATIC = _encoded(PAGE_HEADERS, "text/html; charset=utf-8")


class CountedPage(PageResponse):
    """The page of a scan that was counted, with the cookie by which the device remembers it."""

    __slots__ = ("_remembered",)

    def __init__(self, body: bytes, remembered: bytes) -> None:
        super().__init__(body)
        self._remembered = remembered

    @property
    def processed_headers(self):  # type: ignore[no-untyped-def]
        length = (b"content-length", b"%d\r\nset-cookie: %b" % (len(self.body or b""), self._remembered))
        return self.STATIC, length, _KEPT if self.headers["connection"] == "keep-alive" else _CLOSED


class JsonResponse(_Constant):
    """A scan answer for mini-programs, status 200."""

    __slots__ = ()
    STATIC = _encoded(JSON_HEADERS, "application/json")


def refused(body: bytes, status: int, retry_after_seconds: int, *, is_api: bool) -> HTTPResponse:
    """An answer that could not be given now: 429 or 503, with the seconds to wait."""
    headers = (JSON_HEADERS if is_api else PAGE_HEADERS) | {"Retry-After": str(retry_after_seconds)}
    kind = "application/problem+json" if is_api else "text/html; charset=utf-8"
    return HTTPResponse(body, status, headers, kind)
