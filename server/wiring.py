"""Settings → database, cache, adapters → services. The only place that names concrete parts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from redis import asyncio as aioredis

from server.core import db
from server.core.actor import Actor
from server.core.files import FileBox
from server.core.limits import COUNT_SQL, Limiter, connect_cache
from server.domains.access import passwords
from server.domains.quality import inspection
from server.domains.scans import Recorder, on_lot_released
from server.settings import Settings

MODELS = (
    "server.domains.access.models",
    "server.domains.codes.models",
    "server.domains.devices.models",
    "server.domains.chain.models",
    "server.domains.quality.models",
)

Subscription = Callable[[Actor, dict[str, Any]], Awaitable[None]]


async def _lot_released(actor: Actor, payload: dict[str, Any]) -> None:
    await inspection.on_lot_released(actor, payload)
    await on_lot_released(actor, payload)


SUBSCRIPTIONS: dict[str, Subscription] = {
    "LotReleased": _lot_released,
    "LotsCreated": inspection.on_lots_created,
    "OperationRecorded": inspection.on_operation_recorded,
    "ShipmentChanged": inspection.on_shipment_changed,
}
"""Who hears of what, by the topic of the event. A handler runs in one transaction of the event's enterprise, at least
once, so what it does twice must be as good as once. A topic that nobody hears is done when it is claimed."""


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers and workers use besides the domains' functions; one per process."""

    settings: Settings
    cache: aioredis.Redis
    limiter: Limiter
    files: FileBox
    public_pool: "asyncpg.Pool[Any]"
    recorder: Recorder


async def open_services(settings: Settings) -> Services:
    """Connect this process. Valkey may be away: it is only tried when used."""
    passwords.use_cost(passwords.TEST_COST if settings.mode == "test" else passwords.PRODUCTION_COST)
    await db.open_pool(settings.database_dsn, MODELS, size=settings.database_pool_size)
    public_pool = await asyncpg.create_pool(
        **db.credentials(settings.public_database_dsn), min_size=1, max_size=settings.public_database_pool_size,
        server_settings={"jit": "off", "statement_timeout": "10s"}, timeout=5, command_timeout=10,
    )  # fmt: skip
    cache = connect_cache(settings.valkey_url)

    async def count_in_database(bucket: str, window_start: datetime) -> int:
        return int(await public_pool.fetchval(COUNT_SQL, bucket, window_start))

    limiter = Limiter(cache, count_in_database)
    recorder = Recorder(public_pool)
    return Services(settings, cache, limiter, FileBox(settings.file_key), public_pool, recorder)


async def close_services(services: Services) -> None:
    """Disconnect this process; what is in flight was awaited by the server before."""
    await services.recorder.close()
    await services.cache.aclose()
    await services.cache.connection_pool.disconnect()
    await services.public_pool.close()
    await db.close()
