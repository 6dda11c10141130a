"""A recall as a person opens and closes it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from server.core.errors import Problem
from server.core.text import lines

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(lines)]


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecallNeedsScope(Problem, ValueError):
    status = 422
    code = "recall_needs_scope"


class SerialsReversed(Problem, ValueError):
    status = 422
    code = "recall_serials_reversed"


class RecallRange(Command):
    """Serials `first` to `last` of a code order, both included."""

    order_id: UUID
    first: int = Field(ge=1, le=2_000_000_000)
    last: int = Field(ge=1, le=2_000_000_000)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last < self.first:
            raise SerialsReversed(field="last")
        return self


class OpenRecall(Command):
    """Level 1 is the gravest. `reason` and `advice` (what to do) are what the public reads; English where given.

    The scope is any of: whole lots, serial ranges, and `from_lot` with every lot it went into, at any depth.
    `lots` are meant as they stand on labels: with the lots that were split off from them, into which they were merged
    or packed. `exactly`: these lots alone; which lots hold the same goods is then said in the answer.
    """

    level: Literal[1, 2, 3]
    reason: Words
    advice: Words
    reason_en: Words | None = None
    advice_en: Words | None = None
    lots: list[UUID] = Field(default_factory=list, max_length=100_000)
    exactly: bool = False
    ranges: list[RecallRange] = Field(default_factory=list, max_length=1_000)
    from_lot: UUID | None = None

    @model_validator(mode="after")
    def _has_scope(self) -> Self:
        if not (self.lots or self.ranges or self.from_lot):
            raise RecallNeedsScope(field="lots")
        return self


class CloseRecall(Command):
    """`completed`: what came back came back; the stock stays stopped and whoever still holds a piece stays warned.
    `withdrawn`: there was no danger; holds are lifted and the public is told nothing more."""

    outcome: Literal["completed", "withdrawn"] = "completed"
    reason: Words
