"""Recipes as people enter them, and the lot that is made under one."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Problem
from server.domains.chain.values import Command, LongName, Quantity, Text, UnitName

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4, allow_inf_nan=False)]


class MaterialTwice(Problem, ValueError):
    status = 422
    code = "recipe_material_twice"


class RecipeLine(Command):
    """One material of a batch. `below_percent`, `above_percent`: how far the charge may lie from the recipe; empty: that
    side is not limited. `balanced`: counts in the mass balance (packaging does not)."""

    product_id: UUID
    quantity: Quantity
    unit: UnitName | None = None
    below_percent: Percent | None = None
    above_percent: Percent | None = None
    balanced: bool = True


class NewRecipeVersion(Command):
    """What goes into `batch_quantity` of the product. `outside`: what a charge outside its tolerance does."""

    batch_quantity: Quantity
    unit: UnitName | None = None
    outside: Literal["warn", "refuse"] = "refuse"
    lines: list[RecipeLine] = Field(min_length=1, max_length=200)
    remark: Text | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen: set[UUID] = set()
        for position, line in enumerate(self.lines):
            if line.product_id in seen:
                raise MaterialTwice(field=f"lines.{position}.product_id")
            seen.add(line.product_id)
        return self


class NewRecipe(NewRecipeVersion):
    """A recipe of a product with its first version."""

    product_id: UUID
    name: LongName


class SetRecipe(Command):
    """The version a lot is made under. `batch_quantity`: what is planned, in the recipe's unit unless said otherwise;
    without one the lot's own quantity."""

    version_id: UUID
    batch_quantity: Quantity | None = None
    unit: UnitName | None = None
