"""The dispatcher role: brings every outbox event to its subscriber, at least once, those of one key in order.

A claim is a lease: who dies holding one loses it when it runs out, and the next claim takes the event over. Any number
of dispatchers may run.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from server.core import db
from server.core.actor import worker
from server.core.ids import new_id
from server.core.scope import Scope
from server.settings import Settings
from server.wiring import MODELS, SUBSCRIPTIONS, Subscription
from workers.loop import rounds, stop_on_signal

log = logging.getLogger("workers.dispatcher")

LEASE_SECONDS = 30
HANDLER_SECONDS = 20  # shorter than the lease: no event is ever with two workers that both still work
MAX_ATTEMPTS = 8
LONGEST_DELAY_SECONDS = 300
SLOTS = 4  # one hanging event leaves the others three
IDLE_SECONDS = 0.5

# The lease is due_at. An event waits while an older one of its key is open; a dead one holds nobody up.
_CLAIM = """
UPDATE outbox o SET due_at = now() + make_interval(secs => $2), attempts = o.attempts + 1, claimed_by = $1
FROM (
    SELECT c.id FROM outbox c
    WHERE c.done_at IS NULL AND c.dead_at IS NULL AND c.due_at <= now() AND NOT EXISTS (
        SELECT FROM outbox e WHERE e.key = c.key AND e.id < c.id AND e.done_at IS NULL AND e.dead_at IS NULL
    )
    ORDER BY c.due_at, c.id LIMIT $3 FOR UPDATE SKIP LOCKED
) claimed
WHERE o.id = claimed.id
RETURNING o.id, o.tenant_id, o.topic, o.key, o.payload::text AS payload, o.attempts
"""
_DONE = "UPDATE outbox SET done_at = now(), error = NULL WHERE id = $1 AND claimed_by = $2 AND done_at IS NULL"
_FAILED = """
UPDATE outbox SET error = $3, dead_at = CASE WHEN attempts >= $4 THEN now() END, due_at = now() + make_interval(secs => $5)
WHERE id = $1 AND claimed_by = $2 AND done_at IS NULL
"""


class Dispatcher:
    """One process's claims. `name` is unique per start, so a worker that lost its lease changes nothing."""

    def __init__(self, subscriptions: Mapping[str, Subscription] = SUBSCRIPTIONS, *, lease_seconds: float = LEASE_SECONDS,
                 handler_seconds: float = HANDLER_SECONDS) -> None:  # fmt: skip
        self.name = f"dispatcher-{new_id()}"
        self._subscriptions = subscriptions
        self._lease_seconds = lease_seconds
        self._handler_seconds = handler_seconds
        self._running: set[asyncio.Task[None]] = set()

    async def round(self) -> float:
        """Claim what is due into the free slots; the seconds to rest."""
        free = SLOTS - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 0.0
        async with db.transaction(Scope.system()):
            events = await db.fetch(_CLAIM, self.name, self._lease_seconds, free)
        for event in events:
            task = asyncio.create_task(self._bring(event), name=f"event-{event['id']}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if not events and self._running:
            await asyncio.wait(self._running, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return 0.0
        return 0.0 if events else IDLE_SECONDS

    async def drain(self) -> None:
        """Let what is running finish; nothing new is claimed."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._handler_seconds)

    async def _bring(self, event: Any) -> None:
        try:
            await asyncio.wait_for(self._handle(event), self._handler_seconds)
        except Exception as error:
            await self._note_failure(event, error)
            return
        await self._note(_DONE, event["id"], self.name)

    async def _handle(self, event: Any) -> None:
        handler = self._subscriptions.get(event["topic"])
        if handler is None:
            return
        tenant_id = event["tenant_id"]
        actor = worker("dispatcher", tenant_id, str(event["id"]))
        async with db.transaction(Scope.tenant(tenant_id) if tenant_id else Scope.system()):
            await handler(actor, db.loads(event["payload"]))

    async def _note_failure(self, event: Any, error: Exception) -> None:
        """The reason is the kind of error: its text might hold what an event may not."""
        reason = type(error).__name__
        dead = event["attempts"] >= MAX_ATTEMPTS
        log.log(logging.ERROR if dead else logging.WARNING, "event=%s topic=%s attempt=%d failed: %s%s", event["id"],
                event["topic"], event["attempts"], reason, ", given up" if dead else "", exc_info=error if dead else None)  # fmt: skip
        delay = min(2.0 ** event["attempts"], LONGEST_DELAY_SECONDS)
        await self._note(_FAILED, event["id"], self.name, reason, MAX_ATTEMPTS, delay)

    async def _note(self, sql: str, *args: Any) -> None:
        """Where this cannot be written the lease runs out, and the event is brought again."""
        try:
            async with db.transaction(Scope.system()):
                await db.execute(sql, *args)
        except Exception as error:
            log.warning("event=%s not noted: %s", args[0], type(error).__name__)


def main(settings: Settings) -> None:
    """Dispatch until SIGTERM or SIGINT; what is running is finished first."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = stop_on_signal()
    await db.open_pool(settings.database_dsn, MODELS, size=SLOTS + 1)
    dispatcher = Dispatcher()
    try:
        await rounds(stopping, dispatcher.round, log)
        await dispatcher.drain()
    finally:
        with contextlib.suppress(OSError):
            await db.close()
