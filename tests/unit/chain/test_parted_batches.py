"""Promise: goods carry their recipe along: a part is its share of the plan and of what was charged, a mixture the sum, however
often goods are parted and mixed; nothing of it is lost or invented."""

from decimal import Decimal
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from server.domains.chain.recipes.parting import Moved, mixture, part_of, shares_of
from server.domains.chain.recipes.rules import Batch, Material

MILK, SALT = uuid4(), uuid4()
HUNDRED = Decimal(100)


def batch(charged: str, *, outside: str = "refuse", version: UUID | None = None, asked: str = "10") -> Batch:
    milk = Material(MILK, "奶", Decimal(asked), "kg", Decimal(1), Decimal(1), True)
    return Batch(
        uuid4(), "R V1", version or UUID(int=1), outside, HUNDRED, HUNDRED, "kg", {MILK: milk}, {MILK: Decimal(charged)}
    )


@given(st.lists(st.decimals("0.01", "1", places=2), min_size=1, max_size=6), st.sampled_from(["5", "10", "20"]))
def test_a_part_of_a_part_is_judged_as_the_whole(cuts: list[Decimal], charged: str) -> None:
    lots = [uuid4() for _ in range(len(cuts) + 1)]
    moves = [Moved(lots[n + 1], lots[n], cut * 100, HUNDRED) for n, cut in enumerate(cuts)]
    whole = batch(charged)
    part = part_of(whole, shares_of(moves)[lots[-1]][lots[0]])
    (milk,) = part.materials.values()
    assert part.judged(milk) == whole.judged(milk)


@given(st.integers(1, 99))
def test_parts_that_come_together_again_are_the_whole(kilograms: int) -> None:
    origin, left, right, again = (uuid4() for _ in range(4))
    moves = [
        Moved(left, origin, Decimal(kilograms), HUNDRED),
        Moved(right, origin, Decimal(100 - kilograms), HUNDRED),
        Moved(again, left, Decimal(kilograms), Decimal(kilograms)),
        Moved(again, right, Decimal(100 - kilograms), Decimal(100 - kilograms)),
    ]
    assert shares_of(moves)[again][origin] == 1


def test_a_long_line_of_partings_and_mixings_ends_soon() -> None:
    moves, lot = [], uuid4()
    origin = lot
    for _ in range(200):
        left, right, again = uuid4(), uuid4(), uuid4()
        moves += [Moved(part, lot, Decimal(50), HUNDRED) for part in (left, right)]
        moves += [Moved(again, part, Decimal(50), Decimal(50)) for part in (left, right)]
        lot = again
    assert shares_of(moves)[lot][origin] == 1


def test_what_is_not_known_is_taken_for_the_whole() -> None:
    origin, part = uuid4(), uuid4()
    for move in (Moved(part, origin, Decimal(0), HUNDRED), Moved(part, origin, Decimal(5), None)):
        assert shares_of([move])[part][origin] == 1


def test_of_two_short_batches_no_mixture_is_right() -> None:
    mixed = mixture(uuid4(), [batch("5"), batch("5")])
    (milk,) = mixed.materials.values()
    assert (mixed.planned, mixed.judged(milk)) == (200, "below")


def test_of_different_recipes_the_mixture_asks_what_each_asks() -> None:
    mixed = mixture(uuid4(), [batch("10"), batch("20", version=uuid4(), asked="20", outside="warn")])
    (milk,) = mixed.materials.values()
    assert (mixed.target(milk), mixed.limits(milk), mixed.outside) == (30, (Decimal("29.7"), Decimal("30.3")), "refuse")
    assert mixed.judged(milk) == "within"
