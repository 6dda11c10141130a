"""How often one address, one code and one enterprise may be written to. Counted in PostgreSQL while Valkey is away."""

import asyncio
from typing import Any, Final

from sanic import Request

from server.core.limits import Limiter
from server.domains.scans.complaints import Owner
from server.http.client import address_of

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3600, 86_400
LOOKUPS: Final = 30  # a minute, of one address
TICKETS: Final = 30
REPORTS: Final = 10  # in ten minutes, of one address: a shop's network is one
REPORTS_A_DAY: Final = 40
OF_ONE_CODE: Final = 10  # an hour
OF_ONE_ENTERPRISE: Final = 500  # a day
PHOTOS: Final = 30  # in ten minutes, of one address


def gate(request: Request, name: str, width: int) -> asyncio.Semaphore:
    """How many at once one process does of what is heavy: scans share its connections and its processor."""
    ctx: Any = request.app.ctx
    gates: dict[str, asyncio.Semaphore] | None = getattr(ctx, "service_gates", None)
    if gates is None:
        gates = ctx.service_gates = {}
    return gates.setdefault(name, asyncio.Semaphore(width))


async def lookup_wait(limiter: Limiter, request: Request) -> int:
    """Seconds to wait before the next question; 0: now."""
    return await limiter.use(f"recall:{address_of(request)}", limit=LOOKUPS, window_seconds=MINUTE)


async def ticket_wait(limiter: Limiter, request: Request) -> int:
    return await limiter.use(f"ticket:{address_of(request)}", limit=TICKETS, window_seconds=MINUTE)


async def photo_wait(limiter: Limiter, request: Request) -> int:
    return await limiter.use(f"complaint:photo:{address_of(request)}", limit=PHOTOS, window_seconds=TEN_MINUTES)


async def sender_wait(limiter: Limiter, request: Request) -> int:
    """Of whoever sends, before anything of it is read."""
    address = address_of(request)
    wait = await limiter.use(f"complaint:from:{address}", limit=REPORTS, window_seconds=TEN_MINUTES)
    return wait or await limiter.use(f"complaint:day:{address}", limit=REPORTS_A_DAY, window_seconds=DAY)


async def owner_wait(limiter: Limiter, owner: Owner) -> int:
    """Of what it is about: one code, and one enterprise (or the platform)."""
    if owner.code and (
        wait := await limiter.use(f"complaint:code:{owner.code}", limit=OF_ONE_CODE, window_seconds=HOUR)
    ):
        return wait
    bucket = f"complaint:to:{owner.tenant_id or 'platform'}"
    return await limiter.use(bucket, limit=OF_ONE_ENTERPRISE, window_seconds=DAY)
