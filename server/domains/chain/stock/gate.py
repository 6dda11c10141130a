"""The gate of use, without a database: why goods may not be used, moved, packed or shipped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.errors import Problem
from server.domains.chain import problems
from server.domains.chain.stock.goods import (
    DISPOSED_BY,
    INHERITING_KINDS,
    MOVE_KINDS,
    REWORK_KINDS,
    USE_KINDS,
    Concession,
    Content,
    Stock,
    contents,
)


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
    if inner.is_piece_of_lot and inner.state == "pending":
        return problems.ContentNotReleased(**names)
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
    if piece.state == "pending":
        return problems.LotNotReleased(lot_no=piece.lot_no)
    if piece.concession_over:
        return problems.ConcessionOver(lot_no=piece.lot_no)
    return next((found for content in contents(piece) if (found := _why_content_unusable(piece, content))), None)


def why_not_for(stock: Stock, customer_id: UUID) -> Problem | None:
    """Why this customer may not receive these goods: only another consented to the concession of them, or of what is inside."""
    if (conceded := _for_other(stock, customer_id)) is not None:
        return problems.ConcededForOther(lot_no=stock.lot_no, customer=conceded.customer_name or "")
    for content in contents(stock):
        conceded = _for_other(content.stock, customer_id)
        if conceded is not None and (content.packed or content.stock.is_piece_of_lot):
            return problems.ContentConcededForOther(
                lot_no=stock.lot_no, content=content.stock.lot_no, customer=conceded.customer_name or ""
            )
    return None


def _for_other(stock: Stock, customer_id: UUID) -> Concession | None:
    conceded = stock.concession
    return conceded if conceded is not None and conceded.customer_id not in (None, customer_id) else None


def why_consents_differ(first: Concession | None, second: Concession | None) -> Problem | None:
    """Why goods may not stand under both concessions: different customers consented, so that nobody might receive them."""
    if first is None or second is None or None in (first.customer_id, second.customer_id):
        return None
    if first.customer_id == second.customer_id:
        return None
    return problems.ConcessionsDiffer(customer=first.customer_name or "", other=second.customer_name or "")


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
    if kind in INHERITING_KINDS and (found := why_consents_differ(source.concession, target.concession)):
        return found
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
