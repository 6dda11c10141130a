"""Pure rules of tracing: how far a lot is from the start, and what a lot's records say together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import asyncpg

Verdict = Literal["pass", "fail", "not_judged"]


def distances(starts: Iterable[str], onward: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Links between each lot and the nearest start, nearest first; `onward` leads away from the starts. Cycles are harmless."""
    found = dict.fromkeys(starts, 0)
    frontier = list(found)
    distance = 0
    while frontier:
        distance += 1
        reached: list[str] = []
        for near in frontier:
            for far in onward.get(near, ()):
                if far not in found:
                    found[far] = distance
                    reached.append(far)
        frontier = reached
    return found


def verdict_of(row: asyncpg.Record) -> Verdict:
    """One word for a lot's records: a single failure fails it; without records, or with a blank, it is not judged."""
    if not row["records"]:
        return "not_judged"
    if row["fails"]:
        return "fail"
    return "not_judged" if row["not_judged"] else "pass"
