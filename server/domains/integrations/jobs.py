"""Import jobs as rows: taken in once per file, claimed by one worker at a time under a lease, and accounted for.

    queued → running → done      rows stored (or, in a dry run, looked at); what was refused is listed
                     → refused   nothing stored: the file is not what it should be, or all-or-nothing met an error
                     → failed    given up after too many attempts

`attempts` numbers the attempt under way. Whoever writes the row gives that number; one whose lease ran out and whose job
was taken over writes nothing any more, and its transaction fails.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from i18n import readable
from server.core import db, outbox
from server.core.actor import Actor
from server.core.files import FileBox
from server.core.ids import new_id
from server.domains.access import audit, permissions_of
from server.domains.integrations.cells import CellError
from server.domains.integrations.columns import ImportKind
from server.domains.integrations.gate import SheetFormat

LEASE_SECONDS = 30
MOST_ATTEMPTS = 5
Policy = Literal["all_or_nothing", "good_rows"]


class LeaseLost(RuntimeError):
    """Another worker has taken the job over; what this one was about to write is undone."""


class NewImport(NamedTuple):
    """What is asked for, with the file as it passed the gate."""

    kind: ImportKind
    policy: Policy
    dry_run: bool
    file_name: str
    data: bytes
    format: SheetFormat
    signed: bool


class Claimed(NamedTuple):
    """A job in this worker's hands until its lease ends."""

    tenant_id: UUID
    id: UUID
    attempt: int
    kind: ImportKind
    policy: Policy
    dry_run: bool
    file_digest: bytes
    rows_done: int
    actor: Actor
    format: SheetFormat
    signed: bool
    follows: UUID | None


_STORE_FILE = """
INSERT INTO blob (tenant_id, digest, media_type, size_bytes, sealed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
_MEDIA_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
# The last job of a file that stored something of it, or may yet.
_KNOWN = """
SELECT id, state = 'done' AND rows_failed = 0 OR state IN ('queued', 'running') AS is_whole FROM import_job
WHERE tenant_id = $1 AND kind = $2 AND file_digest = $3 AND NOT dry_run
  AND (state IN ('queued', 'running', 'done') OR policy = 'good_rows' AND rows_done > 0)
ORDER BY id DESC LIMIT 1
"""
_INSERT = """
INSERT INTO import_job (tenant_id, id, kind, file_name, file_digest, policy, dry_run, options, created_by, creator_name, follows)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11)
ON CONFLICT (tenant_id, kind, file_digest, follows) WHERE NOT dry_run AND state IN ('queued', 'running', 'done') DO NOTHING
"""


async def submit(actor: Actor, new: NewImport, box: FileBox) -> tuple[UUID, bool]:
    """Take a file in; its job, and whether it is one taken in before.

    The same file of one kind is one job. One that left rows over is followed by another, which reads those alone.
    """
    digest, sealed = box.seal(actor.tenant, new.data)
    known = await db.fetchrow(_KNOWN, actor.tenant, new.kind, digest)
    if known and known["is_whole"] and not new.dry_run:
        return known["id"], True
    follows = known["id"] if known and not known["is_whole"] else None
    await db.execute(_STORE_FILE, actor.tenant, digest, _MEDIA_TYPES[new.format], len(new.data), sealed)
    job_id = new_id()
    options = {
        "actor": {
            "kind": actor.kind,
            "roles": sorted(actor.roles),
            "request_id": actor.request_id,
            "language": actor.language,
            "owner_id": actor.owner_id,
        },
        "format": new.format,
        "signed": new.signed,
    }  # fmt: skip
    made = await db.execute(
        _INSERT, actor.tenant, job_id, new.kind, new.file_name, digest, new.policy, new.dry_run, db.dumps(options),
        actor.id, actor.name, follows,
    )  # fmt: skip
    if not made:  # the same file came in beside this one
        return await db.fetchval(_KNOWN, actor.tenant, new.kind, digest), True
    after = {"kind": new.kind, "file_name": new.file_name, "digest": digest.hex(), "policy": new.policy,
             "dry_run": new.dry_run, "signed": new.signed, "follows": follows}  # fmt: skip
    await audit.record(actor, "import.submitted", "import_job", job_id, after=after)
    return job_id, False


async def open_jobs(limit: int = 100) -> list[tuple[UUID, UUID]]:
    """Jobs of all enterprises that nobody works on, as (tenant, job), oldest first; in the system scope."""
    rows = await db.fetch(
        "SELECT tenant_id, id FROM import_job WHERE state = 'queued' OR state = 'running' AND lease_until < now()"
        " ORDER BY id LIMIT $1",
        limit,
    )
    return [(row["tenant_id"], row["id"]) for row in rows]


_CLAIM = """
UPDATE import_job SET state = 'running', attempts = attempts + 1, lease_until = now() + make_interval(secs => $3)
WHERE tenant_id = $1 AND id = (
    SELECT id FROM import_job WHERE tenant_id = $1 AND id = $2
      AND (state = 'queued' OR state = 'running' AND lease_until < now()) FOR UPDATE SKIP LOCKED)
