"""A record as its storing meets inspections: what it needs before, what it does, and what a failure puts in doubt."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import FieldError
from server.domains.quality.inspection.commands import Inspected
from server.domains.quality.inspection.deciding import Decided, Made, check_named, decide, undo
from server.domains.quality.inspection.late import Lateness, lateness_of
from server.domains.quality.inspection.matching import find_inspection
from server.domains.quality.inspection.problems import NothingInspected
from server.domains.quality.inspection.reach import Reach, reach_of


class Done(NamedTuple):
    """What a record did. `decided` is None where nobody asked for it, `reach` where it failed nothing but itself."""

    decided: Decided | None = None
    reach: Reach | None = None

    @property
    def rejects(self) -> bool:
        return self.decided is not None and self.decided.rejects


class Asked(NamedTuple):
    """What a record says about its inspection."""

    inspection_id: UUID | None
    inspected: Inspected | None
    operation_id: UUID | None
    corrects: UUID | None


async def entry_rules(
    tenant_id: UUID, form_id: UUID, source: str, captured_at: Any, received_at: Any, late_reason: str | None,
    attachments: Sequence[UUID],
) -> tuple[bool, list[FieldError]]:  # fmt: skip
    """Whether the entry is late, and what is missing from it: the reason of a late one, the photo of a sheet."""
    lateness: Lateness = await lateness_of(tenant_id, form_id)
    errors = []
    if late_reason is None and lateness.needs_reason(captured_at, received_at, source):
        errors.append(FieldError("late_reason", "late_reason_required"))
    if source == "paper" and not attachments:
        errors.append(FieldError("attachment_ids", "paper_photo_required"))
    return lateness.is_late(captured_at, received_at) or late_reason is not None, errors


async def do_inspection(tenant_id: UUID, form_id: UUID, subject: Mapping[str, Any], made: Made, asked: Asked) -> Done:
    """Let a stored record do the inspection it names, or the one it fits. A correction decides anew what the corrected
    record had decided. Raises NothingInspected for quantities that decide nothing, and what `decide` raises."""
    inspection_id, inspected = asked.inspection_id, asked.inspected
    undone = await undo(tenant_id, asked.corrects) if asked.corrects else None
    if undone is not None and inspection_id in (None, undone[0]):
        inspection_id, inspected = undone[0], inspected or undone[1]
    elif inspection_id is not None:
        await check_named(tenant_id, inspection_id, form_id, subject)
    else:
        inspection_id = await find_inspection(tenant_id, form_id, subject, made.at, asked.operation_id)
    decided = await decide(tenant_id, inspection_id, made, inspected) if inspection_id else None
    if decided is None and asked.inspected is not None:
        raise NothingInspected(field="inspected")
    return (await done_alone(tenant_id, made.record_id, made.verdict))._replace(decided=decided)


async def done_alone(tenant_id: UUID, record_id: UUID, verdict: str) -> Done:
    """A record that does no inspection, and what its failure puts in doubt."""
    return Done(None, await reach_of(tenant_id, record_id) if verdict == "fail" else None)


async def done_before(tenant_id: UUID, record_id: UUID, verdict: str) -> Done:
    """What a record that is stored already did, as its inspection stands now."""
    row = await db.fetchrow(
        "SELECT i.* FROM inspection_result x JOIN inspection i ON i.tenant_id = x.tenant_id AND i.id = x.inspection_id"
        " WHERE x.tenant_id = $1 AND x.record_id = $2",
        tenant_id, record_id,
    )  # fmt: skip
    decided = None
    if row is not None:
        late = (row["entered_at"] or row["due_at"]) > row["due_at"]
        decided = Decided(
            row["id"], row["trigger"], row["verdict"], late, row["quantity"], row["accepted"], row["rejected"],
            row["pending"], db.loads(row["sampling"]),
        )  # fmt: skip
    return Done(decided, await reach_of(tenant_id, record_id) if verdict == "fail" else None)
