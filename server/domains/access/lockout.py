"""Waiting after failed tries: counted in PostgreSQL before the try, forgiven after a good one.

Every try is counted first and atomically, so that a thousand at once are no more than a thousand in turn. Failures leak
away with time and a refused try counts nothing, so nothing stays locked for ever. Who signs waits for his own earlier try to
be judged, so that it is never counted against him while it is still looked at.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from server.core.errors import Unavailable
from server.domains.access.identifiers import normal_username
from server.domains.access.problems import SignInLocked


@dataclass(frozen=True, slots=True)
class Policy:
    """`free` tries; then waits of `first_wait_seconds`, doubling up to `longest_wait_seconds`. One failure leaks away
    every `leak_seconds`."""

    free: int
    leak_seconds: float
    first_wait_seconds: float
    longest_wait_seconds: float

    @property
    def threshold(self) -> float:
        """What counts as `free` failures although a little has leaked meanwhile."""
        return self.free - 0.5


ACCOUNT = Policy(5, 3600, 60, 900)
KNOWN_DEVICE = Policy(10, 600, 30, 300)  # the rightful owner's own bucket: no stranger's tries reach it
ADDRESS = Policy(100, 60, 60, 900)  # a whole plant may share one address
EVERYBODY = Policy(1000, 3.6, 1, 30)
SIGNING = Policy(5, 3600, 60, 900)


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    policy: Policy
    own: bool = True  # emptied by a good try; a shared one only gets its count back


class Connection(Protocol):
    """What is needed of `server.core.db` or of a connection apart."""

    async def fetchrow(self, sql: str, /, *args: Any) -> Any: ...
    async def execute(self, sql: str, /, *args: Any) -> Any: ...


def account_bucket(username: str) -> Bucket:
    """The bucket of a name, whether anybody has it or not."""
    return Bucket("account:" + hashlib.sha256(normal_username(username).lower().encode()).hexdigest(), ACCOUNT)


def stranger_buckets(username: str, address: str) -> list[Bucket]:
    """What a try from a browser we do not know is counted in."""
    return [
        account_bucket(username),
        Bucket("address:" + network_of(address), ADDRESS, own=False),
        Bucket("everybody", EVERYBODY, own=False),
    ]


def device_bucket(user_id: UUID, digest: bytes) -> Bucket:
    """The bucket of one person on one browser in which he signed in before."""
    return Bucket(f"device:{user_id}:{digest.hex()}", KNOWN_DEVICE)


def signing_bucket(user_id: UUID) -> Bucket:
    """Passwords given again to sign an act."""
    return Bucket(f"signing:{user_id}", SIGNING)


def network_of(address: str) -> str:
    """What counts as one caller: an address, or the /64 that one host has of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if parsed.version == 6 else address


_LEAKED = "greatest(0, f.failures - extract(epoch FROM clock_timestamp() - f.last_at) / $3::float8) + 1"
_COUNT = f"""
INSERT INTO sign_in_failure AS f (bucket, failures, last_at) VALUES ($1, 1, clock_timestamp())
ON CONFLICT (bucket) DO UPDATE SET
    failures = {_LEAKED}, last_at = clock_timestamp(),
    locked_until = CASE WHEN {_LEAKED} >= $2::float8 THEN clock_timestamp()
        + make_interval(secs => least($4::float8 * 2 ^ least(floor({_LEAKED} - $2::float8), 20), $5::float8)) END
WHERE f.locked_until IS NULL OR f.locked_until <= clock_timestamp()
RETURNING f.failures
"""  # noqa: S608 - made of constants


async def wait_turn(connection: Connection, bucket: Bucket) -> None:
    """Wait until no other try of this bucket is under way, in any process; the turn lasts as long as the connection.
    Unavailable where it does not come in time."""
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtextextended('try ' || $1, 0))", bucket.name)
    except TimeoutError:
        raise Unavailable(retry_after_seconds=3) from None


async def admit(connection: Connection, buckets: Sequence[Bucket]) -> None:
    """Count one try in every bucket, in the caller's transaction; SignInLocked (undo it) where one must wait."""
    for bucket in sorted(buckets, key=lambda b: b.name):
        p = bucket.policy
        row = await connection.fetchrow(
            _COUNT, bucket.name, p.threshold, p.leak_seconds, p.first_wait_seconds, p.longest_wait_seconds
        )
        if row is None:
            raise SignInLocked(retry_after_seconds=await _seconds_left(connection, bucket))


async def forgive(connection: Connection, buckets: Sequence[Bucket]) -> None:
    """The try was good: what it had counted is taken back."""
    for bucket in sorted(buckets, key=lambda b: b.name):
        if bucket.own:
            await connection.execute("DELETE FROM sign_in_failure WHERE bucket = $1", bucket.name)
        else:
            await connection.execute(
                "UPDATE sign_in_failure SET failures = greatest(0, failures - 1),"
                " locked_until = CASE WHEN failures - 1 >= $2::float8 THEN locked_until END WHERE bucket = $1",
                bucket.name, bucket.policy.threshold,
            )  # fmt: skip


async def forget_old(connection: Connection) -> None:
    """Drop buckets in which everything has leaked away."""
    await connection.execute("DELETE FROM sign_in_failure WHERE last_at < now() - interval '2 days'")


async def _seconds_left(connection: Connection, bucket: Bucket) -> int:
    row = await connection.fetchrow(
        "SELECT ceil(extract(epoch FROM locked_until - clock_timestamp()))::int AS seconds"
        " FROM sign_in_failure WHERE bucket = $1", bucket.name,
    )  # fmt: skip
    return max(1, row["seconds"] or 1) if row else 1
