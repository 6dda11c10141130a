"""What every kind of import is made of: a step that stores some rows in the running transaction and names what is wrong."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from pydantic import ValidationError

from i18n import has_key
from server.core.actor import Actor
from server.core.errors import Problem
from server.core.impossible import ImpossibleValue
from server.domains.integrations.cells import CellError, SheetRow, shown
from server.domains.integrations.columns import COLUMNS


@dataclass(slots=True)
class Work:
    """The job a step belongs to. `signed`: its sender gave the password that signs releases. `kept`: what a kind
    looked up and may use again in a later step."""

    actor: Actor
    job_id: UUID
    file_digest: bytes
    signed: bool
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """Rows stored, cells at fault, and one-time passwords of people (username, password)."""

    stored: int = 0
    errors: list[CellError] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)


class Step(Protocol):
    """Stores what is right among `rows`; services of the domains decide, in the caller's transaction."""

    async def __call__(self, work: Work, rows: Sequence[SheetRow]) -> Outcome: ...


class Kind(NamedTuple):
    """`together`: rows whose key is equal and which follow one another are never parted into two steps."""

    permission: str
    step_rows: int
    store: Step
    together: Callable[[SheetRow], Hashable] | None = None


class Reader:
    """Reads the cells of one row by column name and collects what is wrong with them."""

    def __init__(self, kind: str) -> None:
        self._columns = {column.name: index for index, column in enumerate(COLUMNS[kind])}
        self._required = [column.name for column in COLUMNS[kind] if column.required]
        self.errors: list[CellError] = []

    def missing(self, row: SheetRow) -> bool:
        """Whether a required cell is blank; each is named."""
        blank = [name for name in self._required if shown(self.cell(row, name)) is None]
        self.errors += [CellError(row.number, name, None, "import_cell_missing", {}) for name in blank]
        return bool(blank)

    def cell(self, row: SheetRow, column: str) -> object:
        return row.cells[self._columns[column]]

    def refuse(self, row: SheetRow, column: str | None, code: str, **params: object) -> None:
        value = shown(self.cell(row, column)) if column else None
        self.errors.append(CellError(row.number, column, value, code, params))

    def refused(self, row: SheetRow) -> set[str | None]:
        """The columns of this row, the one read last, that were refused so far; empty where it is sound."""
        own = takewhile(lambda error: error.row_no == row.number, reversed(self.errors))
        return {error.column for error in own}

    def refuse_problem(self, row: SheetRow, problem: Problem, columns: Mapping[str, str]) -> None:
        """A problem of a domain, at the column that its field came from."""
        column = columns.get(problem.field or "", problem.field)
        known = column if column in self._columns else None
        self.refuse(row, known, problem.code, **problem.params)

    def refuse_input(
        self, row: SheetRow, error: ValidationError, columns: Mapping[str, str], unread: Collection[str] = ()
    ) -> None:
        """What a command's model refused, cell by cell, in the words that requests get.

        Cells of this row that were refused before keep their one error; so do the model's fields in `unread`, whose
        cells these errors stand at.
        """
        refused = self.refused(row)
        for detail in error.errors(include_url=False, include_input=False):
            context = detail.get("ctx") or {}
            cause = context.get("error")
            own = cause.field if isinstance(cause, Problem) else None
            name = own or (str(detail["loc"][0]) if detail["loc"] else "")
            column = columns.get(name, name)
            if name in unread or column in refused:
                continue
            known = column if column in self._columns else None
            if isinstance(cause, Problem):
                self.refuse(row, known, cause.code, **cause.params)
                continue
            if isinstance(cause, ImpossibleValue):
                self.refuse(row, known, cause.code, **cause.params)
                continue
            code = f"input_{detail['type']}"
            params = {key: str(value) for key, value in context.items() if key != "error"}
            self.refuse(row, known, code if has_key(f"error.{code}") else "input_invalid", **params)
