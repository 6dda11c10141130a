"""Pages: one Jinja2 environment a language, static files by content digest, and the headers pages leave with.

A surface makes one ``Pages`` at start from its template folders and static files; templates say
``{{ _("key", name=value) }}``, ``{{ static("admin.css") }}`` and use the filters ``datetime``, ``date`` and
``quantity``.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import HTTPResponse, Request

from i18n import LANGUAGES, format_date, format_datetime, format_quantity, has_key, retold, text

_COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_WITH_SCRIPTS = "default-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'"
_READ_ONLY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'"
_FORM = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'"
_CLOSED = "object-src 'none'; base-uri 'none'; frame-ancestors"

ADMIN_HEADERS = _COMMON_HEADERS | {
    "Content-Security-Policy": f"{_WITH_SCRIPTS}; {_CLOSED} 'none'",
    # not no-referrer: it turns the Origin of form posts into "null", which an origin check refuses
    "Referrer-Policy": "same-origin",
}
"""Headers of pages with scripts and forms."""

READ_ONLY_HEADERS = _COMMON_HEADERS | {
    "Content-Security-Policy": f"{_READ_ONLY}; {_CLOSED} 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds the code
}
"""Headers of pages that are only read: no script can run and nothing can be sent."""

FORM_HEADERS = READ_ONLY_HEADERS | {
    "Content-Security-Policy": f"{_FORM}; {_CLOSED} 'none'",
}
"""The same for a page without an account that sends one form to its own address."""

PREVIEW_HEADERS = READ_ONLY_HEADERS | {"Content-Security-Policy": f"{_READ_ONLY}; {_CLOSED} 'self'"}
"""The same for a preview of such a page in a frame of our own pages."""

STATIC_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of a static file; its address changes with its content."""


_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent; `packed`: the same for whoever takes gzip, where that is smaller."""

    body: bytes
    content_type: str
    digest: str
    packed: bytes | None = None


class StaticFiles:
    """The files of one folder, read once; a name that is not among them is never looked for on the disk."""

    def __init__(self, prefix: str, folder: Path) -> None:
        """``prefix`` is the address they are served under, such as ``/static/admin``."""
        self.prefix = prefix.rstrip("/")
        paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): _read(path) for path in paths}

    def get(self, name: str) -> StaticFile | None:
        """Return the file of this name (``vendor/htmx.min.js``) or None."""
        return self._files.get(name)

    def answer(self, request: Request, name: str) -> HTTPResponse:
        """The file as it is sent, or 304; 404 for any other name."""
        file = self._files.get(name)
        if file is None:
            return HTTPResponse(b"", 404, {"Cache-Control": "no-store"}, "text/plain")
        headers = STATIC_HEADERS | ({"Vary": "Accept-Encoding"} if file.packed else {})
        if file.packed and _GZIP.search(request.headers.get("accept-encoding") or ""):
            packed = headers | {"Content-Encoding": "gzip"}
            return kept(request, file.packed, f"{file.digest}-gz", packed, file.content_type)
        return kept(request, file.body, file.digest, headers, file.content_type)

    def url(self, name: str) -> str:
        """Return the address of a file with its digest; raises FileNotFoundError where there is none."""
        file = self._files.get(name)
        if file is None:
            raise FileNotFoundError(f"static file {name}: run admin/build_static.py if it is a vendor file")
        return f"{self.prefix}/{name}?v={file.digest}"


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/javascript":
        kind += "; charset=utf-8"
    packed = gzip.compress(body, mtime=0) if kind.startswith(("text/", "application/javascript", "image/svg")) else None
    smaller = packed if packed is not None and len(packed) < len(body) else None
    return StaticFile(body, kind, hashlib.blake2b(body, digest_size=6).hexdigest(), smaller)


def kept(request: Request, body: bytes, digest: str, headers: Mapping[str, str], content_type: str) -> HTTPResponse:
    """What a reader, or a cache on the way, may keep: 304 without a body where it has these very bytes already."""
    tag = f'"{digest}"'
    held = request.headers.get("if-none-match")
    if held and (held.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in held.split(","))):
        return HTTPResponse(b"", 304, {**headers, "ETag": tag})
    return HTTPResponse(body, 200, {**headers, "ETag": tag}, content_type)


class Pages:
    """Renders the templates of one surface; safe to share between requests and languages."""

    def __init__(self, templates: Iterable[Path], static: StaticFiles) -> None:
        """``templates`` are searched in order, so a later folder can hold what several surfaces share."""
        base = Environment(
            loader=FileSystemLoader([str(folder) for folder in templates]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        base.globals["static"] = static.url
        base.globals["has_text"] = has_key
        base.filters["datetime"] = format_datetime
        base.filters["date"] = format_date
        self._environments = {language: _speaking(base, language) for language in LANGUAGES}

    def render(self, template: str, language: str, /, **context: object) -> str:
        """Return the page; an undefined name in the template raises. Templates know ``language``."""
        return self._environments[language].get_template(template).render(**context)


def _speaking(base: Environment, language: str) -> Environment:
    """Return the environment with its texts bound to one language, so no request state decides it."""
    environment = base.overlay()
    environment.globals = base.globals | {
        "_": partial(_text, language),
        "language": language,
        "html_lang": language.replace("_", "-"),
    }
    environment.filters = base.filters | {
        "quantity": partial(_quantity, language),
        "retold": partial(_retold, language),
    }
    return environment


def _text(language: str, key: str, /, **params: object) -> str:
    return text(key, language, **params)


def _quantity(language: str, value: Decimal | int, unit: str | None = None) -> str:
    return format_quantity(value, unit, language)


def _retold(language: str, sentence: str | None) -> str:
    return retold(sentence or "", language)


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks: programs name JSON, or nothing in particular."""
    return "text/html" in (request.headers.get("accept") or "")