RETURNING id, attempts, kind, policy, dry_run, file_digest, rows_done, options::text AS options, created_by, creator_name,
          follows
"""


async def claim(tenant_id: UUID, job_id: UUID) -> Claimed | None:
    """Take the job for LEASE_SECONDS; None where another worker was faster."""
    row = await db.fetchrow(_CLAIM, tenant_id, job_id, float(LEASE_SECONDS))
    if row is None:
        return None
    options = db.loads(row["options"])
    return Claimed(
        tenant_id, row["id"], row["attempts"], row["kind"], row["policy"], row["dry_run"], row["file_digest"],
        row["rows_done"], _sender(tenant_id, dict(row), options["actor"]), options["format"], options["signed"],
        row["follows"],
    )  # fmt: skip


def _sender(tenant_id: UUID, row: Mapping[str, Any], given: Mapping[str, Any]) -> Actor:
    """Whoever sent the file, with the rights they had then: the job does what they asked, in their name."""
    roles = frozenset(given["roles"])
    return Actor(
        given["kind"], row["created_by"], row["creator_name"], tenant_id, None, roles, permissions_of(roles),
        given["request_id"], given["language"],
        owner_id=UUID(given["owner_id"]) if given.get("owner_id") else None,
    )  # fmt: skip


class Leftover(NamedTuple):
    """What an earlier job of the same file did not store: rows it refused, by number, and those it never came to, after
    the first `rows_done` of those it read."""

    rows_done: int
    refused: frozenset[int]
    rows_total: int


_BEFORE = """
WITH RECURSIVE before AS (
    SELECT id, follows, rows_done, rows_total, 1 AS depth FROM import_job WHERE tenant_id = $1 AND id = $2
    UNION ALL
    SELECT j.id, j.follows, j.rows_done, j.rows_total, b.depth + 1
    FROM before b JOIN import_job j ON j.tenant_id = $1 AND j.id = b.follows
)
SELECT rows_done, coalesce(rows_total, 0) AS rows_total,
       ARRAY(SELECT DISTINCT row_no FROM import_error WHERE tenant_id = $1 AND job_id = before.id) AS refused
FROM before ORDER BY depth DESC
"""


async def leftovers(job: Claimed) -> list[Leftover]:
    """Of the jobs that this one follows, the first one first."""
    if job.follows is None:
        return []
    rows = await db.fetch(_BEFORE, job.tenant_id, job.follows)
    return [Leftover(row["rows_done"], frozenset(row["refused"]), row["rows_total"]) for row in rows]


async def read_file(job: Claimed, box: FileBox) -> bytes:
    """The file as it came in, verified."""
    sealed = await db.fetchval(
        "SELECT sealed FROM blob WHERE tenant_id = $1 AND digest = $2", job.tenant_id, job.file_digest
    )
    return box.open(job.tenant_id, job.file_digest, sealed)


_MINE = " WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND state = 'running'"


async def _write(job: Claimed, assignments: str, *values: object) -> None:
    """Write the job's row, still in our hands; LeaseLost otherwise."""
    changed = await db.execute(
        f"UPDATE import_job SET {assignments}{_MINE}", job.tenant_id, job.id, job.attempt, *values  # noqa: S608 - our own texts
    )  # fmt: skip
    if not changed:
        raise LeaseLost


