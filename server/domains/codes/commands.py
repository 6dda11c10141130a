"""Input of the domain's commands; also the wire bodies."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.core.days import Day
from server.domains.codes.problems import RangeUpsideDown
from server.domains.codes.rules import Audience, Level, RuleSpec
from server.domains.codes.segments import Segment

MAX_COUNT = 100_000_000
Change = Literal["printed", "activated", "voided", "lost", "returned"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Serial = Annotated[int, Field(ge=1, le=MAX_COUNT)]


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewRuleVersion(Command):
    """What the codes are made of from now on; `unguessable` demands 64 random bits."""

    segments: list[Segment] = Field(min_length=1, max_length=16)
    unguessable: bool = False


class NewRule(NewRuleVersion):
    """A coding rule. Item or lot, public or internal never change."""

    name: Name
    audience: Audience = "public"
    level: Level = "item"

    def spec(self) -> RuleSpec:
        return spec_of(self.audience, self.level, self)


class RulePreview(NewRuleVersion):
    """Try a rule out: with these values, and so many codes ordered."""

    audience: Audience = "public"
    level: Level = "item"
    count: int = Field(default=1, ge=1, le=MAX_COUNT)
    category: str = "DY"
    product: str = "P001"
    lot_no: str = "L001"
    on: Day | None = None


def spec_of(audience: Audience, level: Level, version: NewRuleVersion) -> RuleSpec:
    """The rule that `version` makes."""
    return RuleSpec(audience=audience, level=level, unguessable=version.unguessable, segments=version.segments)


class Printed(Command):
    """What the chain hands down about a lot: what segments and labels print."""

    lot_no: str
    product: str
    product_name: str
    category: str | None = None
    gtin: str | None = None
    produced_on: Day | None = None
    expires_on: Day | None = None


class NewOrder(Command):
    """Mint `count` codes for a lot by the rule's newest version. A lot rule has one code a lot."""

    lot_id: UUID
    rule_id: UUID
    count: Serial


class SerialRange(Command):
    """Serials `first` to `last` of an order, both included."""

    first: Serial
    last: Serial

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise RangeUpsideDown(field="last")
        return self


class RangeChange(Command):
    """A change of an order's codes: all of them, or the serials from `first` to `last`."""

    first: Serial | None = None
    last: Serial | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None
