"""Codes by short message: asked for, made when they are sent, tried at most five times, used once. In the system scope.

Whoever types a number gets the same answer; only a number that is bound, or comes with an invitation, gets a message.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.core import db, outbox
from server.core.ids import new_id
from server.domains.access import tokens
from server.domains.access.identities import Identity, is_expected
from server.domains.access.lockout import network_of
from server.domains.access.phone_commands import AskForCode
from server.domains.access.problems import SignInCodeRefused, SmsLimit

LIFE_SECONDS = 300
MAX_TRIES = 5
RESEND_SECONDS = 60
PHONE_LIMITS = (
    (60, 1),
    (3600, 5),
    (86400, 10),
)  # (seconds, most) to one number: what Aliyun allows, so that it never has to refuse
ADDRESS_LIMITS = ((3600, 40), (86400, 200))  # a whole plant may share one address
DAY_SECONDS = 86400
TOPIC = "OneTimeCodeRequested"


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that will be sent, if anybody is behind the number."""

    request_id: UUID
    seconds: int = LIFE_SECONDS
    resend_after_seconds: int = RESEND_SECONDS


async def ask(command: AskForCode, address: str) -> Asked:
    """Count and write down the wish; SmsLimit where one must wait. Sending is somebody else's."""
    await _limit_phone(command.phone)
    for seconds, most in ADDRESS_LIMITS:
        if not await _count(f"address:{network_of(address)}", seconds, most):
            raise SmsLimit(retry_after_seconds=seconds)
    id = new_id()
    await db.execute(
        "INSERT INTO one_time_code (id, phone, invitation_digest, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        id, command.phone, tokens.digest(command.invitation) if command.invitation else None, float(LIFE_SECONDS),
    )  # fmt: skip
    await outbox.append(TOPIC, key=f"one_time_code {id}", payload={"one_time_code_id": str(id)}, tenant_id=None)
    return Asked(id)


async def _limit_phone(phone: str) -> None:
    """By the rows themselves, under a lock of the number: the windows move with the clock, as the vendor's do."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('one_time_code ' || $1, 0))", phone)
    for seconds, most in PHONE_LIMITS:
        row = await db.fetchrow(
            "SELECT count(*) AS used, ceil(extract(epoch FROM min(created_at) + make_interval(secs => $2) - now()))::int AS wait"
            " FROM one_time_code WHERE phone = $1 AND created_at > now() - make_interval(secs => $2)",
            phone, float(seconds),
        )  # fmt: skip
        if row is not None and row["used"] >= most:
            raise SmsLimit(retry_after_seconds=max(1, row["wait"]))


async def _count(bucket: str, seconds: int, most: int) -> bool:
    """Count one use in this window, atomically; False where it is full."""
    used = await db.fetchval(
        "INSERT INTO one_time_code_use AS u (bucket, window_start, used)"
        " VALUES ($1, to_timestamp(floor(extract(epoch FROM now()) / $2::int) * $2::int), 1)"
        " ON CONFLICT (bucket, window_start) DO UPDATE SET used = u.used + 1 WHERE u.used < $3 RETURNING used",
        f"{bucket}:{seconds}", seconds, most,
    )  # fmt: skip
    return used is not None


async def wanted(request_id: UUID) -> str | None:
    """The number that the code is for; None where nobody is behind it, or it is too late."""
    row = await db.fetchrow(
        "SELECT phone, invitation_digest FROM one_time_code WHERE id = $1 AND expires_at > now() AND used_at IS NULL",
        request_id,
    )
    if row is None or not await is_expected(Identity("phone", "", row["phone"]), row["invitation_digest"]):
        return None
    return str(row["phone"])


async def make(request_id: UUID, key: bytes, day_limit: int) -> str | None:
    """The code, now that it is being sent; only its keyed digest is kept. None where it is too late.

    SmsLimit where the whole platform has sent as many as it may in a day.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    made = await db.execute(
        "UPDATE one_time_code SET digest = $2 WHERE id = $1 AND expires_at > now() AND used_at IS NULL",
        request_id, _digest(key, request_id, code),
    )  # fmt: skip
    if not made:
        return None
    if not await _count("everybody", DAY_SECONDS, day_limit):
        raise SmsLimit(retry_after_seconds=DAY_SECONDS)
    return code


async def begin_try(request_id: UUID) -> Any:
    """Count a try, to be committed before it is judged; None where there is nothing to try any more."""
    return await db.fetchrow(
        "UPDATE one_time_code SET tries = tries + 1 WHERE id = $1 AND tries < $2 AND used_at IS NULL AND expires_at > now()"
        " AND digest IS NOT NULL RETURNING phone, digest, invitation_digest",
        request_id, MAX_TRIES,
    )  # fmt: skip


def is_right(row: Any, request_id: UUID, code: str, invitation: str | None, key: bytes) -> bool:
    """Whether it is the code of this request, asked for with the same invitation or with none."""
    if row is None:
        return False
    given = tokens.digest(invitation) if invitation else b""
    right = hmac.compare_digest(row["digest"], _digest(key, request_id, code.strip()))
    return hmac.compare_digest(row["invitation_digest"] or b"", given) and right


async def use_up(request_id: UUID) -> None:
    """The code is spent; SignInCodeRefused where another was faster."""
    if not await db.execute("UPDATE one_time_code SET used_at = now() WHERE id = $1 AND used_at IS NULL", request_id):
        raise SignInCodeRefused


def _digest(key: bytes, request_id: UUID, code: str) -> bytes:
    """Keyed, for a million codes are quickly tried against a plain digest."""
    return hmac.digest(key, b"one time code\x00" + request_id.bytes + code.encode(), "sha256")