_LEASE = f"lease_until = now() + interval '{LEASE_SECONDS} seconds'"


async def begin(job: Claimed, rows_total: int, unread: Sequence[str]) -> None:
    """The file was opened: how many rows there are, and which columns meant nothing."""
    await _write(
        job, f"rows_total = $4, options = options || $5::jsonb, {_LEASE}", rows_total, db.dumps({"unread": unread})
    )


_SAME = """
SELECT file_name FROM import_job
WHERE tenant_id = $1 AND kind = $2 AND content_digest = $3 AND state IN ('running', 'done') AND id <> $4
"""


async def same_content(job: Claimed, digest: bytes) -> str | None:
    """The name of the file that brought these very rows already; where there is none, they are this job's."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"import:{job.tenant_id}:{digest.hex()}")
    known: str | None = await db.fetchval(_SAME, job.tenant_id, job.kind, digest, job.id)
    if known is None:
        await _write(job, "content_digest = $4", digest)
    return known


async def stay(job: Claimed, rows_seen: int | None = None) -> None:
    """Still alive. `rows_seen`: how far a job is that stores everything at its end."""
    await _write(job, f"rows_done = coalesce($4, rows_done), {_LEASE}", rows_seen)


async def advance(
    job: Claimed, rows_done: int, stored: int, failed: int, sealed_passwords: bytes | None = None
) -> None:
    """A step is stored: what it did stands in the same transaction. `rows_done` is where the next one begins."""
    await _write(
        job,
        "rows_done = $4, rows_stored = rows_stored + $5, rows_failed = rows_failed + $6,"
        f" one_time_passwords = coalesce($7, one_time_passwords), {_LEASE}",
        rows_done, stored, failed, sealed_passwords,
    )  # fmt: skip


async def sealed_passwords(job: Claimed) -> bytes | None:
    found: bytes | None = await db.fetchval(
        "SELECT one_time_passwords FROM import_job WHERE tenant_id = $1 AND id = $2", job.tenant_id, job.id
    )
    return found


_ERRORS = """
INSERT INTO import_error (tenant_id, job_id, position, row_no, column_name, value, code, params)
SELECT $1, $2, (SELECT coalesce(max(position), 0) FROM import_error WHERE tenant_id = $1 AND job_id = $2) + r.n,
       r.row_no, r.column_name, r.value, r.code, r.params::jsonb
FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY
     AS r(row_no, column_name, value, code, params, n)
"""


async def list_errors(job: Claimed, errors: Sequence[CellError]) -> None:
    """Keep what is wrong, in the order of the sheet."""
    if not errors:
        return
    ordered = sorted(errors, key=lambda each: each.row_no)
    await db.execute(
        _ERRORS, job.tenant_id, job.id, [e.row_no for e in ordered], [e.column for e in ordered],
        [_storable(e.value) for e in ordered], [e.code for e in ordered], [db.dumps(readable(e.params)) for e in ordered],
    )  # fmt: skip


def _storable(value: str | None) -> str | None:
    return value.replace("\0", "") if value else value


State = Literal["done", "refused", "failed"]


async def finish(
    job: Claimed, state: State, problem: str | None = None, params: Mapping[str, Any] | None = None
) -> None:
    """The job's end, with one entry in the trail and one event."""
    await _write(
        job, "state = $4, problem = $5, options = options || $6::jsonb, finished_at = now(), lease_until = NULL",
        state, problem, db.dumps({"params": readable(params or {})}),
    )  # fmt: skip
    counts = await db.fetchrow(
        "SELECT rows_total, rows_stored, rows_failed FROM import_job WHERE tenant_id = $1 AND id = $2",
        job.tenant_id,
        job.id,
    )
    after = {"kind": job.kind, "state": state, "problem": problem, "dry_run": job.dry_run, **dict(counts or {})}
    await audit.record(job.actor, f"import.{state}", "import_job", job.id, after=after)
    await outbox.append(
        "ImportFinished", key=str(job.id), payload={"job_id": job.id, "state": state}, tenant_id=job.tenant_id
    )
