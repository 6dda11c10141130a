"""Promise: the cycle check agrees with a brute-force closure on random graphs, and names a real way round."""

import random
from itertools import pairwise
from uuid import UUID

import pytest

from server.domains.chain.links.cycles import _closing, _has_cycle

LOTS = [UUID(int=n) for n in range(1, 13)]


def reachable(edges: set[tuple[UUID, UUID]], start: UUID) -> set[UUID]:
    found: set[UUID] = set()
    front = {start}
    while front:
        front = {target for source, target in edges if source in front} - found
        found |= front
    return found


@pytest.mark.parametrize("seed", range(200))
def test_refused_are_exactly_those_that_close_a_cycle(seed: int) -> None:
    chance = random.Random(seed)
    known: set[tuple[UUID, UUID]] = set()
    new = [tuple(chance.sample(LOTS, 2)) for _ in range(20)]
    refused = _closing([], [(a, b) for a, b in new])
    for position, (source, target) in enumerate(new):
        closes = source in reachable(known, target)
        assert (position in refused) == closes
        if closes:
            path = refused[position]
            assert path[0] == path[-1] == source
            assert path[1] == target
            assert all(step in known for step in pairwise(path[1:]))
        else:
            known.add((source, target))
    assert not _has_cycle(known)
    assert _has_cycle([*known, *((b, a) for a, b in list(known)[:1])])
