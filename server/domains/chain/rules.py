"""The gate of use and the arithmetic of stock, without a database.

Balance of a lot, exact in Decimal and in the lot's unit:

    quantity in = consumed + split off + packed + installed + shipped + scrapped + returned + sampled + left + unexplained
    left        = quantity in + counted difference - used
    unexplained = - counted difference (what physical counts found missing; negative where they found more)
    used        = consumed + split off + packed + installed + shipped + scrapped + returned + sampled

`returned` went back to its supplier. `split off` is what moved into another lot: split, merged, reworked, repaired. What was given back (a reversed link,
an opened case) is in no term. A lot of unknown quantity has no `left`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core.errors import Problem
from server.core.impossible import ImpossibleValue
from server.core.units import convert, counts_pieces
from server.domains.chain import problems

USE_KINDS = frozenset({"consumed", "installed"})  # what only usable stock may do, besides being shipped
MOVE_KINDS = frozenset({"split", "merged", "reworked", "repaired"})  # the stock goes on under another lot's number
INHERITING_KINDS = frozenset(
    {"split", "merged"}
)  # the very same goods, unworked: a concession and a release go with them
REWORK_KINDS = MOVE_KINDS - INHERITING_KINDS  # worked on again: a new lot that waits for a release of its own
INSIDE_KINDS = frozenset({"packed", "installed"})
DISPOSED_BY = "nonconformity:"  # how the cause of a hold begins whose goods move by signed dispositions alone
ONE_PIECE_KINDS = frozenset({"unit", "package"})
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenHold:
    kind: str
    cause: str
    reason: str


@dataclass(frozen=True, slots=True)
class Concession:
    """What the lot may be used for although it failed: until then (`over`: that moment has passed), and no further than
    until `ceiling` is used, in the lot's unit."""

    id: UUID
    until: datetime
    ceiling: Decimal
    over: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A lot directly inside another. `packed`: it lies in a package, and leaves with it as it is."""

    stock: "Stock"
    packed: bool


@dataclass(slots=True)
class Stock:
    """One lot under its row's lock, as the gate sees it. `used` grows while a command draws from it."""

    id: UUID
    lot_no: str
    kind: str
    product_id: UUID
    state: str
    quantity: Decimal | None
    unit: str | None
    used: Decimal
    difference: Decimal
    expires_at: datetime | None
    expired: bool
    holds: list[OpenHold] = field(default_factory=list)
    inside: list[Content] = field(default_factory=list)
    brought: list[OpenHold] = field(default_factory=list)  # holds that came over in this command, not yet stored
    changed: bool = False  # its state, expiry or concession came over in this command, not yet stored
    concession: Concession | None = None

    @property
    def left(self) -> Decimal | None:
        """What is still there, in `unit`; None where the quantity is unknown."""
        return None if self.quantity is None else self.quantity + self.difference - self.used

    @property
    def concession_over(self) -> bool:
        """It was usable by a concession that has run out."""
        return self.concession is not None and self.concession.over

    @property
    def is_piece_of_lot(self) -> bool:
        """A serialised piece that got a record of its own by its code: what there is of it is stock of its lot."""
        return self.kind == "unit" and self.quantity is None


def contents(stock: Stock) -> Iterator[Content]:
    """All that is inside, at any depth, each lot once for each way of being inside."""
    seen: set[tuple[UUID, bool]] = set()
    queue = [(content, content.packed) for content in stock.inside]
    for content, packed in queue:
        inner = content.stock
        if (inner.id, packed) not in seen:
            seen.add((inner.id, packed))
            yield Content(inner, packed)
            queue.extend((below, packed and below.packed) for below in inner.inside)


def why_unusable(stock: Stock) -> Problem | None:
    """Why this lot may not be consumed, installed or shipped; None where it may.

    A package is as good as what is in it: its own state is not asked, an empty one is refused.
    """
    if stock.is_piece_of_lot:
        return problems.PieceOfLot(lot_no=stock.lot_no)
    if stock.holds:
        return problems.LotOnHold(lot_no=stock.lot_no, reason=stock.holds[0].reason)
    if stock.state == "rejected":
        return problems.LotRejected(lot_no=stock.lot_no)
    if stock.kind != "package" and stock.state != "released":
        return problems.LotNotReleased(lot_no=stock.lot_no)
    if stock.expired:
        return problems.LotExpired(lot_no=stock.lot_no)
    if stock.concession_over:
        return problems.ConcessionOver(lot_no=stock.lot_no)
    if stock.kind == "package" and not any(content.packed for content in stock.inside):
        return problems.PackageEmpty(lot_no=stock.lot_no)
    return next((found for content in contents(stock) if (found := _why_content_unusable(stock, content))), None)


