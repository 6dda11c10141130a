"""Limits a characteristic must meet: the shape that is entered, stored with a version, and judged by."""

from decimal import Decimal
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

LimitSetName = Literal["legal", "customer", "internal"]
SET_NAMES: tuple[LimitSetName, ...] = get_args(LimitSetName)
ResultKind = Literal["number", "count", "grade", "option"]
Comparison = Literal["full_value", "rounded"]

Bound = Annotated[Decimal, Field(max_digits=40, decimal_places=20, allow_inf_nan=False)]
Choice = Annotated[str, Field(min_length=1, max_length=100)]


class LimitSet(BaseModel):
    """One requirement, of exactly one form: a range, must-be-absent, a count plan n/c/m/M, or choices.

    Numbers are in the characteristic's unit. `at_least` names the worst grade that still passes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Bound | None = None
    low_inclusive: bool = True
    high: Bound | None = None
    high_inclusive: bool = True
    absent: bool = False
    n: Annotated[int, Field(ge=1, le=1000)] | None = None
    c: Annotated[int, Field(ge=0)] | None = None
    m: Bound | None = None
    M: Bound | None = None
    allowed: tuple[Choice, ...] = ()
    at_least: Choice | None = None

    @property
    def form(self) -> str:
        """`range`, `absent`, `plan` or `choice`."""
        if self.absent:
            return "absent"
        if self.n is not None:
            return "plan"
        return "choice" if self.allowed or self.at_least else "range"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        ranged = self.low is not None or self.high is not None
        plan = any(part is not None for part in (self.n, self.c, self.m, self.M))
        if sum((ranged, self.absent, plan, bool(self.allowed), self.at_least is not None)) != 1:
            raise ValueError("a limit set takes exactly one form")
        if plan:
            self._check_plan()
        elif ranged:
            self._check_range()
        return self

    def _check_plan(self) -> None:
        if self.n is None or self.c is None or self.m is None:
            raise ValueError("a count plan needs n, c and m")
        if self.c >= self.n:
            raise ValueError("c is smaller than n")
        if self.M is not None and self.m > self.M:
            raise ValueError("M is not below m")

    def _check_range(self) -> None:
        if self.low is None or self.high is None:
            return
        if self.low > self.high:
            raise ValueError("low is not above high")
        if self.low == self.high and not (self.low_inclusive and self.high_inclusive):
            raise ValueError("the range is empty")


class WarningRange(BaseModel):
    """Values outside it, ends included in it, deserve a look although they meet their limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Bound | None = None
    high: Bound | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a warning range has an end")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is not above high")
        return self


class Limits(BaseModel):
    """The limit sets of one characteristic, any may be missing. JSON has numbers as text: 0.10 stays 0.10."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal: LimitSet | None = None
    customer: LimitSet | None = None
    internal: LimitSet | None = None
    warning: WarningRange | None = None

    def sets(self) -> tuple[tuple[LimitSetName, LimitSet], ...]:
        """The sets that exist, legal first."""
        named = tuple((name, getattr(self, name)) for name in SET_NAMES)
        return tuple((name, limit) for name, limit in named if limit is not None)

    def to_json(self) -> str:
        return self.model_dump_json(exclude_none=True, exclude_defaults=True)

    def published(self) -> "Limits":
        """What may leave the enterprise: internal limits and the warning range never do."""
        return Limits(legal=self.legal, customer=self.customer)


FORMS_OF_KIND: dict[ResultKind, frozenset[str]] = {
    "number": frozenset({"range", "absent"}),
    "count": frozenset({"range", "absent", "plan"}),
    "grade": frozenset({"choice"}),
    "option": frozenset({"choice"}),
}


def check_fit(kind: ResultKind, choices: tuple[str, ...], limits: Limits) -> str | None:
    """Why these limits cannot judge results of this kind, as an error code; None where they can."""
    for _, limit in limits.sets():
        if limit.form not in FORMS_OF_KIND[kind]:
            return "limit_not_of_this_kind"
        named = {*limit.allowed, *([limit.at_least] if limit.at_least else [])}
        if not named <= set(choices):
            return "limit_choice_unknown"
        if limit.at_least and kind != "grade":
            return "limit_not_of_this_kind"
    if limits.warning is not None and kind in ("grade", "option"):
        return "limit_not_of_this_kind"
    return None
