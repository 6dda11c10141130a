"""The importing role: carries out the imports of all enterprises, one at a time.

Any number of these may run; each job is one's alone for as long as it says so every few seconds. A job whose worker
died is taken over within half a minute, and goes on where its last step was stored.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from server.core import db
from server.core.files import FileBox
from server.domains import integrations
from server.domains.access import passwords
from server.settings import Settings
from workers.loop import AWAY, rounds, stop_on_signal

MODELS = (
    "server.domains.access.models",
    "server.domains.codes.models",
    "server.domains.chain.models",
    "server.domains.quality.models",
)
IDLE_SECONDS = 0.5

log = logging.getLogger("workers.importer")


def main(settings: Settings) -> None:
    """Import until SIGTERM or SIGINT; what is under way then is taken over by the next one."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = stop_on_signal()
    passwords.use_cost(passwords.TEST_COST if settings.mode == "test" else passwords.PRODUCTION_COST)
    await db.open_pool(settings.database_dsn, MODELS, size=2)  # one for the job, one for its heartbeat
    try:
        await until_told(stopping, import_until(stopping, FileBox(settings.file_key), limits_of(settings)))
    finally:
        await db.close()


async def until_told(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Work until told to stop, and then leave off at once. What the work raises is raised here."""
    working, told = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([working, told], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, told):
            task.cancel()
        await asyncio.gather(working, told, return_exceptions=True)


def limits_of(settings: Settings) -> integrations.FileLimits:
    return integrations.FileLimits(
        settings.import_max_file_bytes, settings.import_max_rows, settings.import_max_cell_chars
    )


async def import_until(stopping: asyncio.Event, box: FileBox, limits: integrations.FileLimits) -> None:
    """Look for open jobs and carry them out, until `stopping` is set."""

    async def work() -> float:
        return 0.0 if await import_round(box, limits) else IDLE_SECONDS

    await rounds(stopping, work, log)


async def import_round(box: FileBox, limits: integrations.FileLimits) -> bool:
    """Carry out the oldest job that no other worker holds; whether there was one."""
    async with db.transaction(db.Scope.system()):
        waiting = await integrations.open_jobs()
    for tenant_id, job_id in waiting:
        async with db.transaction(db.Scope.tenant(tenant_id)):
            job = await integrations.claim(tenant_id, job_id)
        if job is not None:
            await _carry_out(job, box, limits)
            return True
    return False


async def _carry_out(job: integrations.Claimed, box: FileBox, limits: integrations.FileLimits) -> None:
    try:
        await integrations.run_job(job, box, limits)
    except integrations.LeaseLost:
        log.warning("import job=%s was taken over by another worker", job.id)
    except AWAY:
        raise
    except Exception:
        # Its lease runs out, and it is tried again; after some tries it is given up.
        log.exception("import job=%s attempt=%d broke off", job.id, job.attempt)
