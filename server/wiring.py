"""Settings → database, cache, adapters → services. The only place that names concrete parts."""

from collections.abc import Awaitable, Callable, Mapping
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
from server.domains.access.ports import IdentityProvider, PageSigner, RedirectProvider, ServerMessages
from server.domains.messages import on_one_time_code_requested
from server.domains.messages.ports import SmsChannel, VendorsInbox
from server.domains.quality import events
from server.domains.scans import Recorder, on_lot_released, on_record_corrected
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
    await events.on_lot_released(actor, payload)
    await on_lot_released(actor, payload)


SUBSCRIPTIONS: dict[str, Subscription] = {
    "LotReleased": _lot_released,
    "LotsCreated": events.on_lots_created,
    "OneTimeCodeRequested": on_one_time_code_requested,
    "OperationEnded": events.on_operation_ended,
    "OperationRecorded": events.on_operation_recorded,
    "RecordCorrected": on_record_corrected,
    "ShipmentChanged": events.on_shipment_changed,
}
"""Who hears of what, by the topic of the event. A handler runs in one transaction of the event's enterprise, at least
once, so what it does twice must be as good as once. A topic that nobody hears is done when it is claimed."""


@dataclass(frozen=True, slots=True)
class Vendors:
    """The outside world, as far as this installation has accounts in it. Threads of its own, opened when first used."""

    providers: Mapping[str, IdentityProvider]  # by way of signing in
    redirects: Mapping[str, RedirectProvider]  # those of them whose codes come back to a page of ours
    pages: PageSigner | None
    server_messages: ServerMessages | None
    sms: SmsChannel | None
    inbox: VendorsInbox | None  # where vendors are only played
    close: Callable[[], None]


def open_vendors(settings: Settings) -> Vendors:
    """Adapters for the accounts that the settings name. The SDKs are loaded only where there is one."""
    from server.adapters.shared import connect_blocking_cache
    from server.adapters.threads import SIZE, Threads

    threads = Threads("vendors")
    cache = connect_blocking_cache(settings.valkey_url, SIZE)
    providers: dict[str, IdentityProvider] = {}
    redirects: dict[str, RedirectProvider] = {}
    official = server_messages = sms = None
    if settings.wechat_mini_app_id or settings.wechat_official_app_id or settings.wechat_callback_token:
        from server.adapters import wechat

        common: dict[str, Any] = {"base_url": settings.wechat_base_url, "cache": cache, "threads": threads}
        if settings.wechat_mini_app_id and settings.wechat_mini_secret:
            providers["wechat_mini"] = wechat.MiniProgram(
                settings.wechat_mini_app_id, settings.wechat_mini_secret, **common
            )
        if settings.wechat_official_app_id and settings.wechat_official_secret:
            official = wechat.OfficialAccount(
                settings.wechat_official_app_id, settings.wechat_official_secret, **common
            )
            providers["wechat_official"] = redirects["wechat_official"] = official
        if settings.wechat_callback_token:
            server_messages = wechat.SignedByWeChat(settings.wechat_callback_token)
    if settings.alipay_app_id and settings.alipay_app_key and settings.alipay_public_key:
        from server.adapters.alipay import AlipayApp

        providers["alipay"] = AlipayApp(
            settings.alipay_app_id,
            settings.alipay_app_key,
            settings.alipay_public_key,
            gateway=settings.alipay_gateway,
            threads=threads,
        )
    alipay_pages = _alipay_pages(settings, threads)
    if alipay_pages is not None:
        providers["alipay_page"] = redirects["alipay_page"] = alipay_pages
    if settings.aliyun_key_id and settings.aliyun_key_secret and settings.sms_sign_name and settings.sms_code_template:
        from server.adapters.aliyun_sms import AliyunSms

        sms = AliyunSms(
            settings.aliyun_key_id, settings.aliyun_key_secret, url=settings.aliyun_sms_url, sign_name=settings.sms_sign_name,
            templates={"one_time_code": settings.sms_code_template}, threads=threads,
        )  # fmt: skip

    inbox = None
    if settings.mode == "demo":
        from server.adapters.sandbox import SandboxInbox

        inbox = SandboxInbox(settings.wechat_base_url, threads)

    def close() -> None:
        threads.close()
        cache.close()
        cache.connection_pool.disconnect()

    return Vendors(providers, redirects, official, server_messages, sms, inbox, close)


def _alipay_pages(settings: Settings, threads: Any) -> RedirectProvider | None:
    """The app for pages inside Alipay, where there is an account for it."""
    if not (settings.alipay_page_app_id and settings.alipay_page_app_key and settings.alipay_page_public_key):
        return None
    from server.adapters.alipay import AlipayPages

    return AlipayPages(
        settings.alipay_page_app_id, settings.alipay_page_app_key, settings.alipay_page_public_key,
        gateway=settings.alipay_gateway, authorize_url=settings.alipay_authorize_url, threads=threads,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers and workers use besides the domains' functions; one per process."""

    settings: Settings
    cache: aioredis.Redis
    limiter: Limiter
    files: FileBox
    public_pool: "asyncpg.Pool[Any]"
    recorder: Recorder
    vendors: Vendors


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
    return Services(settings, cache, limiter, FileBox(settings.file_key), public_pool, recorder, open_vendors(settings))


async def close_services(services: Services) -> None:
    """Disconnect this process; what is in flight was awaited by the server before."""
    await services.recorder.close()
    services.vendors.close()
    await services.cache.aclose()
    await services.cache.connection_pool.disconnect()
    await services.public_pool.close()
    await db.close()
