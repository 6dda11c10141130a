"""Promise: the gate names the first thing that stops a lot; drawing converts exactly or refuses; balances add up."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domains.chain import problems
from server.domains.chain.holds.inheritance_rules import carry_over
from server.domains.chain.stock.gate import why_not_linked, why_unusable
from server.domains.chain.stock.goods import REWORK_KINDS, Content, OpenHold, Stock
from server.domains.chain.stock.quantities import balance, draw, plain

D = Decimal


def stock(**fields: object) -> Stock:
    whole = Stock(uuid4(), "A", "finished", uuid4(), "released", D(100), "kg", D(0), D(0), None, False)
    return replace(whole, **fields)  # type: ignore[arg-type]


HOLD = OpenHold("on_hold", "x", "异味")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, None),
        ({"state": "pending"}, problems.LotNotReleased),
        ({"state": "rejected"}, problems.LotRejected),
        ({"expired": True}, problems.LotExpired),
        ({"holds": [HOLD]}, problems.LotOnHold),
        ({"kind": "package", "state": "pending"}, problems.PackageEmpty),
        ({"kind": "unit", "quantity": None}, problems.PieceOfLot),
    ],
)
def test_what_stops_a_lot(fields: dict[str, object], problem: type[Exception] | None) -> None:
    assert type(why_unusable(stock(**fields))) is (problem or type(None))


@pytest.mark.parametrize(
    ("fields", "packed", "problem"),
    [
        ({"holds": [HOLD]}, False, problems.ContentOnHold),
        ({"expired": True}, False, None),  # a component in its place does not expire with its lot
        ({"expired": True}, True, problems.ContentExpired),
        ({"state": "pending"}, True, problems.ContentNotReleased),
        ({"state": "rejected"}, True, problems.ContentRejected),
    ],
)
def test_what_is_inside_counts_at_any_depth(
    fields: dict[str, object], packed: bool, problem: type[Exception] | None
) -> None:
    case = stock(kind="package", state="pending", inside=[Content(stock(**fields), packed)])
    case.inside.append(Content(stock(), True))
    pallet = stock(kind="package", state="pending", inside=[Content(case, True)])
    assert type(why_unusable(pallet)) is (problem or type(None))


def test_goods_take_along_what_stops_them() -> None:
    source, target = stock(holds=[HOLD], expired=True, state="rejected"), stock(state="pending")
    carry_over("split", source, target)
    assert (target.state, target.expired, target.brought) == ("rejected", True, [HOLD])
    carry_over("merged", source, target)
    assert target.brought == [HOLD]


@pytest.mark.parametrize("kind", ["split", "merged", "reworked", "repaired"])
def test_nothing_unreleased_comes_into_a_released_lot(kind: str) -> None:
    assert isinstance(why_not_linked(kind, stock(state="pending"), stock()), problems.TargetAlreadyReleased)
    refused = why_not_linked(kind, stock(), stock())
    assert isinstance(refused, problems.TargetNotPending) if kind in REWORK_KINDS else refused is None


@pytest.mark.parametrize("kind", ["reworked", "repaired"])
def test_what_is_worked_on_again_is_no_freer_unless_a_disposition_says_so(kind: str) -> None:
    source, target = stock(holds=[HOLD], expired=True, state="rejected"), stock(state="pending")
    carry_over(kind, source, target)
    assert (target.state, target.expired, target.brought) == ("rejected", True, [HOLD])
    disposed = OpenHold("under_review", "nonconformity:1", "x")
    source, target = stock(holds=[HOLD, disposed], state="rejected"), stock(state="pending")
    carry_over(kind, source, target)
    assert (target.state, target.brought) == ("pending", [HOLD])
    outside, inner = stock(inside=[Content(stock(holds=[HOLD]), False)]), stock(state="pending")
    carry_over(kind, outside, inner)
    assert inner.brought == [HOLD]


def test_drawing_converts_and_keeps_count() -> None:
    lot = stock()
    assert draw(lot, D("0.05"), "t") == D(50)
    assert draw(lot, D(500), "g") == D("0.5")
    assert lot.left == D("49.5")
    with pytest.raises(problems.NotEnoughLeft) as refused:
        draw(lot, D(50), None)
    assert refused.value.params["left"] == "49.5"
    with pytest.raises(problems.UnitsDiffer):
        draw(lot, D(1), "pcs")
    assert lot.left == D("49.5")


def test_an_unknown_part_of_nothing_is_refused() -> None:
    assert draw(stock(), None, None) == 0
    with pytest.raises(problems.NotEnoughLeft):
        draw(stock(used=D(100)), None, None)
    assert draw(stock(quantity=None), D(10**6), "kg") == 10**6


AMOUNT = st.decimals(0, 10**6, places=6)


@given(st.lists(AMOUNT, min_size=8, max_size=8), AMOUNT, AMOUNT)
def test_a_balance_adds_up_exactly(parts: list[Decimal], left: Decimal, difference: Decimal) -> None:
    used = sum(parts)
    lot = stock(quantity=used + left - difference, used=used, difference=difference)
    kinds = dict(zip(("consumed", "split", "reworked", "packed"), parts, strict=False))
    found = balance(lot, kinds, parts[4], parts[5], parts[6], parts[7], None)
    total = (
        found.consumed
        + found.split_off
        + found.packed
        + found.installed
        + found.shipped
        + found.scrapped
        + found.returned
        + found.sampled
    )
    assert found.left == left
    assert lot.quantity == total + found.left + found.unexplained


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("0.500", "0.5"), ("-2", "-2"), ("0", "0"), ("100", "100")]
)
def test_numbers_are_written_as_people_write_them(value: str, text: str) -> None:
    assert plain(D(value)) == text
