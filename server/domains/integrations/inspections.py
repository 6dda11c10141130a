"""Inspection results from a sheet, as laboratories export them: a row for each lot and characteristic.

Rows that follow one another and agree in everything but characteristic, value and unit are one report, and one record.
A report with a report number or a sampling time is known again by its content: sent once more, in whatever file, it is
not stored a second time. Without either, it is known by its place in this file.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.clock import now
from server.core.errors import NotFound
from server.core.impossible import ImpossibleValue
from server.domains import quality
from server.domains.integrations import lookups
from server.domains.integrations.cells import CellError, SheetRow, moment_of, result_of, shown, text_of
from server.domains.integrations.kinds import Outcome, Reader, Work

STEP_ROWS = 20_000
# In the order of the kind's columns.
_FORM, _LOT_NO, _SKU, _CHARACTERISTIC, _VALUE, _UNIT, _SAMPLED_AT, _REPORT_NO, _OPERATOR, _CHECKER = range(10)
_COLUMN_OF = {
    "result": "value", "characteristic": "characteristic", "lot_id": "lot_no", "entry_id": "report_no",
    "captured_at": "sampled_at",
}  # fmt: skip
_UNIT_CODES = frozenset({"unit_unknown", "unit_other_dimension"})
_CELL_OF = {
    "value": _VALUE, "value_unit": _UNIT, "characteristic": _CHARACTERISTIC, "lot_no": _LOT_NO, "report_no": _REPORT_NO,
    "sampled_at": _SAMPLED_AT,
}  # fmt: skip
_LONGEST_NAME = 200


class ImportForm(NamedTuple):
    """A form as an import needs it. `bound` empty: any characteristic; `required`: those every report must have."""

    version_id: UUID
    stage: str
    bound: frozenset[UUID]
    required: dict[UUID, str]


class _Report(NamedTuple):
    rows: list[SheetRow]
    form: ImportForm
    record: quality.BulkRecord


def report_of(row: SheetRow) -> tuple[object, ...]:
    """What the rows of one report have in common."""
    cells = row.cells
    return (*cells[:_CHARACTERISTIC], *cells[_SAMPLED_AT:])


async def store_inspections(work: Work, rows: Sequence[SheetRow]) -> Outcome:
    """Judge and store the reports among the rows. One wrong row refuses its whole report, whose rows are all named."""
    reader = _Reports(work)
    await reader.load(rows)
    reports: dict[UUID, list[_Report]] = {}
    for _, together in groupby(rows, key=report_of):
        report = reader.read(list(together))
        if report is not None:
            reports.setdefault(report.form.version_id, []).append(report)
    stored = 0
    for version_id, group in reports.items():
        stored += await _store(work, version_id, group, reader.errors)
    return Outcome(stored, reader.errors)


async def _store(work: Work, version_id: UUID, group: list[_Report], errors: list[CellError]) -> int:
    records = [report.record for report in group]
    outcome = await quality.store_records(work.actor, version_id, group[0].form.stage, records)
    refused = _list_errors(group, outcome, errors) if outcome.errors else set()
    return sum(len(report.rows) for report in group if report.rows[0].number not in refused)


def _list_errors(group: list[_Report], outcome: quality.BulkOutcome, errors: list[CellError]) -> set[int]:
    """Name every row of every refused report; the first rows of those."""
    at = {row.number: (row, report) for report in group for row in report.rows}
    wrong = {line for line, _ in outcome.errors}
    refused: dict[int, _Report] = {}
    for line, error in outcome.errors:
        row, report = at[line]
        column = "value_unit" if error.code in _UNIT_CODES else _COLUMN_OF.get(error.field)
        value = shown(row.cells[_CELL_OF[column]]) if column else None
        errors.append(CellError(line, column, value, error.code, dict(error.params)))
        refused[report.rows[0].number] = report
    for report in refused.values():
        errors += _companions(report.rows, wrong)
    return set(refused)


def _companions(rows: Sequence[SheetRow], wrong: set[int]) -> Iterator[CellError]:
    """The other rows of a refused report: in order themselves, and not stored."""
    first = min(number for number in wrong if rows[0].number <= number <= rows[-1].number)
    for row in rows:
        if row.number not in wrong:
            yield CellError(row.number, None, None, "import_report_refused", {"row": first})


class _Reports:
    """Reads reports: which form, which lot, which characteristics; what is read once is kept for the whole job."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._cells = Reader("inspections")
        self._forms: dict[str, ImportForm | None] = work.kept.setdefault("forms", {})
        self._lots = lookups.Lots([])
        self._known: dict[str, UUID | None] = {}
        self._defined: dict[UUID, quality.Characteristic] = {}

    @property
    def errors(self) -> list[CellError]:
        return self._cells.errors

    async def load(self, rows: Sequence[SheetRow]) -> None:
        tenant_id = self._work.actor.tenant
        self._lots = await lookups.find_lots(tenant_id, {text_of(row.cells[_LOT_NO]) for row in rows})
        if "characteristics" not in self._work.kept:
            self._work.kept["characteristics"] = await _characteristics(tenant_id)
            ids = [found for found in self._work.kept["characteristics"].values() if found]
            self._work.kept["defined"] = await quality.load_characteristics(tenant_id, ids)
        self._known = self._work.kept["characteristics"]
        self._defined = self._work.kept["defined"]
        for code in {text_of(row.cells[_FORM]) for row in rows} - self._forms.keys():
            self._forms[code] = await _form(tenant_id, code)

    def read(self, rows: list[SheetRow]) -> _Report | None:
        """The report of these rows; None where something is wrong with them, and then every row is named."""
        before = len(self.errors)
        report = self._report(rows)
        if report is None:
            for row in rows:
                self._value(row)
            wrong = {error.row_no for error in self.errors[before:]}
            self._cells.errors += _companions(rows, wrong)
        return report

    def _value(self, row: SheetRow) -> None:
        """Name a value or unit that cannot be, in a row that is not judged because something else is wrong."""
        found = self._known.get(text_of(row.cells[_CHARACTERISTIC]))
        if found is None:
            return
        try:
            quality.check_result(self._defined[found], result_of(row.cells[_VALUE]), text_of(row.cells[_UNIT]) or None)
        except ImpossibleValue as error:
            column = "value_unit" if error.code in _UNIT_CODES else "value"
            self._cells.refuse(row, column, error.code, **{**error.params, "title": self._defined[found].name})

    def _report(self, rows: list[SheetRow]) -> _Report | None:
        head = rows[0]
        form, lot_id, sampled_at, names = self._form(head), self._lot(head), self._sampled_at(head), self._names(head)
        results = self._results(rows, form)
        if form is None or lot_id is None or results is None or names is None or isinstance(sampled_at, str):
            return None
        report_no, operator, checker = names
        entry_id = self._entry_id(head, form, lot_id, sampled_at, report_no, results)
        record = quality.BulkRecord(
            entry_id, lot_id, results, operator or self._work.actor.name, sampled_at, report_no or None, checker or None
        )
        return _Report(rows, form, record)

    def _form(self, head: SheetRow) -> ImportForm | None:
        code = text_of(head.cells[_FORM])
        form = self._forms.get(code)
        if form is None:
            self._cells.refuse(head, "form", "import_form_unknown" if code else "import_cell_missing")
        return form

    def _lot(self, head: SheetRow) -> UUID | None:
        lot_no = text_of(head.cells[_LOT_NO])
        found = self._lots.find(lot_no, text_of(head.cells[_SKU])) if lot_no else "import_cell_missing"
        if isinstance(found, str):
            self._cells.refuse(head, "lot_no", found)
            return None
        return found.id

    def _sampled_at(self, head: SheetRow) -> datetime | str | None:
        """The moment, None where none is given, or the code of what is wrong with it."""
        try:
            return moment_of(head.cells[_SAMPLED_AT])
        except ImpossibleValue as error:
            self._cells.refuse(head, "sampled_at", error.code, **error.params)
            return error.code

    def _names(self, head: SheetRow) -> tuple[str, str, str] | None:
        report_no, operator, checker = (text_of(head.cells[at]) for at in (_REPORT_NO, _OPERATOR, _CHECKER))
        long = [
            name
            for name, text in (("report_no", report_no), ("operator", operator), ("checker", checker))
            if len(text) > _LONGEST_NAME
        ]
        for name in long:
            self._cells.refuse(head, name, "input_string_too_long", max_length=_LONGEST_NAME)
        return None if long else (report_no, operator, checker)

    def _results(self, rows: list[SheetRow], form: ImportForm | None) -> list[quality.BulkResult] | None:
        results, seen, sound = [], set(), True
        for row in rows:
            cell = row.cells[_CHARACTERISTIC]
            word = cell if cell.__class__ is str and cell in self._known else text_of(cell)
            found = self._known.get(word)
            if found is None or found in seen or (form and form.bound and found not in form.bound):
                code = self._why_not(word, found, found in seen)
                self._cells.refuse(row, "characteristic", code)
                sound = False
                continue
            seen.add(found)
            unit = row.cells[_UNIT]
            results.append(
                quality.BulkResult(
                    row.number, found, result_of(row.cells[_VALUE]), text_of(unit) or None if unit else None
                )
            )
        if sound and form and (missing := [title for each, title in form.required.items() if each not in seen]):
            self._cells.refuse(rows[0], "characteristic", "field_missing", title=missing[0])
            sound = False
        return results if sound else None

    def _why_not(self, word: str, found: UUID | None, repeated: bool) -> str:
        if not word:
            return "import_cell_missing"
        if repeated:
            return "import_characteristic_twice"
        if found is not None:
            return "import_characteristic_not_of_form"
        return "import_characteristic_ambiguous" if word in self._known else "characteristic_unknown"

    def _entry_id(
        self,
        head: SheetRow,
        form: ImportForm,
        lot_id: UUID,
        sampled_at: datetime | None,
        report_no: str,
        results: list[quality.BulkResult],
    ) -> UUID:
        named = bool(report_no or sampled_at)
        place = "" if named else f"{self._work.file_digest.hex()}:{head.number}"
        parts = [str(form.version_id), str(lot_id), str(sampled_at), report_no, place]
        for result in results:
            parts += (str(result.characteristic_id), repr(result.raw), str(result.unit))
        return UUID(bytes=hashlib.sha256("\x1f".join(parts).encode()).digest()[:16], version=5)


async def _characteristics(tenant_id: UUID) -> dict[str, UUID | None]:
    """By code, and by name where the name is one's alone (None where several share it)."""
    rows = await db.fetch("SELECT id, code, name, name_en FROM characteristic WHERE tenant_id = $1", tenant_id)
    known: dict[str, UUID | None] = {}
    for row in rows:
        for word in {row["name"], row["name_en"]} - {None}:
            known[word] = None if word in known else row["id"]
    return known | {row["code"]: row["id"] for row in rows}


async def _form(tenant_id: UUID, code: str) -> ImportForm | None:
    """The version in force now; None where no form about lots has this code."""
    if not code:
        return None
    try:
        version = await quality.version_in_force(tenant_id, now(), None, code)
    except NotFound:
        return None
    if version.subject_kind != "lot":
        return None
    bound: dict[str, Any] = version.bound
    missing = {each.field: each.title for each in version.form.check({}).missing}
    required = {bound[name]: title for name, title in missing.items() if name in bound}
    return ImportForm(version.id, version.stage, frozenset(bound.values()), required)
