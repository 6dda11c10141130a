"""Storing a record: one filled-in form about one subject, judged, with its measurements and roll-up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import FieldError, Invalid
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import audit
from server.domains.quality.commands import NewRecord
from server.domains.quality.confirming import second_demanded
from server.domains.quality.dating import When, done_at
from server.domains.quality.entries import Entry, Warned, judge_entry
from server.domains.quality.forms import Checked
from server.domains.quality.inspection.checks_of_many import as_one, rows_stored
from server.domains.quality.inspection.deciding import Made
from server.domains.quality.inspection.doing import Asked, Done, do_inspection, done_alone, entry_rules
from server.domains.quality.judging import Yardstick, load_characteristics, load_yardsticks
from server.domains.quality.nonconformity.after_release import (
    end_answered,
    stop_outside_customers_limit,
    stop_rejected,
    stop_what_fails_still,
    stopped_by_failure,
)
from server.domains.quality.nonconformity.calling_back import call_back
from server.domains.quality.nonconformity.gauges import Gauge, admit_gauges, keep_gauges
from server.domains.quality.nonconformity.law import keep_law, legally_stopped, outside_law_before, stop_outside_law
from server.domains.quality.record_corrections import corrected_by
from server.domains.quality.replays import Stored, digest_of, replay_of
from server.domains.quality.rollup import LotQuality, add_to_lots, contribution
from server.domains.quality.subjects import Subject, resolve_subject
from server.domains.quality.versions import FormVersion, version_by_id, version_in_force
from server.domains.quality.writing import insert_measurements, insert_record, measurement_rows

Check = Literal["item", "whole"]  # one of many that were checked together, and the check itself


class _Judged(NamedTuple):
    version: FormVersion
    checked: Checked
    entry: Entry


async def record_entry(actor: Actor, command: NewRecord, *, waited: bool = False, check: Check | None = None) -> Stored:
    """Store one record. Raises Invalid (missing, impossible), EntryConflict, NotFound; a replay stores nothing.

    `waited`: it was entered in time and waited for a network; late all the same, it need not say why. `check`: it is one of
    many that were checked together."""
    digest = digest_of(command)
    if (before := await replay_of(actor, command.entry_id, digest)) is not None:
        return before
    received_at = now()
    version = await _version_of(actor.tenant, command, received_at)
    subject = await resolve_subject(actor, command, version)
    when = await done_at(actor.tenant, command.captured_at, command.corrects, received_at)
    gauges = await admit_gauges(actor.tenant, command.gauge_ids, command.operation_id, when.at)
    judged = _marked(await _judge(actor, command, version, subject, received_at), gauges)
    late, unsaid = await entry_rules(
        actor.tenant, version.form_id, command.source, command.captured_at, received_at, command.late_reason, command.attachment_ids
    )  # fmt: skip
    if waited:
        unsaid = [each for each in unsaid if each.code != "late_reason_required"]
    problems = _refusals(judged, incomplete=command.incomplete) + unsaid
    if problems:
        raise Invalid(problems)
    corrected = await corrected_by(actor.tenant, command.corrects, version.form_id, subject, judged.entry)
    outside_law = await outside_law_before(actor, command.corrects)
    demanded = await second_demanded(actor, command.operator_name, judged.entry.measured, outside_law)
    judged = _demanding(judged) if demanded else judged
    in_force = await _verdict_in_force(actor, command, judged, subject, received_at)
    record_id = new_id()
    values = _record_values(actor, command, judged, subject, received_at, digest, in_force) | {
        "late_entry": late,
        "second_demanded": demanded,
        "captured_at": when.captured_at,
    }
    if not await insert_record(actor.tenant, record_id, values):
        stored = await replay_of(actor, command.entry_id, digest)
        assert stored is not None
        return stored
    holds_change = await _may_stop_or_free(actor.tenant, command, subject, judged.entry)
    if holds_change:
        await chain.lock_graph(actor.tenant)  # before any roll-up, as everywhere: the graph, then rows
    await insert_measurements(measurement_rows(actor, record_id, judged.version.stage, judged.entry, subject, when.at))
    await _attach(actor, record_id, command.attachment_ids)
    await keep_gauges(actor.tenant, record_id, gauges, when.at, subject.lot_id, len(judged.entry.measured))
    await _roll_up(actor, subject, judged.entry, len(set(command.attachment_ids)), received_at, corrected)
    await keep_law(actor, record_id, subject.lot_id, judged.entry.failed_sets, outside_law)
    done = await _inspect(actor, record_id, command, judged, subject, when, received_at, check)
    if subject.lot_id is not None and (judged.entry.verdict == "fail" or done.rejects):
        await call_back(actor, [subject.lot_id])
        await stop_rejected(actor, [subject.lot_id])
    if subject.lot_id is not None and holds_change:
        if "customer" in judged.entry.failed_sets and "legal" not in judged.entry.failed_sets:
            await stop_outside_customers_limit(actor, {record_id: subject.lot_id})
        if command.corrects is not None:  # what it took back may have answered for something
            await stop_outside_law(actor, {record_id: subject.lot_id})
            await stop_what_fails_still(actor, [subject.lot_id], record_id)
        # A correction answers for what it corrects, a sampling plan for its sample; what passes since is for a signature.
        await end_answered(actor, [subject.lot_id], signed=command.corrects is not None or check == "whole")
    await _tell(actor, record_id, command, judged, subject, done)
    entry = judged.entry
    return Stored(record_id, entry.verdict, in_force, entry.failed_sets, entry.warning, entry.warned, False, done)


async def _may_stop_or_free(tenant_id: UUID, command: NewRecord, subject: Subject, entry: Entry) -> bool:
    """Whether holds may come of it: it fails, says how much was rejected, corrects, or is awaited by stopped goods."""
    if subject.lot_id is None:
        return False
    told = entry.verdict == "fail" or command.inspected is not None or command.corrects is not None
    return (
        told or await legally_stopped(tenant_id, subject.lot_id) or await stopped_by_failure(tenant_id, subject.lot_id)
    )


async def _version_of(tenant_id: UUID, command: NewRecord, at: datetime) -> FormVersion:
    if command.form_version_id is not None:
        return await version_by_id(tenant_id, command.form_version_id)
    return await version_in_force(tenant_id, at, command.form_id, command.form_code)


async def _judge(actor: Actor, command: NewRecord, version: FormVersion, subject: Subject, at: datetime) -> _Judged:
    titles = version.titles(actor.language)
    checked = version.form.check(command.values, titles)
    yardsticks = await _yardsticks(actor.tenant, version, subject, at)
    named = {field: version.form.title(field, titles) for field in version.bound}
    return _Judged(version, checked, judge_entry(checked, version.ui, yardsticks, named))


async def _yardsticks(
    tenant_id: UUID, version: FormVersion, subject: Subject, at: datetime
) -> Mapping[UUID, Yardstick]:
    if not version.bound:
        return {}
    characteristics = (await load_characteristics(tenant_id, version.bound.values())).values()
    product_id = subject.product_id or version.product_id
    return await load_yardsticks(tenant_id, characteristics, product_id, subject.step_id, at, version.pins)


def _marked(judged: _Judged, gauges: Sequence[Gauge]) -> _Judged:
    """Entries made with a gauge whose calibration does not hold carry the warning."""
    overdue = tuple(Warned("gauge_ids", each.code, "gauge_overdue", {}) for each in gauges if each.overdue)
    if not overdue:
        return judged
    return judged._replace(entry=judged.entry._replace(warning=True, warned=judged.entry.warned + overdue))


def _demanding(judged: _Judged) -> _Judged:
    """Whoever corrects his own result outside a legal limit is told that another person has to confirm it."""
    told = Warned("corrects", "", "legal_correction_waits", {})
    return judged._replace(entry=judged.entry._replace(warned=(*judged.entry.warned, told)))


def _refusals(judged: _Judged, *, incomplete: bool) -> list[FieldError]:
    checked = judged.checked
    wrong = [*checked.impossible, *([] if incomplete else checked.missing)]
    errors = [FieldError(_path(each.field), each.code, {"title": each.title}) for each in wrong]
    return errors + list(judged.entry.errors)


def _path(field: str) -> str:
    return ".".join(["values", *field.split("/")]) if field else "values"


async def _verdict_in_force(
    actor: Actor, command: NewRecord, judged: _Judged, subject: Subject, at: datetime
) -> str | None:
    """The verdict by the form version in force on receipt, where it differs from that of the version entered under."""
    newest = await version_in_force(actor.tenant, at, judged.version.form_id)
    if newest.id == judged.version.id:
        return None
    other = await _judge(actor, command, newest, subject, at)
    verdict = "not_judged" if _refusals(other, incomplete=True) else other.entry.verdict
    return verdict if verdict != judged.entry.verdict else None


def _record_values(
    actor: Actor,
    command: NewRecord,
    judged: _Judged,
    subject: Subject,
    at: datetime,
    digest: bytes,
    in_force: str | None,
) -> dict[str, Any]:
    entry = judged.entry
    return {
        **command.model_dump(
            include={"entry_id", "operation_id", "source", "checker_name", "report_no", "late_reason",
                     "corrects", "correction_reason"}
        ),
        **subject.columns,
        "body_digest": digest,
        "stage": judged.version.stage,
        "form_version_id": judged.version.id,
        "values": db.dumps(judged.checked.values),
        "verdict": entry.verdict,
        "warning": entry.warning,
        "failed_sets": list(entry.failed_sets),
        "verdict_in_force": in_force,
        "operator_id": actor.id if actor.kind == "user" and command.operator_name is None else None,
        "operator_name": command.operator_name or actor.name,
        "entered_by": actor.id if actor.kind == "user" else None,
        "key_owner_id": actor.owner_id,
        "received_at": at,
        "missing": [each.field for each in judged.checked.missing],
        "notes": db.dumps([each._asdict() for each in entry.warned]),
    }  # fmt: skip


async def _attach(actor: Actor, record_id: UUID, attachment_ids: Sequence[UUID]) -> None:
    await db.execute(
        "INSERT INTO record_attachment (tenant_id, record_id, attachment_id) SELECT $1, $2, unnest($3::uuid[])",
        actor.tenant, record_id, sorted(set(attachment_ids)),
    )  # fmt: skip


async def _roll_up(
    actor: Actor, subject: Subject, entry: Entry, documents: int, at: datetime, corrected: LotQuality | None
) -> None:
    if subject.lot_id is None:
        return
    change = contribution(entry.verdict, entry.failed_sets, entry.warning, documents, at)
    if corrected is not None:
        change = change.plus(corrected, sign=-1)
    await add_to_lots(actor.tenant, {subject.lot_id: change})


async def _inspect(
    actor: Actor,
    record_id: UUID,
    command: NewRecord,
    judged: _Judged,
    subject: Subject,
    when: When,
    received_at: datetime,
    check: Check | None,
) -> Done:
    """The inspection that the record does. A form without limits is done when all that it asks is filled in. One of many does
    none: the check does, for all of them."""
    if check == "item":
        return await done_alone(actor.tenant, record_id, judged.entry.verdict)
    entry = judged.entry
    complete = not judged.checked.missing and not any(each.judged.judgement.verdict == "not_judged" and
                                                      each.yardstick.limits_json is not None for each in entry.measured)  # fmt: skip
    made = Made(record_id, entry.verdict, when.at, received_at, complete)
    inspected = command.inspected
    if check == "whole":
        made, inspected = as_one(made, inspected, await rows_stored(actor.tenant, command.entry_id, subject.lot_id))
    asked = Asked(command.inspection_id, inspected, command.operation_id, command.corrects)
    return await do_inspection(actor.tenant, judged.version.form_id, subject.columns, made, asked)


async def _tell(
    actor: Actor, record_id: UUID, command: NewRecord, judged: _Judged, subject: Subject, done: Done
) -> None:
    entry = judged.entry
    facts = {
        "record_id": record_id, "verdict": entry.verdict, "failed_sets": entry.failed_sets, "warning": entry.warning,
        "stage": judged.version.stage, "corrects": command.corrects,
        "inspection_id": done.decided.inspection_id if done.decided else None, **subject.columns,
    }  # fmt: skip
    after = {
        **facts,
        "form_version_id": judged.version.id,
        "source": command.source,
        "reason": command.correction_reason,
    }
    await audit.record(actor, "record.stored", "record", record_id, after=after)
    await outbox.append("RecordStored", key=str(record_id), payload=facts, tenant_id=actor.tenant)
    if command.corrects is not None and subject.lot_id is not None:
        payload = {"lot_id": subject.lot_id, "record_id": record_id}
        await outbox.append("RecordCorrected", key=str(subject.lot_id), payload=payload, tenant_id=actor.tenant)
