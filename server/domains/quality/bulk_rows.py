"""Judging the rows of an import in memory, and the rows of the tables that come of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import CLOCKS_DIFFER
from server.core.errors import FieldError
from server.core.ids import new_id
from server.core.impossible import ImpossibleValue
from server.domains import chain
from server.domains.access import audit
from server.domains.quality.entries import result_columns
from server.domains.quality.judging import Yardstick, load_characteristics, load_yardsticks
from server.domains.quality.limits import SET_NAMES
from server.domains.quality.nonconformity.after_release import stop_outside_customers_limit
from server.domains.quality.nonconformity.calling_back import call_back
from server.domains.quality.nonconformity.law import any_legally_stopped, end_outside_law, stop_outside_law
from server.domains.quality.piling import near_limit
from server.domains.quality.rollup import LotQuality, add_to_lots
from server.domains.quality.verdicts import Judged, Judgement, record_verdict
from server.domains.quality.writing import MEASUREMENT_COLUMNS

_KEPT_RESULTS = 65_536


class BulkResult(NamedTuple):
    """One result; `unit` None is the characteristic's own. `line` is the row of the sheet, for errors."""

    line: int
    characteristic_id: UUID
    raw: str | int | float | None
    unit: str | None = None


class BulkRecord(NamedTuple):
    """One record about a lot: the results of one report or one sheet row. `entry_id` repeats with the row."""

    entry_id: UUID
    lot_id: UUID
    results: Sequence[BulkResult]
    operator_name: str
    captured_at: datetime | None = None
    report_no: str | None = None
    checker_name: str | None = None


class BulkError(NamedTuple):
    line: int
    error: FieldError


class BulkLot(NamedTuple):
    product_id: UUID
    supplier_id: UUID | None


def row_error(record: BulkRecord, field: str, code: str, **params: Any) -> BulkError:
    line = record.results[0].line if record.results else 0
    return BulkError(line, FieldError(field, code, params))


class BulkJudge:
    """Yardsticks per product, and what each distinct text was judged to be: reports repeat the same few values."""

    def __init__(self, tenant_id: UUID, at: datetime, lots: Mapping[UUID, BulkLot]) -> None:
        self._tenant_id = tenant_id
        self._at = at
        self._latest = at + CLOCKS_DIFFER
        self._lots = lots
        self._yardsticks: dict[UUID, dict[UUID, Yardstick]] = {}
        self._seen: dict[tuple[object, ...], Judged] = {}

    async def load(self, records: Sequence[BulkRecord]) -> None:
        wanted = {result.characteristic_id for record in records for result in record.results}
        characteristics = (await load_characteristics(self._tenant_id, wanted)).values()
        for product_id in {lot.product_id for lot in self._lots.values()}:
            self._yardsticks[product_id] = await load_yardsticks(
                self._tenant_id, characteristics, product_id, None, self._at
            )

    def record(self, record: BulkRecord) -> tuple[list[tuple[Yardstick, Judged]], list[BulkError]]:
        """The judged results, or what is wrong with them."""
        lot = self._lots.get(record.lot_id)
        if lot is None:
            return [], [row_error(record, "lot_id", "lot_unknown")]
        if record.captured_at is not None and record.captured_at > self._latest:
            return [], [row_error(record, "captured_at", "captured_in_future", at=record.captured_at)]
        yardsticks = self._yardsticks[lot.product_id]
        judged, errors = [], []
        for result in record.results:
            yardstick = yardsticks.get(result.characteristic_id)
            if yardstick is None:
                errors.append(BulkError(result.line, FieldError("characteristic", "characteristic_unknown")))
                continue
            try:
                judged.append((yardstick, self._judge(yardstick, result)))
            except ImpossibleValue as error:
                params = {**error.params, "title": yardstick.characteristic.name}
                errors.append(BulkError(result.line, FieldError("result", error.code, params)))
        return judged, errors

    def _judge(self, yardstick: Yardstick, result: BulkResult) -> Judged:
        raw, unit = result.raw, result.unit
        key = (yardstick.version_id, yardstick.characteristic.id, raw, type(raw), unit)
        judged = self._seen.get(key)
        if judged is None:
            judged = yardstick.judge(raw, unit)
            if len(self._seen) < _KEPT_RESULTS:
                self._seen[key] = judged
        return judged


_RECORD_COLUMNS = (
    "tenant_id", "id", "entry_id", "body_digest", "stage", "form_version_id", "lot_id", "values", "verdict", "warning",
    "failed_sets", "source", "operator_id", "operator_name", "checker_name", "report_no", "captured_at", "received_at",
    "key_owner_id",
)  # fmt: skip


