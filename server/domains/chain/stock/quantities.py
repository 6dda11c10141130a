"""The arithmetic of stock, exact and without a database: what is drawn from a lot, and where its quantity went.

Balance of a lot, exact in Decimal and in the lot's unit:

    quantity in = consumed + split off + packed + installed + shipped + scrapped + returned + sampled + left + unexplained
    left        = quantity in + counted difference - used
    unexplained = - counted difference (what physical counts found missing; negative where they found more)
    used        = consumed + split off + packed + installed + shipped + scrapped + returned + sampled

`returned` went back to its supplier. `split off` is what moved into another lot: split, merged, reworked, repaired. What was given back (a reversed link,
an opened case) is in no term. A lot of unknown quantity has no `left`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from server.core.errors import Problem
from server.core.impossible import ImpossibleValue
from server.core.units import convert, counts_pieces
from server.domains.chain import problems
from server.domains.chain.stock.goods import MOVE_KINDS, ONE_PIECE_KINDS, ZERO, Stock


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


def assert_whole(quantity: Decimal | None, unit: str | None, stock: Stock | None = None) -> None:
    """Raises PiecesNotWhole for a part of what is counted, unless `stock`, of which it is taken, is no whole number either."""
    if quantity is None or unit is None or quantity == quantity.to_integral_value() or not counts_pieces(unit):
        return
    left = stock.left if stock is not None else None
    if left is None or left == left.to_integral_value():
        raise problems.PiecesNotWhole(field="quantity", quantity=plain(quantity), unit=unit)


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


def assert_spares_stopped(
    stock: Stock, drawn: Decimal, customer_id: UUID | None = None, *, used_up: bool = False
) -> None:
    """Raises PiecesStopped where what was just drawn, unnamed, must contain a piece that is held or rejected: all of a lot
    that is measured, more than the others of one that is counted. And PiecesReserved, where it must contain one conceded
    for another customer than `customer_id`; what is `used_up` here goes to none."""
    reserved = 0 if used_up else sum(n for each, n in stock.reserved_pieces.items() if each != customer_id)
    _assert_spares(stock, drawn, stock.stopped_pieces, problems.PiecesStopped)
    _assert_spares(stock, drawn, stock.stopped_pieces + reserved, problems.PiecesReserved)


def _assert_spares(stock: Stock, drawn: Decimal, pieces: int, refused: type[Problem]) -> None:
    left = stock.left
    if stock.by_name or not pieces or left is None or not drawn:
        return
    counted = stock.unit is not None and counts_pieces(stock.unit)
    kept = Decimal(pieces) if counted else ZERO
    if left < kept or (not counted and left == 0):
        raise refused(
            field="quantity", lot_no=stock.lot_no, pieces=pieces, free=plain(max(left + drawn - kept, ZERO)), unit=stock.unit or "",
        )  # fmt: skip


def plain(value: Decimal) -> str:
    """Digits as people write them: no exponent, no trailing zeros behind the point."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a lot's quantity went, in its unit; see the formula above. `last_counted_at`: the last physical count.
    `unknown_draws`: uses of the lot whose quantity nobody knows, in no term: with one, `left` is at most that much."""

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
    unknown_draws: int = 0


def balance(
    stock: Stock,
    by_kind: Mapping[str, Decimal],
    shipped: Decimal,
    scrapped: Decimal,
    returned: Decimal,
    sampled: Decimal,
    last_counted_at: datetime | None,
    unknown_draws: int = 0,
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
        unknown_draws=unknown_draws,
    )
