"""What goods bring along when they go on under another number: holds, rejection, expiry, concession."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from server.domains.chain.stock.goods import (
    DISPOSED_BY,
    INHERITING_KINDS,
    INSIDE_KINDS,
    MOVE_KINDS,
    REWORK_KINDS,
    ZERO,
    Concession,
    Content,
    OpenHold,
    Stock,
    contents,
)
from server.domains.chain.stock.quantities import converted


def carry_over(kind: str, source: Stock, target: Stock, drawn: Decimal = ZERO) -> None:
    """What the goods bring along in memory, so that the next row of the same command sees it.

    The very same goods under another number are no freer than before: holds, rejection and the earlier expiry go along,
    and with a split or a merge a concession for what was `drawn` (in the unit of `source`). Goods that are worked on
    again by a signed disposition leave behind what the disposition answers: its own hold, and the rejection.
    """
    if kind in INSIDE_KINDS:
        target.inside.append(Content(source, kind == "packed"))
    if kind not in MOVE_KINDS:
        return
    decided = kind in REWORK_KINDS and any(hold.cause.startswith(DISPOSED_BY) for hold in source.holds)
    known = {hold.key for hold in target.holds}
    new = {hold.key: hold for hold in _goes_along(kind, source) if hold.key not in known}
    target.holds.extend(new.values())
    target.brought.extend(new.values())
    first = earliest([source.expires_at, target.expires_at])
    state = "rejected" if source.state == "rejected" and not decided else target.state
    target.changed |= first != target.expires_at or state != target.state
    target.expires_at, target.state, target.expired = first, state, target.expired or source.expired
    if source.concession is not None and kind in INHERITING_KINDS:
        target.concession = _conceded(source.concession, target, converted(drawn, source.unit or "", target))
        target.changed = True


def _goes_along(kind: str, source: Stock) -> Iterator[OpenHold]:
    """The holds that stop the goods wherever they go, those of what is inside too."""
    for hold in source.holds:
        if kind in INHERITING_KINDS or not hold.cause.startswith(DISPOSED_BY):
            yield hold
    for content in contents(source):
        yield from content.stock.holds


def _conceded(brought: Concession, target: Stock, quantity: Decimal) -> Concession:
    """The goods of `target` with so much more under this concession: the earlier end, no more than both allow, and the one
    customer that either names."""
    own = target.concession
    if own is None:
        return replace(brought, ceiling=target.used + quantity)
    consent = own if own.customer_id is not None else brought
    return replace(
        brought, until=min(own.until, brought.until), over=own.over or brought.over, ceiling=own.ceiling + quantity,
        customer_id=consent.customer_id, customer_name=consent.customer_name,
    )  # fmt: skip


def inherited_state(states: list[str]) -> str:
    """The state of goods made by putting lots of these states together."""
    if "rejected" in states:
        return "rejected"
    return "released" if all(state == "released" for state in states) else "pending"


def earliest(moments: list[datetime | None]) -> datetime | None:
    """The first of the known moments."""
    return min((moment for moment in moments if moment is not None), default=None)
