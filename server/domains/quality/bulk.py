"""Storing many records set-wise, for imports: judged in memory, copied in two streams, rolled up once per lot."""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.domains import chain
from server.domains.quality.bulk_rows import BulkError, BulkJudge, BulkLot, BulkRecord, BulkRows, row_error
from server.domains.quality.inspection.matching import do_imported
from server.domains.quality.nonconformity.after_release import stop_rejected


class BulkOutcome(NamedTuple):
    """`stored` and `replayed` count records. Records with an error are not stored; the caller decides about the rest."""

    stored: int
    replayed: int
    errors: list[BulkError]


async def store_records(
    actor: Actor, form_version_id: UUID, stage: str, records: Sequence[BulkRecord], *, dry_run: bool = False,
    all_or_nothing: bool = False,
) -> BulkOutcome:  # fmt: skip
    """Judge all, then store what has no error (nothing with `dry_run`, or with `all_or_nothing` and any error).

    Holds the event loop while it judges, some 20 µs a row: for workers, in steps of a few thousand rows.
    """
    at = now()
    await chain.plan_for_many(len(records))
    lots = await _lots(actor.tenant, {record.lot_id for record in records})
    judge = BulkJudge(actor.tenant, at, lots)
    await judge.load(records)
    fresh, replayed, errors = await _fresh(actor.tenant, records)
    rows = BulkRows(actor, form_version_id, stage, at)
    with _no_collection():
        for record, digest in fresh:
            judged, wrong = judge.record(record)
            if wrong:
                errors += wrong
            else:
                rows.add(record, digest, lots[record.lot_id], judged)
    if dry_run or (all_or_nothing and errors):
        return BulkOutcome(len(rows.records) if dry_run else 0, replayed, sorted(errors, key=lambda each: each.line))
    await rows.store()
    await do_imported(actor.tenant, rows.record_ids)
    await stop_rejected(actor, rows.failed)
    return BulkOutcome(len(rows.records), replayed, sorted(errors, key=lambda each: each.line))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of rows, none of them garbage: looking for some would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def _lots(tenant_id: UUID, lot_ids: Iterable[UUID]) -> dict[UUID, BulkLot]:
    rows = await db.fetch(
        "SELECT id, product_id, supplier_id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tenant_id,
        list(lot_ids),
    )
    return {row["id"]: BulkLot(row["product_id"], row["supplier_id"]) for row in rows}


async def _fresh(
    tenant_id: UUID, records: Sequence[BulkRecord]
) -> tuple[list[tuple[BulkRecord, bytes]], int, list[BulkError]]:
    """The records not stored before, how many were, and those whose entry_id carries another body."""
    rows = await db.fetch(
        "SELECT entry_id, body_digest FROM record WHERE tenant_id = $1 AND entry_id = ANY($2::uuid[])",
        tenant_id, [record.entry_id for record in records],
    )  # fmt: skip
    known = {row["entry_id"]: row["body_digest"] for row in rows}
    fresh, replayed, errors = [], 0, []
    for record in records:
        digest = _digest(record)
        before = known.get(record.entry_id)
        if before is None:
            known[record.entry_id] = digest
            fresh.append((record, digest))
        elif before == digest:
            replayed += 1
        else:
            errors.append(row_error(record, "entry_id", "entry_conflict"))
    return fresh, replayed, errors


def _digest(record: BulkRecord) -> bytes:
    parts: list[object] = [
        record.lot_id,
        record.captured_at,
        record.report_no,
        record.operator_name,
        record.checker_name,
    ]
    for result in record.results:
        parts += (result.characteristic_id, result.raw, result.unit)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
