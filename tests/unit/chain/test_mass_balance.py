"""Promise: what went in is what came out, was thrown away, or is named as unexplained, exactly; what is not known is said to be
unknown; inputs in another dimension are expressed by the recipe and by nothing else."""

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domains.chain.recipes.balance_rules import Input, Limits, MassBalance, mass_balance
from server.domains.chain.recipes.rules import Batch, Material

FREE = Limits(None, None, None)
MILK, CULTURE, CUPS = uuid4(), uuid4(), uuid4()
AMOUNT = st.decimals("0.001", 10**6, places=3)


def taken(
    product: object = MILK,
    quantity: str | None = "100",
    unit: str = "kg",
    *,
    same: bool = False,
    packaging: bool = False,
) -> Input:
    return Input(product, None if quantity is None else Decimal(quantity), unit, same, packaging)  # type: ignore[arg-type]


def batch(*, planned: str = "1000") -> Batch:
    lines = [
        Material(MILK, "奶", Decimal(230), "kg", None, None, True),
        Material(CULTURE, "菌种", Decimal(200), "g", None, None, True),
        Material(CUPS, "瓶", Decimal(1000), "pcs", None, None, False),
    ]
    return Batch(
        uuid4(),
        "R V1",
        uuid4(),
        "warn",
        Decimal(planned),
        Decimal(1000),
        "pcs",
        {line.product_id: line for line in lines},
    )


@given(st.lists(AMOUNT, min_size=1, max_size=5), AMOUNT, st.lists(AMOUNT, max_size=3))
def test_the_parts_add_up_exactly(inputs: list[Decimal], good: Decimal, scrap: list[Decimal]) -> None:
    found = mass_balance(
        "kg", good, [taken(uuid4(), str(q)) for q in inputs], [(q, "kg") for q in scrap], None, FREE, []
    )
    assert found.in_ == sum(inputs)
    assert found.in_ == good + found.scrap + (found.unexplained or 0)


def test_units_convert_and_the_tolerance_judges_both_ways() -> None:
    limits = Limits(Decimal(1), Decimal(95), Decimal(100))

    def made(good: str) -> MassBalance:
        return mass_balance(
            "kg", Decimal(good), [taken(quantity="0.1", unit="t")], [(Decimal(500), "g")], None, limits, []
        )

    assert (made("98.5").unexplained, made("98.5").within, made("98.5").yield_within) == (Decimal("1.0"), True, True)
    assert (made("98.4").within, made("100.6").within, made("100.4").within) == (False, False, True)
    assert (made("94").yield_percent, made("94").yield_within) == (Decimal(94), False)


@pytest.mark.parametrize("inputs", [[taken(quantity=None)], [taken(unit="L")], [taken(), taken(CULTURE, "1", "pcs")]])
def test_what_is_not_known_is_not_judged(inputs: list[Input]) -> None:
    found = mass_balance("kg", Decimal(90), inputs, [], None, Limits(Decimal(1), Decimal(90), None), [])
    assert (found.in_, found.unexplained, found.within, found.yield_percent, found.yield_within) == (None,) * 5


def test_packaging_is_no_part_of_the_mass() -> None:
    found = mass_balance("kg", Decimal(99), [taken(), taken(CUPS, "400", "pcs", packaging=True)], [], None, FREE, [])
    assert (found.in_, found.unexplained) == (Decimal(100), Decimal(1))


def test_kilograms_become_pieces_by_the_recipe_alone() -> None:
    inputs = [taken(MILK, "115"), taken(CULTURE, "100", "g"), taken(CUPS, "505", "pcs", packaging=True)]
    found = mass_balance(
        "pcs",
        Decimal(496),
        inputs,
        [(Decimal(3), "pcs")],
        batch(planned="500"),
        Limits(Decimal("0.5"), None, None),
        [],
    )
    assert (found.in_, found.good, found.scrap, found.unexplained) == (
        Decimal(500),
        Decimal(496),
        Decimal(3),
        Decimal(1),
    )
    assert (found.unexplained_percent, found.within, found.yield_percent) == (Decimal("0.2"), True, Decimal("99.2"))
    assert mass_balance("pcs", Decimal(496), inputs, [], None, FREE, []).in_ is None


def test_what_came_back_from_the_same_product_counts_as_it_is() -> None:
    inputs = [taken(MILK, "230"), taken(CULTURE, "200", "g"), taken(uuid4(), "20", "pcs", same=True)]
    found = mass_balance("pcs", Decimal(1020), inputs, [], batch(), FREE, [])
    assert (found.in_, found.theoretical, found.unexplained) == (Decimal(1020), Decimal(1020), Decimal(0))


def test_a_received_lot_is_balanced_by_its_own_quantity_and_its_counts() -> None:
    found = mass_balance("kg", Decimal(98), [], [], None, Limits(Decimal(1), None, None), [(Decimal(100), None)])
    assert (found.in_, found.unexplained, found.within) == (Decimal(100), Decimal(2), False)
    assert mass_balance("kg", None, [], [], None, FREE, []).unexplained is None


def test_goods_made_of_nothing_that_was_told_have_no_balance() -> None:
    found = mass_balance("pcs", Decimal(50), [], [], None, Limits(Decimal(1), Decimal(95), None), [])
    assert (found.in_, found.within, found.yield_percent, found.yield_within) == (None, None, None, None)
