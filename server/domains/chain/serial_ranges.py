"""A range of serials of a code order, as lots and shipments name it."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Problem
from server.domains.chain.values import Command


class SerialsBackwards(Problem, ValueError):
    status = 422
    code = "serials_backwards"


class SerialRange(Command):
    """Serials `first` to `last` of a code order, both included."""

    order_id: UUID
    first: int = Field(ge=1, le=100_000_000)
    last: int = Field(ge=1, le=100_000_000)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise SerialsBackwards(field="last")
        return self

    @property
    def count(self) -> int:
        return self.last - self.first + 1
