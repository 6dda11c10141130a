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
SHORT_SECONDS = 0.05  # another worker has what is lost in its hands

# The lease is due_at. An event waits while an older one of its key is open; a dead one holds nobody up. Who notes an end,
# good or bad, takes its name off: a name on an event that is due means that its worker ended without a word.
_DUE = """
FROM outbox c
WHERE c.done_at IS NULL AND c.dead_at IS NULL AND c.due_at <= now() AND c.claimed_by IS {named} AND NOT EXISTS (
    SELECT FROM outbox e WHERE e.key = c.key AND e.id < c.id AND e.done_at IS NULL AND e.dead_at IS NULL
)
"""
_TAKE = f"""
UPDATE outbox o SET due_at = now() + make_interval(secs => $2), attempts = o.attempts + 1, claimed_by = $1
FROM (SELECT c.id {_DUE} ORDER BY c.due_at, c.id LIMIT $3 FOR UPDATE SKIP LOCKED) claimed
WHERE o.id = claimed.id
RETURNING o.id, o.tenant_id, o.topic, o.key, o.payload::text AS payload, o.attempts
"""  # noqa: S608 - constants
_CLAIM = _TAKE.format(named="NULL")
_CLAIM_LOST = _TAKE.format(named="NOT NULL")
_IS_LOST = f"SELECT EXISTS (SELECT {_DUE})".format(named="NOT NULL")
_GIVE_UP = f"""
UPDATE outbox SET dead_at = now(), error = $2, claimed_by = NULL
WHERE id IN (SELECT c.id {_DUE} AND c.attempts >= $1 FOR UPDATE SKIP LOCKED)
RETURNING id, topic, attempts
""".format(named="NOT NULL")  # noqa: S608 - constants
WORKER_DIED = "WorkerDied"
_DONE = "UPDATE outbox SET done_at = now(), error = NULL WHERE id = $1 AND claimed_by = $2 AND done_at IS NULL"
_FAILED = """
UPDATE outbox SET error = $3, claimed_by = NULL, dead_at = CASE WHEN attempts >= $4 THEN now() END, due_at = now() + make_interval(secs => $5)
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
        """Claim what is due into the free slots; the seconds to rest.

        An event whose worker died may have killed it. Nothing else is claimed until that one has been brought alone, so
        that it takes no other with it again; it is given up when it has been tried often enough.
        """
        free = SLOTS - len(self._running)
        if free <= 0:
            await self._wait_for_a_slot(None)
            return 0.0
        was_busy = bool(self._running)
        async with db.transaction(Scope.system()):
            lost = await db.fetchval(_IS_LOST)
            events = [] if lost else await db.fetch(_CLAIM, self.name, self._lease_seconds, free)
        for event in events:
            task = asyncio.create_task(self._bring(event), name=f"event-{event['id']}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if lost and not self._running:
            return await self._bring_lost()
        if not events and was_busy:  # one that ended during the claim may have left the next of its key due
            await self._wait_for_a_slot(IDLE_SECONDS)
            return 0.0
        return 0.0 if events else IDLE_SECONDS

    async def _bring_lost(self) -> float:
        async with db.transaction(Scope.system()):
            given_up = await db.fetch(_GIVE_UP, MAX_ATTEMPTS, WORKER_DIED)
            found = await db.fetch(_CLAIM_LOST, self.name, self._lease_seconds, 1)
        for event in given_up:
            _say_failed(event, WORKER_DIED, dead=True)
        for event in found:
            await self._bring(event)
        return 0.0 if found or given_up else SHORT_SECONDS

    async def _wait_for_a_slot(self, seconds: float | None) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

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
        _say_failed(event, reason, dead=dead, error=error if dead else None)
        delay = min(2.0 ** event["attempts"], LONGEST_DELAY_SECONDS)
        await self._note(_FAILED, event["id"], self.name, reason, MAX_ATTEMPTS, delay)

    async def _note(self, sql: str, *args: Any) -> None:
        """Where this cannot be written the lease runs out, and the event is brought again."""
        try:
            async with db.transaction(Scope.system()):
                await db.execute(sql, *args)
        except Exception as error:
            log.warning("event=%s not noted: %s", args[0], type(error).__name__)


def _say_failed(event: Any, reason: str, *, dead: bool, error: Exception | None = None) -> None:
    log.log(logging.ERROR if dead else logging.WARNING, "event=%s topic=%s attempt=%d failed: %s%s", event["id"],
            event["topic"], event["attempts"], reason, ", given up" if dead else "", exc_info=error)  # fmt: skip


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
