"""Promise: sampling follows GB/T 2828.1 (ISO 2859-1:1999), single, normal and tightened: letters and plans as the standard lists
them (and as MIL-STD-105E did), arrows followed with the sample size they lead to, and switches that act on the next lot."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domains.quality.inspection.sampling import (
    AQLS,
    LETTERS,
    Outcome,
    Plan,
    code_letter,
    plan_for,
    severity_after,
)

# Rows as printed, column by column from AQL 0.10 to 10; "v" and "^" are arrows. Typed from the tables, not computed.
_COLUMNS = ("0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0", "6.5", "10")
_NORMAL = {
    "A": (2, "v v v v v v v v v 0 v"),
    "B": (3, "v v v v v v v v 0 ^ v"),
    "C": (5, "v v v v v v v 0 ^ v 1"),
    "D": (8, "v v v v v v 0 ^ v 1 2"),
    "E": (13, "v v v v v 0 ^ v 1 2 3"),
    "F": (20, "v v v v 0 ^ v 1 2 3 5"),
    "G": (32, "v v v 0 ^ v 1 2 3 5 7"),
    "H": (50, "v v 0 ^ v 1 2 3 5 7 10"),
    "J": (80, "v 0 ^ v 1 2 3 5 7 10 14"),
    "K": (125, "0 ^ v 1 2 3 5 7 10 14 21"),
    "L": (200, "^ v 1 2 3 5 7 10 14 21 ^"),
    "M": (315, "v 1 2 3 5 7 10 14 21 ^ ^"),
    "N": (500, "1 2 3 5 7 10 14 21 ^ ^ ^"),
    "P": (800, "2 3 5 7 10 14 21 ^ ^ ^ ^"),
    "Q": (1250, "3 5 7 10 14 21 ^ ^ ^ ^ ^"),
    "R": (2000, "5 7 10 14 21 ^ ^ ^ ^ ^ ^"),
}
_TIGHTENED = {
    "A": (2, "v v v v v v v v v v 0"),
    "B": (3, "v v v v v v v v v 0 v"),
    "C": (5, "v v v v v v v v 0 v v"),
    "D": (8, "v v v v v v v 0 v v 1"),
    "E": (13, "v v v v v v 0 v v 1 2"),
    "F": (20, "v v v v v 0 v v 1 2 3"),
    "G": (32, "v v v v 0 v v 1 2 3 5"),
    "H": (50, "v v v 0 v v 1 2 3 5 8"),
    "J": (80, "v v 0 v v 1 2 3 5 8 12"),
    "K": (125, "v 0 v v 1 2 3 5 8 12 18"),
    "L": (200, "0 v v 1 2 3 5 8 12 18 ^"),
    "M": (315, "v v 1 2 3 5 8 12 18 ^ ^"),
    "N": (500, "v 1 2 3 5 8 12 18 ^ ^ ^"),
    "P": (800, "1 2 3 5 8 12 18 ^ ^ ^ ^"),
    "Q": (1250, "2 3 5 8 12 18 ^ ^ ^ ^ ^"),
    "R": (2000, "3 5 8 12 18 ^ ^ ^ ^ ^ ^"),
}
_TABLES = {"normal": _NORMAL, "tightened": _TIGHTENED}
# A lot of level II and III that has each letter.
_LOT_OF = {
    "A": 8, "B": 15, "C": 25, "D": 50, "E": 90, "F": 150, "G": 280, "H": 500, "J": 1200, "K": 3200, "L": 10_000,
    "M": 35_000, "N": 150_000, "P": 500_000, "Q": 600_000,
}  # fmt: skip


def looked_up(severity: str, letter: str, aql: str) -> tuple[str, int, int]:
    """By the printed table: letter, sample size, acceptance number, with arrows walked cell by cell."""
    table, column = _TABLES[severity], _COLUMNS.index(aql)
    while not (cell := table[letter][1].split()[column]).isdigit():
        letter = LETTERS[LETTERS.index(letter) + (1 if cell == "v" else -1)]
    return letter, table[letter][0], int(cell)


@pytest.mark.parametrize("severity", ["normal", "tightened"])
@pytest.mark.parametrize("aql", _COLUMNS)
def test_every_cell_of_the_tables(severity: str, aql: str) -> None:
    for letter, lot in _LOT_OF.items():
        expected = looked_up(severity, letter, aql)
        plan = plan_for(Decimal(lot), "II", aql, severity)  # type: ignore[arg-type]
        if expected[1] >= lot:
            assert (plan.whole, plan.sample_size, plan.accept) == (True, lot, expected[2])
        else:
            assert (plan.letter, plan.sample_size, plan.accept) == expected, (letter, aql)


@pytest.mark.parametrize(
    ("lot", "level", "aql", "severity", "size", "accept", "reject"),
    [
        (2000, "II", "1.0", "normal", 125, 3, 4),
        (120, "II", "2.5", "normal", 20, 1, 2),
        (5000, "II", "0.65", "normal", 200, 3, 4),
        (2000, "II", "1.0", "tightened", 125, 2, 3),
        (1000, "III", "0.40", "normal", 125, 1, 2),
    ],
)
def test_plans_named_elsewhere(
    lot: int, level: str, aql: str, severity: str, size: int, accept: int, reject: int
) -> None:
    plan = plan_for(Decimal(lot), level, aql, severity)  # type: ignore[arg-type]
    assert (plan.sample_size, plan.accept, plan.reject) == (size, accept, reject)


# The letters of each level by the upper ends of lot sizes, typed from table 1.
_LETTERS = """
8 A A A A A A B
15 A A A A A B C
25 A A B B B C D
50 A B B C C D E
90 B B C C C E F
150 B B C D D F G
280 B C D E E G H
500 B C D E F H J
1200 C C E F G J K
3200 C D E G H K L
10000 C D F G J L M
35000 C D F H K M N
150000 D E G J L N P
500000 D E G J M P Q
500001 D E H K N Q R
"""


def test_every_letter() -> None:
    levels = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
    below = 0
    for row in _LETTERS.split("\n")[1:-1]:
        end, *letters = row.split()
        for lot in (below + 1, int(end)):
            assert [code_letter(lot, level) for level in levels] == letters  # type: ignore[arg-type]
        below = int(end)


@given(st.integers(1, 10**9), st.sampled_from(("S-1", "S-4", "I", "II", "III")), st.sampled_from(AQLS))
@settings(derandomize=True, deadline=None, max_examples=2000)
def test_tightened_never_accepts_what_normal_does_not(lot: int, level: str, aql: str) -> None:
    """Of one sample size, fewer nonconforming items pass; and no plan draws more than the lot."""
    plans: list[Plan] = [plan_for(Decimal(lot), level, aql, each) for each in ("normal", "tightened")]  # type: ignore[arg-type]
    assert all(0 < each.sample_size <= lot and each.accept >= 0 for each in plans)
    normal, tightened = plans
    assert tightened.accept / tightened.sample_size <= normal.accept / normal.sample_size
    if normal.sample_size == tightened.sample_size:
        assert tightened.accept <= normal.accept


def words(text: str) -> list[Outcome]:
    return [Outcome({"a": True, "r": False, "!": None}[letter]) for letter in text]


@pytest.mark.parametrize(
    ("history", "severity"),
    [
        ("", "normal"),
        ("aaaa", "normal"),
        ("ar", "normal"),
        ("rr", "tightened"),
        ("raaar", "tightened"),
        ("raaaar", "normal"),  # the sixth: the first has left the five
        ("rraaaa", "tightened"),
        ("rraaaaa", "normal"),
        ("rraaaaraaaa", "tightened"),
        ("rraaaaar", "normal"),  # normal counts from new
        ("rrrrrr", "tightened"),
        ("rrrrrrr", "discontinued"),
        ("rrrarararar", "discontinued"),  # cumulative, not in a row
        ("rrrrrrraaaaaaaa", "discontinued"),  # until somebody lets it go on
        ("rrrrrrr!", "tightened"),
        ("rrrrrrr!aaaaa", "normal"),
        ("!", "normal"),
    ],
)
def test_switching(history: str, severity: str) -> None:
    assert severity_after(words(history)) == severity


def by_the_book(history: list[bool]) -> str:
    """The rules once more, as sets of lot numbers instead of a running state."""
    severity, since = "normal", 0
    for number in range(1, len(history) + 1):
        under = history[since:number]
        rejected = {position for position, accepted in enumerate(under) if not accepted}
        if severity == "normal" and len({each for each in rejected if each >= len(under) - 5}) >= 2:
            severity, since = "tightened", number
        elif severity == "tightened":
            if len(under) >= 5 and not {each for each in rejected if each >= len(under) - 5}:
                severity, since = "normal", number
            elif len(rejected) >= 5:
                return "discontinued"
    return severity


@given(st.lists(st.booleans(), max_size=60))
@settings(derandomize=True, deadline=None, max_examples=2000)
def test_switching_against_the_book(history: list[bool]) -> None:
    assert severity_after(Outcome(each) for each in history) == by_the_book(history)


def test_discontinued_looks_at_every_item_and_takes_none() -> None:
    plan = plan_for(Decimal(1000), "II", "1.0", "discontinued")
    assert (plan.whole, plan.sample_size, plan.accept) == (True, 1000, 0)


def test_parts_of_an_item_count_as_one() -> None:
    assert plan_for(Decimal("8.5"), "II", "6.5", "normal").letter == plan_for(Decimal(9), "II", "6.5", "normal").letter
