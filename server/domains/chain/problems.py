"""What the chain refuses. Each names the lot and, in its text, what can be done about it."""

from server.core import constraints
from server.core.errors import Conflict, Problem


class LotNotReleased(Conflict):
    code = "lot_not_released"


class LotRejected(Conflict):
    code = "lot_rejected"


class LotOnHold(Conflict):
    code = "lot_on_hold"


class PieceOfLot(Conflict):
    """A piece known by its code alone: its stock is its lot's, and leaves by serial."""

    code = "piece_of_lot"


class LotExpired(Conflict):
    code = "lot_expired"


class ContentOnHold(Conflict):
    code = "content_on_hold"


class ContentRejected(Conflict):
    code = "content_rejected"


class ContentNotReleased(Conflict):
    code = "content_not_released"


class ContentExpired(Conflict):
    code = "content_expired"


class ConcessionOver(Conflict):
    """It was usable by a concession that has run out."""

    code = "concession_over"


class ContentConcessionOver(Conflict):
    code = "content_concession_over"


class ConcessionExceeded(Conflict):
    """More than the quantity that was conceded."""

    code = "concession_exceeded"


class LotConceded(Conflict):
    """Goods under a concession stay a lot of their own."""

    code = "lot_conceded"


class ConcededForOther(Conflict):
    """Goods conceded with the consent of one customer go to no other."""

    code = "conceded_for_other"


class ContentConcededForOther(Conflict):
    code = "content_conceded_for_other"


class ConcessionsDiffer(Conflict):
    """Goods that only one customer accepts do not come under the consent of another."""

    code = "concessions_differ"


class PiecesReserved(Conflict):
    """Some of the pieces are conceded for one customer alone: what is taken without naming it would be among them."""

    code = "pieces_reserved"


class AwaitsDisposition(Conflict):
    """What failed moves by what was decided about it, not by anybody's hand."""

    code = "awaits_disposition"


class NothingInside(Conflict):
    """Nothing lies in it that could be taken out: it was opened, or nothing was ever packed."""

    code = "nothing_inside"


class PackageEmpty(Conflict):
    code = "package_empty"


class UnitIsOnePiece(Conflict):
    """A lot of kind `unit` is a single piece with a history of its own."""

    status = 422
    code = "unit_is_one_piece"


class SerialsToName(Conflict):
    """The part would contain pieces that have codes, and the codes would stay with the rest."""

    code = "serials_to_name"


class PiecesStopped(Conflict):
    """Some of the pieces are held or rejected: what is taken without naming it would be among them."""

    code = "pieces_stopped"


class NotEnoughLeft(Conflict):
    code = "not_enough_left"


class StockOverdrawn(Conflict):
    """The database's own last word, where no lot is known any more."""

    code = "stock_overdrawn"


class QuantityRequired(Problem):
    status = 422
    code = "quantity_required"


class UnitsDiffer(Problem):
    status = 422
    code = "units_differ"


class LinkToItself(Problem):
    status = 422
    code = "link_to_itself"


class LinksFormCycle(Conflict):
    code = "links_form_cycle"


class TargetAlreadyReleased(Conflict):
    code = "target_already_released"


class TargetNotPending(Conflict):
    """Goods that were worked on again wait for a release of their own."""

    code = "target_not_pending"


class TargetHasInputs(Conflict):
    """Something else went into the lot already: what comes in now was used for it."""

    code = "target_has_inputs"


class MoveChangesProduct(Conflict):
    """A use under the name of a move."""

    code = "move_changes_product"


class ExpiryExtended(Conflict):
    """The goods keep no longer under another number."""

    code = "expiry_extended"


class TargetNotPackage(Problem):
    status = 422
    code = "target_not_package"


class PackageInUse(Conflict):
    """A case that was shipped, or stands in another, is neither filled nor opened."""

    code = "package_in_use"


class HasContents(Conflict):
    code = "lot_has_contents"


class OnePiece(Problem):
    status = 422
    code = "package_is_one_piece"


class LinkEnded(Conflict):
    code = "link_already_ended"


class LinkReversed(Conflict):
    code = "link_already_reversed"


class LinkNotEndable(Problem):
    status = 422
    code = "link_not_endable"


class TargetInUse(Conflict):
    """What came over by the link has gone on already."""

    code = "target_in_use"


