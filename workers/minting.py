"""The minting role: takes open orders of all enterprises to their end, a transaction a step.

Any number of these may run; the one that holds an order's lock mints it, the others pass on.
"""

import asyncio
import logging
from collections.abc import Mapping
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import worker
from server.core.constraints import problem_of
from server.core.ids import new_id
from server.domains import codes
from server.settings import Settings
from workers.loop import rounds, stop_on_signal

MODELS = ("server.domains.codes.models",)
CHUNK = 100_000  # codes of one step
IDLE_SECONDS = 0.5

log = logging.getLogger("workers.minting")
_reported: set[UUID] = set()  # orders whose missing key was logged by this process


def main(settings: Settings) -> None:
    """Mint until SIGTERM or SIGINT; a step under way is finished first."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = stop_on_signal()
    keys = {each.version: each.key for each in settings.code_keys}
    await db.open_pool(settings.database_dsn, MODELS, size=1)
    try:
        await mint_until(stopping, keys)
    finally:
        await db.close()


async def mint_until(stopping: asyncio.Event, keys: Mapping[int, bytes]) -> None:
    """Look for open orders and mint them, until `stopping` is set."""

    async def work() -> float:
        return 0.0 if await mint_round(keys, stopping) else IDLE_SECONDS

    await rounds(stopping, work, log)


async def mint_round(keys: Mapping[int, bytes], stopping: asyncio.Event | None = None) -> bool:
    """One step for every open order that no other worker holds; whether anything was minted."""
    async with db.transaction(db.Scope.system()):
        orders = await codes.open_orders()
    worked = False
    for tenant_id, order_id in orders:
        if stopping is not None and stopping.is_set():
            break
        worked |= await _step(tenant_id, order_id, keys)
    return worked


async def _step(tenant_id: UUID, order_id: UUID, keys: Mapping[int, bytes]) -> bool:
    actor = worker("minting", tenant_id, str(new_id()))
    try:
        async with db.transaction(actor.scope()):
            progress = await codes.mint_step(actor, order_id, keys, CHUNK)
    except codes.CodeKeyMissing as error:
        if order_id not in _reported:
            _reported.add(order_id)
            log.error("%s", error)
        return False
    except asyncpg.UniqueViolationError as error:
        if not isinstance(problem_of(error), codes.CodeTaken):
            raise
        async with db.transaction(actor.scope()):
            if not await codes.draws_again(actor, order_id):
                log.warning("order=%s failed: its texts exist already", order_id)
                await codes.fail_order(actor, order_id)
        return True
    return not progress.busy
