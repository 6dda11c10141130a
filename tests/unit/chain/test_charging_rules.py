"""Promise: whatever is charged in whatever order and unit, a recipe that refuses is never exceeded by the last digit, and admits all that
it allows; a recipe that warns admits the same charges and marks every one that goes over."""

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import Problem
from server.domains.chain import problems
from server.domains.chain.commands import NewLink
from server.domains.chain.recipes.rules import Batch, ChargeAboveTolerance, Material, NotInRecipe, admit
from server.domains.chain.stock.goods import Stock

SUGAR = uuid4()
AMOUNT = st.decimals("0.001", "40", places=3)
PERCENT = st.decimals("0", "20", places=2)


def stock(product: object = SUGAR, unit: str = "kg") -> Stock:
    return Stock(
        uuid4(), "L1", "material", product, "released", Decimal(10**6), unit, Decimal(0), Decimal(0), None, False
    )  # type: ignore[arg-type]


def batch(outside: str, above: Decimal | None, planned: str = "100", size: str = "100") -> Batch:
    line = Material(SUGAR, "糖", Decimal(30), "kg", None, above, True)
    return Batch(uuid4(), "R V1", uuid4(), outside, Decimal(planned), Decimal(size), "kg", {SUGAR: line})


def link(source: Stock, quantity: Decimal | None, unit: str | None = None) -> NewLink:
    return NewLink(from_lot=source.id, to_lot=uuid4(), kind="consumed", quantity=quantity, unit=unit)


@given(st.lists(st.tuples(AMOUNT, st.sampled_from(["kg", "g", "t"])), max_size=8), PERCENT)
def test_what_refuses_is_never_exceeded_and_refuses_nothing_else(
    charges: list[tuple[Decimal, str]], above: Decimal
) -> None:
    made, source = batch("refuse", above), stock()
    most, total = Decimal(30) * (100 + above) / 100, Decimal(0)
    for amount, unit in charges:
        kilograms = amount * {"kg": Decimal(1), "g": Decimal("0.001"), "t": Decimal(1000)}[unit]
        try:
            admit(made, link(source, amount, unit), source, stock()).take()
        except ChargeAboveTolerance:
            assert total + kilograms > most
        else:
            total += kilograms
            assert total <= most
    assert made.charged.get(SUGAR, Decimal(0)) == total


@given(st.lists(AMOUNT, min_size=1, max_size=8), PERCENT)
def test_what_warns_marks_every_charge_that_goes_over(charges: list[Decimal], above: Decimal) -> None:
    made, source, total = batch("warn", above), stock(), Decimal(0)
    for amount in charges:
        charge = admit(made, link(source, amount), source, stock())
        charge.take()
        total += amount
        assert charge.above == (total > Decimal(30) * (100 + above) / 100)


def test_a_planned_batch_that_does_not_divide_evenly_is_met_exactly() -> None:
    made, source = batch("refuse", Decimal(0), planned="100", size="300"), stock()
    admit(made, link(source, Decimal(10)), source, stock()).take()
    with pytest.raises(ChargeAboveTolerance):
        admit(made, link(source, Decimal("0.000000000001")), source, stock())


@pytest.mark.parametrize(
    ("source", "quantity", "unit", "problem"),
    [
        (stock(uuid4()), Decimal(1), None, NotInRecipe),
        (stock(), None, None, problems.QuantityRequired),
        (stock(), Decimal(1), "L", problems.UnitsDiffer),
    ],
)
def test_what_cannot_be_compared_is_refused(
    source: Stock, quantity: Decimal | None, unit: str | None, problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        admit(batch("refuse", None), link(source, quantity, unit), source, stock())
