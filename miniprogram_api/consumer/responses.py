"""Answers of the scan path. Their headers are constants, encoded once: encoding them per request cost a fifth of the time."""

from collections.abc import Mapping

from sanic import HTTPResponse

from server.http.pages import READ_ONLY_HEADERS

_COMMON = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
PAGE_HEADERS = READ_ONLY_HEADERS | _COMMON
JSON_HEADERS = {"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"} | _COMMON


def _encoded(headers: Mapping[str, str], content_type: str) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((k.lower().encode(), v.encode()) for k, v in {**headers, "Content-Type": content_type}.items())


class _Constant(HTTPResponse):
    """Skips the framework's sanitiser, so nothing of a request may ever stand in these headers."""

    __slots__ = ()
    STATIC: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def processed_headers(self):  # type: ignore[no-untyped-def]
        headers = self.headers
        return (
            *self.STATIC,
            (b"content-length", b"%d" % len(self.body or b"")),
            (b"connection", headers["connection"].encode()),
        )


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
