"""The messenger role: brings messages to the vendors and asks what became of them. Any number of these may run.

Without an account for short messages there is nothing to do, and it says so once.
"""

import asyncio
import logging

from server.core import db
from server.domains.messages import Sender
from server.settings import Settings
from server.wiring import MODELS, open_vendors
from workers.loop import rounds, stop_on_signal

log = logging.getLogger("workers.messenger")
IDLE_SECONDS = 0.5


def main(settings: Settings) -> None:
    """Send until SIGTERM or SIGINT; what is under way is finished first."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = stop_on_signal()
    vendors = open_vendors(settings)
    await db.open_pool(settings.database_dsn, MODELS, size=1)
    try:
        if vendors.sms is None:
            log.info("no account for short messages: nothing is sent")
            await stopping.wait()
        else:
            await send_until(stopping, Sender(vendors.sms, settings.token_key, settings.sms_day_limit))
    finally:
        await db.close()
        vendors.close()


async def send_until(stopping: asyncio.Event, sender: Sender) -> None:
    """Look for messages and send them, one at a time, until `stopping` is set."""

    async def work() -> float:
        return 0.0 if await sender.round() else IDLE_SECONDS

    await rounds(stopping, work, log)
