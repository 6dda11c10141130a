"""Operations as operators and machines record them."""

from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Problem
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


class NewOperation(Command):
    """One step of making lots: what went in, what came out, by whom, where, with what. Quantities balance."""

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
    unit: UnitName | None = None
    quantity_in: Amount | None = None
    quantity_good: Amount | None = None
    quantity_reworked: Amount | None = None
    quantity_scrapped: Amount | None = None
    scrapped_by_defect: dict[Name, Amount] = Field(default_factory=dict, max_length=200)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise OperationBackwards(field="ended_at")
        defects = sum(self.scrapped_by_defect.values(), Decimal(0))
        if self.scrapped_by_defect and defects != self.quantity_scrapped:
            raise DefectsNotBalanced(field="scrapped_by_defect")
        parts = (self.quantity_good, self.quantity_reworked, self.quantity_scrapped)
        known = [part for part in parts if part is not None]
        if self.quantity_in is None:
            return self
        out = sum(known, Decimal(0))
        if out > self.quantity_in or (len(known) == len(parts) and out != self.quantity_in):
            raise OperationUnbalanced(field="quantity_in")
        return self