class JudgedByItself(Conflict):
    """Found out or decided about these goods since: going back, or out of the package, would undo it."""

    code = "judged_by_itself"


class EndsBeforeStart(Problem):
    status = 422
    code = "ends_before_start"


class ProductsDiffer(Problem):
    status = 422
    code = "products_differ"


class LotNoTaken(Conflict):
    code = "lot_no_taken"


class QuantityAlreadyKnown(Conflict):
    code = "quantity_already_known"


class QuantityBelowUsed(Conflict):
    """The quantity stated now is less than what was used already."""

    code = "quantity_below_used"


class QuantityUnknown(Conflict):
    code = "quantity_unknown"


class HoldAlreadyOpen(Conflict):
    code = "hold_already_open"


class HoldAlreadyClosed(Conflict):
    code = "hold_already_closed"


class HoldHasOtherCause(Conflict):
    code = "hold_has_other_cause"


class OperationNotBalanced(Problem):
    status = 422
    code = "operation_not_balanced"


class SerialShippedAlready(Conflict):
    """It stands on a shipment, so it is no stock; params: serial, shipment_no."""

    code = "serial_shipped_already"


class SerialsShippedTwice(Conflict):
    """The database's own last word, where no shipment is known any more."""

    code = "serials_shipped_twice"


class SerialOutOfUse(Conflict):
    """Its code was voided or lost; params: serial."""

    code = "serial_out_of_use"


class SerialsNotOfLot(Problem):
    status = 422
    code = "serials_not_of_lot"


class SerialsPacked(Conflict):
    """They leave with the package they lie in, or after it is opened."""

    code = "serials_packed"


class SerialsDiffer(Problem):
    """A quantity says another number of pieces than the serials beside it."""

    status = 422
    code = "serials_differ_from_quantity"


class CodeUnknown(Problem):
    status = 422
    code = "pack_code_unknown"


class CodeNotFree(Conflict):
    """It lies in a package already, has left, belongs to a whole lot, or is out of use."""

    code = "pack_code_not_free"


class ShipmentNoTaken(Conflict):
    code = "shipment_no_taken"


class ShipmentInspectionFailed(Conflict):
    """The last inspection before it leaves failed."""

    code = "shipment_inspection_failed"


class ShipmentInspectionMissing(Conflict):
    """What must be looked at before it leaves was not."""

    code = "shipment_inspection_missing"


class ShipmentNotInspected(Conflict):
    """The database's own last word on a shipment that leaves."""

    code = "shipment_not_inspected"


class AlreadyDeparted(Conflict):
    code = "shipment_already_departed"


class AlreadyReceived(Conflict):
    code = "shipment_already_received"


class PiecesNotWhole(Problem):
    """There is no part of a piece; params: quantity, unit."""

    status = 422
    code = "pieces_not_whole"


class ExpiresBeforeProduced(Problem, ValueError):
    status = 422
    code = "expires_before_produced"


class ShelfLifeTooLong(Problem):
    """The shelf life ends beyond the days that can be counted; params: produced_on, days, last."""

    status = 422
    code = "shelf_life_too_long"


class LotMoveBackwards(Problem):
    status = 422
    code = "stay_before_last"


class ConcessionUsedUp(Conflict):
    """The database's own last word on a conceded quantity."""

    code = "concession_used_up"


class ConcededForCustomers(Conflict):
    """The database's own last word on goods conceded for one customer."""

    code = "conceded_for_customers"


constraints.register({
    "lot_not_overdrawn": StockOverdrawn,
    "lot_within_concession": ConcessionUsedUp,
    "lot_tenant_id_product_id_lot_no_key": LotNoTaken,
    "link_reverses": LinkReversed,
    "hold_open": HoldAlreadyOpen,
    "hold_open_by_hand": HoldAlreadyOpen,
    "operation_balances": OperationNotBalanced,
    "serial_shipped_once": SerialsShippedTwice,
    "shipment_tenant_id_shipment_no_key": ShipmentNoTaken,
    "shipment_inspected": ShipmentNotInspected,
    "shipment_consented": ConcededForCustomers,
    "consent_kept": ConcededForCustomers,
})  # fmt: skip


class UnitUnknown(Problem):
    status = 422
    code = "unit_unknown"
