"""What a request asks for, apart from how it was packed: the same bytes for an honest repeat, others for anything else.

A client that sends again may choose another multipart boundary, another order of parts or of JSON keys, other spaces; what
the handler is given is the same, and that is what counts. Numbers count as the handler gets them: 1 and 1.0 differ.
"""

import hashlib
from typing import Any

import orjson
from sanic import Request


def meaning_of(request: Request) -> bytes:
    """Query and body in one form: JSON parsed, fields of forms by name, files by name, media type and digest. A body that
    is none of these stands for itself."""
    query = sorted(request.get_args(keep_blank_values=True).items())
    return orjson.dumps([query, *_fields(request)]) + b"\x00" + _rest(request)


def _fields(request: Request) -> list[Any]:
    if not _is_form(request):
        return []
    files: list[Any] = [
        (field, [(each.name, each.type, hashlib.sha256(each.body).hexdigest()) for each in given])
        for field, given in (request.files or {}).items()
    ]
    return [sorted((request.form or {}).items()), sorted(files)]


def _rest(request: Request) -> bytes:
    if _is_form(request):
        return b""
    try:
        return orjson.dumps(orjson.loads(request.body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return request.body


def _is_form(request: Request) -> bool:
    return bool(request.form or request.files) and not request.body.startswith((b"{", b"["))
