"""What a record decides of the inspection it does: the verdict, how much of the quantity, by which sampling plan."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import FieldError, Invalid, NotFound
from server.domains.quality.inspection.commands import Inspected
from server.domains.quality.inspection.problems import (
    InspectionClosed,
    InspectionOfOther,
    QuantitiesExceedPending,
    SampleTooSmall,
)
from server.domains.quality.inspection.sampling import Plan
from server.domains.quality.inspection.severity import plan_of

ZERO = Decimal(0)
_SUBJECTS = ("lot_id", "device_id", "place_id", "shipment_id")
_LOCK = """
SELECT i.*, v.sampling ->> 'aql' AS aql, v.sampling ->> 'level' AS level
FROM inspection i JOIN inspection_plan_version v ON v.tenant_id = i.tenant_id AND v.id = i.plan_version_id
WHERE i.tenant_id = $1 AND i.id = $2 FOR UPDATE OF i
"""
_RESULT = """
INSERT INTO inspection_result (tenant_id, inspection_id, record_id, verdict, accepted, rejected, sample_size, defectives)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_UPDATE = """
UPDATE inspection SET accepted = $3, rejected = $4, pending = $5, state = $6, verdict = $7, record_id = $8, done_at = $9,
       entered_at = $10, sampling = $11::jsonb
WHERE tenant_id = $1 AND id = $2
"""


class Made(NamedTuple):
    """The record that was made. `complete`: all that was asked is filled in, whether or not there were limits."""

    record_id: UUID
    verdict: str
    at: datetime
    received_at: datetime
    complete: bool


class Decided(NamedTuple):
    """What became of an inspection. `verdict` is None while a quantity is pending."""

    inspection_id: UUID
    trigger: str
    verdict: str | None
    late: bool
    quantity: Decimal | None
    accepted: Decimal
    rejected: Decimal
    pending: Decimal
    sampling: dict[str, Any] | None

    @property
    def rejects(self) -> bool:
        """By its sample or by what was said of the quantity too, though every result of the record may pass."""
        return self.verdict == "fail" or self.rejected > 0


class _Share(NamedTuple):
    verdict: str
    accepted: Decimal
    rejected: Decimal


async def check_named(tenant_id: UUID, inspection_id: UUID, form_id: UUID, subject: Mapping[str, Any]) -> None:
    """NotFound, InspectionOfOther, or InspectionClosed where a record cannot do the inspection it names."""
    row = await db.fetchrow(_LOCK, tenant_id, inspection_id)
    if row is None:
        raise NotFound(field="inspection_id")
    same = all(row[name] == subject.get(name) for name in _SUBJECTS)
    if row["form_id"] != form_id or not same or (row["working_day"] is None) != (subject.get("working_day") is None):
        raise InspectionOfOther(field="inspection_id")
    if row["state"] != "open":
        raise InspectionClosed(field="inspection_id")


async def decide(tenant_id: UUID, inspection_id: UUID, made: Made, inspected: Inspected | None) -> Decided | None:
    """Write what the record decides; None where it decides nothing, being incomplete. Raises SampleTooSmall,
    QuantitiesExceedPending, Invalid."""
    if made.verdict == "not_judged" and not made.complete:
        return None
    row = await db.fetchrow(_LOCK, tenant_id, inspection_id)
    assert row is not None
    inspection = dict(row)
    plan = await plan_of(tenant_id, inspection)
    share = _share(inspection, made, inspected, plan)
    sample = (inspected.sample_size, inspected.defectives) if inspected else (None, None)
    await db.execute(
        _RESULT, tenant_id, inspection_id, made.record_id, share.verdict, share.accepted, share.rejected, *sample
    )
    return await _write(tenant_id, inspection, made, share, plan)


def _share(inspection: Mapping[str, Any], made: Made, inspected: Inspected | None, plan: Plan | None) -> _Share:
    pending = inspection["pending"]
    if inspected is None:
        if plan is not None and made.verdict != "fail":
            raise Invalid([FieldError("inspected", "sample_required", {"sample_size": plan.sample_size})])
        return _whole(made.verdict, pending)
    if inspected.sample_size is not None:
        return _whole(_by_sample(made, inspected, plan), pending)
    accepted, rejected = inspected.accepted or ZERO, inspected.rejected or ZERO
    if accepted + rejected > pending:
        raise QuantitiesExceedPending(field="inspected", pending=f"{pending:f}")
    if plan is not None and accepted + rejected < inspection["quantity"]:
        raise Invalid([FieldError("inspected", "sample_required", {"sample_size": plan.sample_size})])
    return _Share("fail" if rejected or made.verdict == "fail" else "pass", accepted, rejected)


