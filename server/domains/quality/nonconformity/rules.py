"""What may become of what failed, and whether enough people signed. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

LEAVES_THE_LAW = frozenset({"concession", "sort", "downgrade"})  # would let goods go on without being worked on
MAKES_ANEW = frozenset({"rework", "repair", "downgrade"})  # a new lot that waits for its own release
INSPECTED_AGAIN = MAKES_ANEW | {"sort"}
NEEDS_EVIDENCE = frozenset({"scrap", "destroy"})
FATES = {"scrap": "scrapped", "destroy": "destroyed", "return": "returned"}


@dataclass(frozen=True, slots=True)
class Signature:
    signer_id: UUID
    roles: frozenset[str]
    may_dispose: bool


@dataclass(frozen=True, slots=True)
class Needed:
    """What a disposition's review still lacks: so many people, these roles, somebody beside the proposer, and for a
    concession somebody who may dispose."""

    people: int
    roles: tuple[str, ...]
    another: bool
    approver: bool

    @property
    def complete(self) -> bool:
        return not (self.people or self.roles or self.another or self.approver)


def still_needed(
    people: int, roles: Sequence[str], signatures: Sequence[Signature], proposer: UUID | None, *, concession: bool
) -> Needed:
    """What these approving signatures (one a person) leave open."""
    return Needed(
        max(0, people - len(signatures)),
        _unfilled(roles, signatures),
        all(each.signer_id == proposer for each in signatures),
        concession and not any(each.may_dispose for each in signatures),
    )


def _unfilled(roles: Sequence[str], signatures: Sequence[Signature]) -> tuple[str, ...]:
    """The roles that nobody fills when every person fills one at most, as many filled as can be."""
    filled: dict[int, int] = {}  # person -> role, by their places

    def place(role: int, tried: set[int]) -> bool:
        for person, signature in enumerate(signatures):
            if roles[role] in signature.roles and person not in tried:
                tried.add(person)
                if person not in filled or place(filled[person], tried):
                    filled[person] = role
                    return True
        return False

    return tuple(name for number, name in enumerate(roles) if not place(number, set()))


def enough_taken_aside(taken: Decimal | None, rejected: Decimal | None, *, on_the_run: bool) -> bool:
    """Whether a part that was taken aside and dealt with answers for a failing record, so that the rest may go on: it is no
    less than what the record rejected. Of a check on the run those who sign judge how much was touched. A record that
    counts nothing speaks of all its goods: the rest has to pass a look of its own."""
    if taken is None:
        return False
    return on_the_run or (rejected is not None and taken >= rejected)


def takes_part(roles: Collection[str], may_dispose: bool, wanted: Collection[str]) -> bool:
    """Whether a person's signature counts in a review that wants these roles."""
    return may_dispose or not set(roles).isdisjoint(wanted)
