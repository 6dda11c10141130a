"""The scheduler role: makes next months' partitions, throws away what has served its time, and looks what fell due.

Every step may run twice, or in several processes at once, and is as good as once.
"""

import asyncio
import logging
from functools import partial

from server.core import db
from server.core.actor import worker
from server.core.clock import now
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.quality import events, phone
from server.settings import Settings
from server.wiring import MODELS
from workers.loop import AWAY, rounds, stop_on_signal

log = logging.getLogger("workers.scheduler")

EVERY_SECONDS = 600.0
MONTHS_AHEAD = 2
BATCH = 10_000
_OLD = {
    "idempotency_key": "created_at < now() - interval '7 days'",
    "limit_counter": "window_start < now() - interval '1 hour'",
    "outbox": "done_at < now() - interval '30 days'",
    "one_time_code": "created_at < now() - interval '2 days'",
    "one_time_code_use": "window_start < now() - interval '2 days'",
    "callback_nonce": "seen_at < now() - interval '1 day'",
    "message": "created_at < now() - interval '30 days'",
}
"""What is deleted, by table. A dead event stays until a person looks at it."""


async def tick(contact_days: int = Settings.complaint_contact_days) -> float:
    """All of it once; the seconds to rest."""
    async with db.transaction(Scope.system()):
        made = await db.fetchval("SELECT make_scan_partitions($1)", MONTHS_AHEAD)
    if made:
        log.info("%d partitions made", made)
    for table, old in _OLD.items():
        await _purge(table, old)
    await _enterprises()
    await erase_contacts(contact_days)
    return EVERY_SECONDS


async def erase_contacts(days: int) -> None:
    """What consumers left to be reached by is kept no longer than that."""
    async with db.transaction(Scope.system()):
        erased = await db.fetchval("SELECT erase_complaint_contacts($1)", days)
    if erased:
        log.info("%d contacts of complaints erased", erased)


async def _enterprises() -> None:
    """Enterprise by enterprise: what the clock makes due and what it says was missed; photos that stopped coming."""
    async with db.transaction(Scope.system()):
        tenants = [row["id"] for row in await db.fetch("SELECT id FROM tenant WHERE state = 'active' ORDER BY id")]
    for tenant_id in tenants:
        try:
            async with db.transaction(Scope.tenant(tenant_id)):
                missed = await events.tick(worker("scheduler", tenant_id, str(new_id())), now())
                swept = await phone.sweep_parts(tenant_id)
        except AWAY:
            raise
        except Exception:  # one enterprise's trouble is not the others'
            log.exception("tenant=%s not looked at", tenant_id)
            continue
        if missed:
            log.info("tenant=%s %d inspections missed", tenant_id, missed)
        if swept:
            log.info("tenant=%s %d unfinished photos swept", tenant_id, swept)


async def _purge(table: str, old: str) -> None:
    """In small transactions, so that nobody waits for them."""
    sql = f"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {old} LIMIT {BATCH}))"  # noqa: S608 - constants
    while True:
        async with db.transaction(Scope.system()):
            if await db.execute(sql) < BATCH:
                return


def main(settings: Settings) -> None:
    """Tick until SIGTERM or SIGINT."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = stop_on_signal()
    await db.open_pool(settings.database_dsn, MODELS, size=1)
    try:
        await rounds(stopping, partial(tick, settings.complaint_contact_days), log)
    finally:
        await db.close()