def _whole(verdict: str, pending: Decimal) -> _Share:
    return _Share(verdict, ZERO, pending) if verdict == "fail" else _Share(verdict, pending, ZERO)


def _by_sample(made: Made, inspected: Inspected, plan: Plan | None) -> str:
    """Accepted with at most Ac nonconforming items; without a plan none may be. A failed limit fails all the same."""
    assert inspected.sample_size is not None
    assert inspected.defectives is not None
    if plan is not None and inspected.sample_size < plan.sample_size and inspected.defectives < plan.reject:
        raise SampleTooSmall(field="inspected.sample_size", sample_size=plan.sample_size)
    if made.verdict == "fail" or inspected.defectives > (plan.accept if plan else 0):
        return "fail"
    return "pass"


async def _write(
    tenant_id: UUID, inspection: Mapping[str, Any], made: Made, share: _Share, plan: Plan | None
) -> Decided:
    accepted, rejected = inspection["accepted"] + share.accepted, inspection["rejected"] + share.rejected
    pending = inspection["pending"] - share.accepted - share.rejected
    done = pending == 0
    verdict = await _verdict(tenant_id, inspection["id"], rejected, share) if done else None
    sampling = None if plan is None else plan._asdict() | {"reject": plan.reject}
    await db.execute(
        _UPDATE, tenant_id, inspection["id"], accepted, rejected, pending, "done" if done else "open", verdict,
        made.record_id, made.at if done else None, made.received_at if done else None,
        None if sampling is None else db.dumps(sampling),
    )  # fmt: skip
    late = made.received_at > inspection["due_at"]
    return Decided(
        inspection["id"],
        inspection["trigger"],
        verdict,
        late,
        inspection["quantity"],
        accepted,
        rejected,
        pending,
        sampling,
    )


async def _verdict(tenant_id: UUID, inspection_id: UUID, rejected: Decimal, share: _Share) -> str:
    """Over several records: what was rejected or failed once stays so."""
    failed = await db.fetchval(
        "SELECT EXISTS (SELECT FROM inspection_result x WHERE x.tenant_id = $1 AND x.inspection_id = $2 AND x.verdict = 'fail'"
        " AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = x.record_id))",
        tenant_id, inspection_id,
    )  # fmt: skip
    return "fail" if rejected > 0 or failed else share.verdict


_REOPEN = """
UPDATE inspection SET accepted = accepted - $3, rejected = rejected - $4,
       pending = pending + $3 + $4, state = 'open', verdict = NULL, done_at = NULL, entered_at = NULL, record_id = NULL
WHERE tenant_id = $1 AND id = $2
"""


async def undo(tenant_id: UUID, record_id: UUID) -> tuple[UUID, Inspected | None] | None:
    """A record is about to be corrected: what it decided is open again, for the correction to decide. The inspection and
    what was said of the quantity; None where the record did none."""
    row = await db.fetchrow(
        "SELECT inspection_id, accepted, rejected, sample_size, defectives FROM inspection_result"
        " WHERE tenant_id = $1 AND record_id = $2",
        tenant_id, record_id,
    )  # fmt: skip
    if row is None:
        return None
    inspection = await db.fetchrow(_LOCK, tenant_id, row["inspection_id"])
    assert inspection is not None
    await db.execute(_REOPEN, tenant_id, row["inspection_id"], row["accepted"], row["rejected"])
    if row["sample_size"] is not None:
        return row["inspection_id"], Inspected(sample_size=row["sample_size"], defectives=row["defectives"])
    share = row["accepted"] + row["rejected"]
    if inspection["quantity"] is not None and share < inspection["quantity"]:
        return row["inspection_id"], Inspected(accepted=row["accepted"], rejected=row["rejected"])
    return row["inspection_id"], None