class BulkRows:
    """The rows of all accepted records, and what they add to their lots."""

    def __init__(self, actor: Actor, form_version_id: UUID, stage: str, at: datetime) -> None:
        self._actor = actor
        self._tenant_id = actor.tenant
        self._operator_id = actor.id if actor.kind == "user" else None
        self._form_version_id = form_version_id
        self._stage = stage
        self._at = at
        self.records: list[tuple[Any, ...]] = []
        self.measurements: list[tuple[Any, ...]] = []
        # per lot: records, fails, not judged, warnings, legal fails
        self._lots: dict[UUID, list[int]] = defaultdict(lambda: [0] * 5)
        self._outside_law: dict[UUID, UUID] = {}  # record -> lot
        self._outside_customers_limit: dict[UUID, UUID] = {}

    def add(self, record: BulkRecord, digest: bytes, lot: BulkLot, judged: list[tuple[Yardstick, Judged]]) -> None:
        limited = [each.judgement for yardstick, each in judged if yardstick.limits_json is not None]
        verdict, failed = record_verdict(limited), _failed_sets(limited)
        warning = any(each.warning for each in limited)
        record_id = new_id()
        values = {
            yardstick.characteristic.code: result.raw
            for (yardstick, _), result in zip(judged, record.results, strict=True)
        }
        self.records.append((
            self._tenant_id, record_id, record.entry_id, digest, self._stage, self._form_version_id, record.lot_id,
            db.dumps(values), verdict, warning, failed, "import", self._operator_id, record.operator_name,
            record.checker_name, record.report_no, record.captured_at, self._at, self._actor.owner_id,
        ))  # fmt: skip
        self._measure(record_id, record, lot, judged)
        counts = self._lots[record.lot_id]
        counts[0] += 1
        counts[1] += verdict == "fail"
        counts[2] += verdict == "not_judged"
        counts[3] += warning
        counts[4] += "legal" in failed
        if "legal" in failed:
            self._outside_law[record_id] = record.lot_id
        elif "customer" in failed:
            self._outside_customers_limit[record_id] = record.lot_id

    def _measure(
        self, record_id: UUID, record: BulkRecord, lot: BulkLot, judged: list[tuple[Yardstick, Judged]]
    ) -> None:
        at = record.captured_at or self._at
        for position, (yardstick, (results, judgement)) in enumerate(judged, 1):
            characteristic, limits, kept = yardstick.characteristic, yardstick.limits_json, result_columns(results)
            self.measurements.append((
                self._tenant_id, record_id, position, characteristic.id, yardstick.version_id, *kept,
                characteristic.basis.unit, limits, near_limit(kept[0], limits), judgement.failed, judgement.warning,
                judgement.verdict, None, record.lot_id, lot.product_id, self._stage, None, None, None, lot.supplier_id, self._operator_id,
                None, at,
            ))  # fmt: skip

    @property
    def record_ids(self) -> list[UUID]:
        return [row[1] for row in self.records]

    @property
    def failed(self) -> list[UUID]:
        """The lots of which some record fails."""
        return [lot for lot, counts in self._lots.items() if counts[1]]

    async def store(self) -> None:
        """One audit entry and one event name the whole set."""
        if not self.records:
            return
        stopped = await any_legally_stopped(self._tenant_id)
        if self.failed or stopped:
            await chain.lock_graph(self._tenant_id)  # before any roll-up, as everywhere: the graph, then rows
        await db.bulk_copy("record", self.records, _RECORD_COLUMNS)
        await db.bulk_copy("measurement", self.measurements, MEASUREMENT_COLUMNS)
        await add_to_lots(
            self._tenant_id, {lot: LotQuality._make([*each, 0, self._at]) for lot, each in self._lots.items()}
        )
        await stop_outside_law(self._actor, self._outside_law)
        await call_back(self._actor, self.failed)
        await stop_outside_customers_limit(self._actor, self._outside_customers_limit)
        if stopped:  # some of these results may be what stopped goods waited for
            await end_outside_law(self._actor, list(self._lots))
        facts = {"records": len(self.records), "lots": len(self._lots), "form_version_id": self._form_version_id}
        set_id = new_id()
        await audit.record(self._actor, "records.imported", "record_set", set_id, after=facts)
        payload = {**facts, "received_at": self._at, "stage": self._stage}
        await outbox.append("RecordsImported", key=str(set_id), payload=payload, tenant_id=self._tenant_id)


def _failed_sets(judgements: list[Judgement]) -> tuple[str, ...]:
    if len(judgements) == 1:
        return judgements[0].failed
    failed = {name for each in judgements for name in each.failed}
    return tuple(name for name in SET_NAMES if name in failed)
