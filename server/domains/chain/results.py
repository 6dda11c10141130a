"""What set-wise commands answer: the ids of the rows, or what was wrong with which."""

from dataclasses import dataclass, field
from uuid import UUID

from server.core.errors import Problem


@dataclass(frozen=True, slots=True)
class RowError:
    """Row `row` (from 0) was refused."""

    row: int
    problem: Problem


@dataclass(slots=True)
class BulkResult:
    """`ids[i]` is what row i became, None where it was refused; nothing at all is written when `written` is False."""

    ids: list[UUID | None]
    errors: list[RowError] = field(default_factory=list)
    written: bool = True
