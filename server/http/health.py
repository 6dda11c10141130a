"""/healthz: this process runs. /readyz: it can serve (PostgreSQL answers; Valkey is reported, never required)."""

import asyncio
from typing import Any

import asyncpg
import orjson
from sanic import HTTPResponse, Request

from server.http.routes import PUBLIC, RouteTable

routes = RouteTable("health")


async def healthz(request: Request) -> HTTPResponse:
    return _answer(200, {"status": "ok"})


async def readyz(request: Request) -> HTTPResponse:
    services = request.app.ctx.services
    database = await _database(services.public_pool)
    cache = await _cache(services.cache)
    return _answer(
        200 if database else 503,
        {"status": "ok" if database else "unavailable", "database": database, "cache": cache},
    )


async def _database(pool: Any) -> bool:
    try:
        return bool(await asyncio.wait_for(pool.fetchval("SELECT true"), 3))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
        return False


async def _cache(cache: Any) -> bool:
    try:
        return bool(await cache.ping())
    except Exception:  # a cache that answers nonsense makes its client fail in ways of every kind
        return False


def _answer(status: int, body: dict[str, Any]) -> HTTPResponse:
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = "1"
    return HTTPResponse(orjson.dumps(body), status, headers, "application/json")


routes.get("/healthz", permission=PUBLIC, bare=healthz)(healthz)
routes.get("/readyz", permission=PUBLIC, bare=readyz)(readyz)