def _why_content_unusable(stock: Stock, content: Content) -> Problem | None:
    inner = content.stock
    names: dict[str, Any] = {"lot_no": stock.lot_no, "content": inner.lot_no}
    if inner.holds:
        return problems.ContentOnHold(**names, reason=inner.holds[0].reason)
    if inner.state == "rejected" and (content.packed or inner.is_piece_of_lot):
        return problems.ContentRejected(**names)
    if inner.concession_over and (content.packed or inner.is_piece_of_lot):
        return problems.ContentConcessionOver(**names)
    if not content.packed:
        return None
    if inner.kind != "package" and inner.state != "released":
        return problems.ContentNotReleased(**names)
    return problems.ContentExpired(**names) if inner.expired else None


def why_piece_stopped(piece: Stock) -> Problem | None:
    """Why a piece that has a record of its own may not leave with its lot; what its lot allows is asked of the lot."""
    if piece.holds:
        return problems.LotOnHold(lot_no=piece.lot_no, reason=piece.holds[0].reason)
    if piece.state == "rejected":
        return problems.LotRejected(lot_no=piece.lot_no)
    if piece.concession_over:
        return problems.ConcessionOver(lot_no=piece.lot_no)
    return next((found for content in contents(piece) if (found := _why_content_unusable(piece, content))), None)


def packages_of(stock: Stock) -> list[UUID]:
    """The package itself and those that lie in it, at any depth; none for a lot that is no package."""
    if stock.kind != "package":
        return []
    inner = {c.stock.id for c in contents(stock) if c.packed and c.stock.kind == "package"}
    return [stock.id, *sorted(inner)]


def pieces_as_said(quantity: Decimal | None, unit: str | None, pieces: int, stock: Stock) -> Decimal:
    """How much so many serials of the lot are, in `unit` (the lot's where None): one each where the lot is counted.

    Raises SerialsDiffer where a quantity beside them says otherwise, QuantityRequired where the lot is measured
    (by weight, say), so that nothing can be counted.
    """
    counted = stock.unit is not None and counts_pieces(stock.unit)
    if quantity is None:
        if not counted:
            raise problems.QuantityRequired(field="quantity", lot_no=stock.lot_no)
        return Decimal(pieces)
    if counted and converted(quantity, unit or stock.unit or "", stock) != pieces:
        raise problems.SerialsDiffer(
            field="quantity",
            lot_no=stock.lot_no,
            pieces=pieces,
            quantity=plain(quantity),
            unit=unit or stock.unit or "",
        )
    return quantity


def why_unmergeable(stock: Stock) -> Problem | None:
    """Why this lot may not become part of another: held, rejected, expired or conceded goods are not diluted."""
    if stock.concession is not None:
        return problems.LotConceded(lot_no=stock.lot_no)
    if stock.holds:
        return problems.LotOnHold(lot_no=stock.lot_no, reason=stock.holds[0].reason)
    if stock.state == "rejected":
        return problems.LotRejected(lot_no=stock.lot_no)
    return problems.LotExpired(lot_no=stock.lot_no) if stock.expired else None


def why_not_moved(stock: Stock, cause: str | None = None) -> Problem | None:
    """Why this lot is not split, worked on again, packed or scrapped: what failed moves by what was decided about it
    (`cause`: by whose decision it moves), not by anybody's hand."""
    found = next((h for h in stock.holds if h.cause.startswith(DISPOSED_BY) and h.cause != cause), None)
    return None if found is None else problems.AwaitsDisposition(lot_no=stock.lot_no, reason=found.reason)


def why_not_linked(kind: str, source: Stock, target: Stock) -> Problem | None:
    """Why a link of this kind may not be written between these lots, quantities and cycles apart."""
    if source.is_piece_of_lot:
        return problems.PieceOfLot(lot_no=source.lot_no)
    if kind in USE_KINDS:
        return why_unusable(source)
    if kind == "packed":
        return _why_not_packed(target)
    if kind in MOVE_KINDS and source.kind == "package":
        return problems.OnePiece(lot_no=source.lot_no)
    if kind in INHERITING_KINDS and source.inside:
        return problems.HasContents(lot_no=source.lot_no)
    if kind == "merged" and (found := why_unmergeable(source)):
        return found
    if target.kind == "package":
        return problems.OnePiece(lot_no=target.lot_no)
    if target.state == "released" and _would_launder(kind, source):
        return problems.TargetAlreadyReleased(lot_no=target.lot_no, source=source.lot_no)
    if kind in REWORK_KINDS and target.state != "pending":
        return problems.TargetNotPending(lot_no=target.lot_no)
    return None


def why_not_same_goods(kind: str, source: Stock, target: Stock) -> Problem | None:
    """Why a move written by hand is none: what becomes another product was used for it, and passes the gate as a use."""
    if kind in MOVE_KINDS and source.product_id != target.product_id:
        return problems.MoveChangesProduct(field="kind", lot_no=source.lot_no, target=target.lot_no)
    return None


