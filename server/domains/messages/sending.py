"""Sending: claimed in one transaction, sent outside any, written down in another.

    waiting → sending → sent → delivered | failed
                      → unknown → delivered | failed      no answer, or nobody lived to hear it: never sent again
                      → waiting                           certainly not sent, and worth another try
                      → failed                            certainly not sent, and not worth one
            → expired                                     too late to be of use

A claim is a lease: who dies holding one leaves a message that may have been sent, so it is only asked about.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.clock import EDGE
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.access import SmsLimit, one_time_codes
from server.domains.messages.ports import NotSent, PerhapsSent, Sms, SmsChannel
from server.domains.messages.service import ONE_TIME_CODE

log = logging.getLogger("server.domains.messages")
LEASE_SECONDS = 60
MAX_ATTEMPTS = 3
RETRY_SECONDS = 5.0
LOOK_UP_SECONDS = 60.0
LOOK_UP_UNTIL_HOURS = 24

_CLAIM = """
UPDATE message m SET state = 'sending', claimed_by = $1, attempts = m.attempts + 1, due_at = now() + make_interval(secs => $2)
FROM (SELECT id FROM message WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) c
WHERE m.id = c.id RETURNING m.id, m.recipient, m.template, m.one_time_code_id, m.attempts
"""
_NOTE = """
UPDATE message SET state = $3, due_at = now() + make_interval(secs => $4::float8), vendor_id = coalesce($5, vendor_id), error = $6,
       claimed_by = NULL, sent_at = CASE WHEN $3 IN ('sent', 'unknown') THEN now() ELSE sent_at END,
       ended_at = CASE WHEN $3 IN ('delivered', 'failed', 'expired') THEN now() END
WHERE id = $1 AND claimed_by IS NOT DISTINCT FROM $2
"""
_LOST = """
UPDATE message SET state = 'unknown', error = 'worker_died', claimed_by = NULL, sent_at = now(), due_at = now() + make_interval(secs => $1)
WHERE state = 'sending' AND due_at <= now() RETURNING id
"""
_ASK_ABOUT = """
UPDATE message m SET due_at = CASE WHEN sent_at > now() - make_interval(hours => $1)
                                   THEN now() + greatest(now() - sent_at, make_interval(secs => $2)) END
FROM (SELECT id FROM message WHERE state IN ('sent', 'unknown') AND due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) c
WHERE m.id = c.id RETURNING m.id, m.recipient, m.vendor_id, m.sent_at, m.state
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    id: UUID
    sms: Sms
    attempts: int


class Sender:
    """One process's sending. Any number may run. `key` is that of keyed digests, `day_limit` of codes on all of the platform."""

    def __init__(self, channel: SmsChannel, key: bytes, day_limit: int) -> None:
        self.name = f"sender-{new_id()}"
        self._channel, self._key, self._day_limit = channel, key, day_limit

    async def round(self) -> bool:
        """Send one message, or ask what became of one; whether there was any."""
        async with db.transaction(Scope.system()):
            for row in await db.fetch(_LOST, LOOK_UP_SECONDS):
                log.warning("message=%s may have been sent: its worker ended without a word", row["id"])
            found, claimed = await self._claim()
        if claimed is not None:
            await self._send(claimed)
        return found or await self._ask_about_one()

    async def _claim(self) -> tuple[bool, Claimed | None]:
        row = await db.fetchrow(_CLAIM, self.name, float(LEASE_SECONDS))
        if row is None:
            return False, None
        parameters = await self._parameters(row)
        if parameters is None:
            return True, None
        return True, Claimed(
            row["id"], Sms(row["recipient"], row["template"], parameters, str(row["id"])), row["attempts"]
        )

    async def _parameters(self, row: Any) -> Mapping[str, str] | None:
        """What fills the template; None where the message has come to an end instead."""
        assert row["template"] == ONE_TIME_CODE
        try:
            code = await one_time_codes.make(row["one_time_code_id"], self._key, self._day_limit)
        except SmsLimit:
            log.error("message=%s not sent: the platform's limit of a day is reached", row["id"])
            await self._note(row["id"], "failed", error="day_limit")
            return None
        if code is None:
            await self._note(row["id"], "expired")
            return None
        return {"code": code}

    async def _send(self, claimed: Claimed) -> None:
        try:
            vendor_id = await self._channel.send(claimed.sms)
        except NotSent as error:
            again = error.may_retry and claimed.attempts < MAX_ATTEMPTS
            log.warning("message=%s not sent: %s%s", claimed.id, error.code, ", tried again" if again else "")
            outcome: dict[str, Any] = {"state": "waiting", "seconds": RETRY_SECONDS} if again else {"state": "failed"}
            outcome["error"] = error.code
        except PerhapsSent:
            log.warning("message=%s perhaps sent: no answer", claimed.id)
            outcome = {"state": "unknown", "seconds": LOOK_UP_SECONDS, "error": "no_answer"}
        else:
            outcome = {"state": "sent", "seconds": LOOK_UP_SECONDS, "vendor_id": vendor_id}
        async with db.transaction(Scope.system()):
            await self._note(claimed.id, **outcome)

    async def _note(
        self,
        id: UUID,
        state: str,
        *,
        seconds: float | None = None,
        vendor_id: str | None = None,
        error: str | None = None,
    ) -> None:
        """Only who holds the claim writes: one whose lease ran out changes nothing."""
        await db.execute(_NOTE, id, self.name, state, seconds, vendor_id, error)

    async def _ask_about_one(self) -> bool:
        """One that went out, or may have: what the vendor says of it. After a day nobody asks any more."""
        async with db.transaction(Scope.system()):
            row = await db.fetchrow(_ASK_ABOUT, LOOK_UP_UNTIL_HOURS, LOOK_UP_SECONDS)
        if row is None:
            return False
        day = _day(row["sent_at"])
        fate = await self._channel.look_up(row["recipient"], str(row["id"]), row["vendor_id"], day)
        if fate in ("delivered", "failed"):
            async with db.transaction(Scope.system()):
                await db.execute(
                    _NOTE, row["id"], None, fate, None, None, "not_delivered" if fate == "failed" else None
                )
        return True


def _day(moment: datetime) -> Any:
    return moment.astimezone(EDGE).date()
