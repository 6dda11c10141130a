"""Signs that data may have been invented, as pure rules over what one person entered. A sign is shown; it blocks nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

BURST_LEAST, BURST_WITHIN = 10, timedelta(seconds=60)
IDENTICAL_LEAST = 5
END_LEAST, END_SHARE, END_WITHIN, SHIFT_LEAST = 10, Decimal("0.6"), timedelta(minutes=20), timedelta(hours=4)


class Made(NamedTuple):
    """One entry. `check_id`: of the many that were one check. `numbers`: what was measured, in the form's order."""

    record_id: UUID
    check_id: UUID | None
    form: str
    at: datetime
    numbers: tuple[Decimal, ...]


class Sign(NamedTuple):
    """`kind` keys `inspection.unusual.<kind>`."""

    kind: str
    records: tuple[UUID, ...]
    times: int
    among: int
    form: str


def signs_of(made: Sequence[Made]) -> list[Sign]:
    """What is unusual about the entries of one person on one day. Many things scanned into one check are one entry."""
    checks = _checks(sorted(made, key=lambda each: (each.at, each.record_id)))
    return [*_bursts(checks), *_identical(checks), *_at_shift_end(checks)]


def _checks(made: Sequence[Made]) -> list[Made]:
    seen: dict[UUID, Made] = {}
    for each in made:
        seen.setdefault(each.check_id or each.record_id, each)
    return list(seen.values())


def _bursts(checks: Sequence[Made]) -> Iterator[Sign]:
    """Runs in which any ten follow one another within a minute: nobody looks at ten things in that time one by one."""
    run: list[Made] = []
    for first in range(len(checks) - BURST_LEAST + 1):
        window = checks[first : first + BURST_LEAST]
        if window[-1].at - window[0].at > BURST_WITHIN:
            continue
        if run and window[0] not in run:
            yield _sign("burst", run)
            run = []
        run += [each for each in window if each not in run]
    if run:
        yield _sign("burst", run)


def _identical(checks: Sequence[Made]) -> Iterator[Sign]:
    """The same numbers again and again on one form."""
    by_form = sorted(checks, key=lambda each: (each.form, each.at))
    for (_, numbers), group in groupby(by_form, key=lambda each: (each.form, each.numbers)):
        same = list(group)
        if numbers and len(same) >= IDENTICAL_LEAST:
            yield _sign("identical_values", same)


def _at_shift_end(checks: Sequence[Made]) -> Iterator[Sign]:
    """Most of a long shift's entries in its last twenty minutes."""
    if len(checks) < END_LEAST or checks[-1].at - checks[0].at < SHIFT_LEAST:
        return
    late = [each for each in checks if checks[-1].at - each.at <= END_WITHIN]
    if len(late) >= END_SHARE * len(checks):
        yield _sign("at_shift_end", late, len(checks))


def _sign(kind: str, made: Sequence[Made], of: int | None = None) -> Sign:
    return Sign(kind, tuple(each.record_id for each in made), len(made), of or len(made), made[0].form)
