"""Operations as operators and machines record them."""

from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Conflict, Problem
from server.domains.chain.values import Amount, Command, LongName, Moment, Name, Number, UnitName


class OperationBackwards(Problem, ValueError):
    status = 422
    code = "ends_before_start"


class DefectsNotBalanced(Problem, ValueError):
    status = 422
    code = "defects_not_balanced"


class OperationUnbalanced(Problem, ValueError):
    status = 422
    code = "operation_not_balanced"


class Parameter(Command):
    """One process parameter. `secret`: an authority sees that it is there, not its value."""

    name: Name
    value: Number | LongName
    unit: UnitName | None = None
    low: Number | None = None
    high: Number | None = None
    secret: bool = False


class OperationUnfinished(Problem):
    """It says that it ended later than now."""

    status = 422
    code = "ends_in_future"


class OperationSaidOtherwise(Conflict):
    """What is known of an operation is not said again in other words; nor is anything added once it has ended."""

    code = "operation_said_otherwise"


class Counts(Command):
    """What an operation took in and gave, in `unit`; where none is said, that of the lots it gave, else of those it took in.
    Quantities balance."""

    unit: UnitName | None = None
    quantity_in: Amount | None = None
    quantity_good: Amount | None = None
    quantity_reworked: Amount | None = None
    quantity_scrapped: Amount | None = None
    scrapped_by_defect: dict[Name, Amount] = Field(default_factory=dict, max_length=200)


def assert_balanced(counts: Counts) -> None:
    """Raises DefectsNotBalanced, OperationUnbalanced."""
    defects = sum(counts.scrapped_by_defect.values(), Decimal(0))
    if counts.scrapped_by_defect and defects != counts.quantity_scrapped:
        raise DefectsNotBalanced(field="scrapped_by_defect")
    parts = (counts.quantity_good, counts.quantity_reworked, counts.quantity_scrapped)
    known = [part for part in parts if part is not None]
    if counts.quantity_in is None:
        return
    out = sum(known, Decimal(0))
    if out > counts.quantity_in or (len(known) == len(parts) and out != counts.quantity_in):
        raise OperationUnbalanced(field="quantity_in")


class EndOperation(Counts):
    """The end of an operation that was recorded at its start: now, where no other time is said. The lots that came out and
    the quantities belong here as far as they were not said at the start."""

    ended_at: Moment | None = None
    lots_out: list[UUID] = Field(default_factory=list, max_length=1000)


class NewOperation(Counts):
    """One step of making lots: what went in, what came out, by whom, where, with what. Without an end it goes on until it
    is ended."""

    step_id: UUID | None = None
    name: LongName | None = None
    lots_in: list[UUID] = Field(default_factory=list, max_length=1000)
    lots_out: list[UUID] = Field(default_factory=list, max_length=1000)
    device_ids: list[UUID] = Field(default_factory=list, max_length=100)
    line_place_id: UUID | None = None
    shift: Name | None = None
    operator_name: Name | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    parameters: list[Parameter] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise OperationBackwards(field="ended_at")
        assert_balanced(self)
        return self
