"""GB/T 2828.1-2012 (ISO 2859-1:1999): single sampling by attributes, normal and tightened, and the switching rules.

The master tables are laid out along diagonals: with code letters and AQLs numbered from 0, the acceptance number depends
on the sum of both alone. Where a cell has no plan, an arrow leads up or down the column to the next that has one, and
that plan is taken with its own sample size.
"""

from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
Severity = Literal["normal", "tightened", "discontinued"]

LETTERS = "ABCDEFGHJKLMNPQRS"
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
AQLS = (
    "0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0",
    "6.5", "10", "15", "25", "40", "65", "100", "150", "250", "400", "650", "1000",
)  # fmt: skip
_LOT_SIZES = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)  # upper ends
_CODE_LETTERS: dict[Level, str] = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}
# Acceptance numbers by (letter + AQL); the last two only with small letters, where the table goes on to high AQLs.
_ACCEPT: dict[str, dict[int, int]] = {
    "normal": {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21, 25: 30, 26: 44},
    "tightened": {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18, 25: 27, 26: 41},
}
_LAST_LETTER = {"normal": LETTERS.index("R"), "tightened": LETTERS.index("S")}
_UP_AFTER_ZERO = {"normal": (15,), "tightened": ()}  # between Ac 0 and Ac 1: these cells point up, the others down
_HIGH, _HIGH_LETTERS = 25, LETTERS.index("E")


class Plan(NamedTuple):
    """Accept the lot with at most `accept` nonconforming items in `sample_size`. `letter` is the one whose plan it is;
    `whole`: every item is inspected, since the sample would be as large as the lot."""

    letter: str
    sample_size: int
    accept: int
    severity: Severity
    whole: bool = False

    @property
    def reject(self) -> int:
        """From this many nonconforming items on the lot is not accepted."""
        return self.accept + 1


def code_letter(lot_size: int, level: Level) -> str:
    """The sample size code letter of a lot of at least one item."""
    return _CODE_LETTERS[level][bisect_left(_LOT_SIZES, lot_size)]


def plan_for(lot_size: Decimal, level: Level, aql: str, severity: Severity) -> Plan:
    """The plan of a lot; parts of an item count as one. While sampling is discontinued every item is inspected and
    none may be nonconforming."""
    items = max(1, int(lot_size.to_integral_value(rounding="ROUND_CEILING")))
    letter = code_letter(items, level)
    if severity == "discontinued":
        return Plan(letter, items, 0, severity, True)
    row, accept = _follow(LETTERS.index(letter), AQLS.index(aql), severity)
    size = _SIZES[row]
    if size >= items:
        return Plan(LETTERS[row], items, accept, severity, True)
    return Plan(LETTERS[row], size, accept, severity)


def _follow(row: int, column: int, severity: str) -> tuple[int, int]:
    """Row and acceptance number of the plan that this cell holds or points to."""
    if (accept := _cell(row, column, severity)) is not None:
        return row, accept
    steps = (1, -1) if _points_down(row + column, severity) else (-1, 1)
    for step in steps:  # an arrow that leads out of the table leads the other way
        at = row + step
        while 0 <= at <= _LAST_LETTER[severity]:
            if (accept := _cell(at, column, severity)) is not None:
                return at, accept
            at += step
    raise AssertionError("every column has a plan")


def _cell(row: int, column: int, severity: str) -> int | None:
    total = row + column
    if total >= _HIGH and row > _HIGH_LETTERS:
        return None
    if row == _LAST_LETTER["tightened"] and total != 18:  # S is there for one plan
        return None
    return _ACCEPT[severity].get(total)


def _points_down(total: int, severity: str) -> bool:
    return total < _HIGH and total not in _UP_AFTER_ZERO[severity]


# Switching: 9.3.1, 9.3.2 and 9.4 of the standard.
_TIGHTEN_ON, _WITHIN, _RELAX_AFTER, _DISCONTINUE_ON = 2, 5, 5, 5


class Outcome(NamedTuple):
    """One lot on original inspection, in the order of decision; None of `accepted`: somebody let sampling resume."""

    accepted: bool | None


def severity_after(history: Iterable[Outcome], start: Severity = "normal") -> Severity:
    """How the next lot is inspected: a switch acts on the lot after the one that caused it."""
    severity = start
    recent: list[bool] = []  # under the severity in force
    for outcome in history:
        if outcome.accepted is None:
            severity, recent = ("tightened", []) if severity == "discontinued" else (severity, recent)
            continue
        if severity == "discontinued":
            continue
        recent.append(outcome.accepted)
        switched = _switch(severity, recent)
        if switched != severity:
            severity, recent = switched, []
    return severity


def _switch(severity: Severity, recent: list[bool]) -> Severity:
    if severity == "normal":
        return "tightened" if recent[-_WITHIN:].count(False) >= _TIGHTEN_ON else "normal"
    if len(recent) >= _RELAX_AFTER and all(recent[-_RELAX_AFTER:]):
        return "normal"
    return "discontinued" if recent.count(False) >= _DISCONTINUE_ON else "tightened"
