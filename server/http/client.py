"""Who is calling, as far as a limiter and a log may know it."""

import re

from sanic import Request

from server.core.ids import new_id

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def address_of(request: Request) -> str:
    """The caller's address: from the header that our own proxy sets, where one is configured, else the socket's.

    Headers that any client can set are never believed.
    """
    config = request.app.config  # indexed: its attributes are looked up by a hook, on every request
    if config["PROXIES_COUNT"] or config["REAL_IP_HEADER"] or config["FORWARDED_SECRET"]:
        return request.remote_addr or request.ip
    return request.ip


def request_id_of(request: Request) -> str:
    """The proxy's request id where it has the form of one, else a fresh one."""
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else str(new_id())