def why_not_reworked(stock: Stock, product_id: UUID, expires_at: datetime | None, decided: bool) -> Problem | None:
    """Why this lot is not worked on again as asked. To make another product of it is a use, unless a signed disposition
    says so (`decided`); nobody makes it keep longer."""
    if product_id != stock.product_id and not decided and (found := why_unusable(stock)):
        return found
    if expires_at is not None and stock.expires_at is not None and expires_at > stock.expires_at:
        return problems.ExpiryExtended(field="expires_at", lot_no=stock.lot_no)
    return None


def _would_launder(kind: str, source: Stock) -> bool:
    """Whether goods that may not be used would become part of a released lot. Holds and expiry that go along do not."""
    return source.state != "released" if kind in INHERITING_KINDS else why_unusable(source) is not None


def _why_not_packed(target: Stock) -> Problem | None:
    if target.kind != "package":
        return problems.TargetNotPackage(lot_no=target.lot_no)
    return problems.PackageInUse(lot_no=target.lot_no) if target.used > 0 else None


def converted(quantity: Decimal, unit: str, stock: Stock) -> Decimal:
    """The quantity in the lot's unit. Raises UnitsDiffer, naming both."""
    try:
        return convert(quantity, unit, stock.unit or unit)
    except ImpossibleValue:
        raise problems.UnitsDiffer(
            field="unit", lot_no=stock.lot_no, unit=unit[:40], expected=stock.unit or ""
        ) from None


def draw(stock: Stock, quantity: Decimal | None, unit: str | None) -> Decimal:
    """Take a quantity from the lot; how much that is in its unit. Raises NotEnoughLeft, UnitsDiffer, and
    ConcessionExceeded or QuantityRequired where a concession allows only so much.

    One piece is taken whole. An unknown part of a known quantity counts as nothing, and is refused where nothing is left.
    A lot of unknown quantity is not checked; without a unit of its own nothing is added up for it.
    """
    if quantity is None and stock.kind in ONE_PIECE_KINDS and stock.quantity is not None:
        quantity, unit = stock.quantity, stock.unit
    drawn = ZERO
    if quantity is not None and stock.unit is not None:
        drawn = converted(quantity, unit or stock.unit, stock)
    left = stock.left
    if left is not None and (drawn > left or (quantity is None and left <= 0)):
        raise problems.NotEnoughLeft(
            field="quantity", lot_no=stock.lot_no, left=plain(left), unit=stock.unit or "", wanted=plain(drawn)
        )
    if stock.concession is not None:
        if quantity is None:
            raise problems.QuantityRequired(field="quantity", lot_no=stock.lot_no)
        if stock.used + drawn > stock.concession.ceiling:
            raise problems.ConcessionExceeded(
                field="quantity", lot_no=stock.lot_no, left=plain(stock.concession.ceiling - stock.used), unit=stock.unit or ""
            )  # fmt: skip
    stock.used += drawn
    return drawn


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
    known = {hold.cause for hold in target.holds}
    new = {hold.cause: hold for hold in _goes_along(kind, source) if hold.cause not in known}
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
    """The goods of `target` with so much more under this concession: the earlier end, and no more than both allow."""
    own = target.concession
    if own is None:
        return replace(brought, ceiling=target.used + quantity)
    return replace(
        brought, until=min(own.until, brought.until), over=own.over or brought.over, ceiling=own.ceiling + quantity
    )  # fmt: skip


def plain(value: Decimal) -> str:
    """Digits as people write them: no exponent, no trailing zeros behind the point."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def inherited_state(states: list[str]) -> str:
    """The state of goods made by putting lots of these states together."""
    if "rejected" in states:
        return "rejected"
    return "released" if all(state == "released" for state in states) else "pending"


def earliest(moments: list[datetime | None]) -> datetime | None:
    """The first of the known moments."""
    return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a lot's quantity went, in its unit; see the formula above. `last_counted_at`: the last physical count."""

    unit: str | None
    quantity: Decimal | None
    consumed: Decimal
    split_off: Decimal
    packed: Decimal
    installed: Decimal
    shipped: Decimal
    scrapped: Decimal
    returned: Decimal
    sampled: Decimal
    left: Decimal | None
    unexplained: Decimal
    last_counted_at: datetime | None


def balance(
    stock: Stock,
    by_kind: Mapping[str, Decimal],
    shipped: Decimal,
    scrapped: Decimal,
    returned: Decimal,
    sampled: Decimal,
    last_counted_at: datetime | None,
) -> Balance:
    """The balance from what each kind of link, the shipments, the scrap, the returns and the retained samples drew."""
    return Balance(
        unit=stock.unit,
        quantity=stock.quantity,
        consumed=by_kind.get("consumed", ZERO),
        split_off=sum((by_kind.get(kind, ZERO) for kind in sorted(MOVE_KINDS)), ZERO),
        packed=by_kind.get("packed", ZERO),
        installed=by_kind.get("installed", ZERO),
        shipped=shipped,
        scrapped=scrapped,
        returned=returned,
        sampled=sampled,
        left=stock.left,
        unexplained=-stock.difference,
        last_counted_at=last_counted_at,
    )
