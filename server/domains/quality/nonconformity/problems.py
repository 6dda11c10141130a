"""What is refused about what failed; each text says what can be done."""

from server.core.constraints import register
from server.core.errors import Conflict, Problem


class NonconformityAlreadyOpen(Conflict):
    """Another defect of the same goods is evidence, or a disposition, of the one that is open."""

    code = "nonconformity_already_open"


class NothingLeft(Conflict):
    """The goods are gone: what was shipped is recalled."""

    code = "nonconformity_nothing_left"


class NothingLoose(Conflict):
    """The goods lie in packages, as far as they did not leave: a package is decided about as it is, or opened first."""

    code = "nonconformity_nothing_loose"


class NonconformityClosed(Conflict):
    code = "nonconformity_closed"


class RecordOfOtherLot(Problem):
    status = 422
    code = "nonconformity_record_of_other_lot"


class LegalLimitFailed(Conflict):
    """Nothing outside a legal limit is conceded, sorted or downgraded: it is destroyed, returned, or worked on again."""

    code = "disposition_legal_limit_failed"


class PackageOutsideLaw(Conflict):
    """What was found about the package would not follow what comes out of it to where it is worked on again."""

    code = "package_outside_law"


class PackageOfSeveral(Conflict):
    """Each content is worked on by itself: the package is sorted first."""

    code = "package_of_several"


class ConsentNeeded(Problem):
    status = 422
    code = "concession_consent_needed"


class ConcessionInThePast(Problem):
    status = 422
    code = "concession_in_the_past"


class MoreThanNonconforming(Conflict):
    code = "disposition_more_than_left"


class NoSupplier(Conflict):
    code = "return_needs_supplier"


class SameProduct(Problem):
    status = 422
    code = "downgrade_same_product"


class DispositionNotOpen(Conflict):
    """It was signed, refused, withdrawn or done already."""

    code = "disposition_not_open"


class DispositionNotApproved(Conflict):
    code = "disposition_not_approved"


class DispositionNotDone(Conflict):
    """Nothing was carried out yet: it is withdrawn."""

    code = "disposition_not_done"


class DispositionGone(Conflict):
    """Goods that left, or came out of a package, are not put back by a click."""

    code = "disposition_gone"


class DispositionBuiltOn(Conflict):
    code = "disposition_built_on"


class SignerHasNoPart(Problem):
    """Neither one of the roles that the review wants nor the right to dispose."""

    status = 403
    code = "disposition_signer_has_no_part"


class SignedAlready(Conflict):
    code = "disposition_signed_already"


class EvidenceNeeded(Problem):
    status = 422
    code = "disposition_evidence_needed"


class GoodQuantityNeeded(Problem):
    status = 422
    code = "sort_good_quantity"


class NotReinspected(Conflict):
    code = "disposition_not_reinspected"


class NotAccountedFor(Conflict):
    code = "nonconformity_not_accounted_for"


class StillOpenDisposition(Conflict):
    code = "nonconformity_disposition_open"


class ConsentOfAnother(Conflict):
    """These goods are conceded for another customer alone: the consent of a second makes them fit for neither."""

    code = "consent_of_another"


class ConcessionUnsigned(Conflict):
    code = "concession_unsigned"


class GaugeOverdue(Conflict):
    """The enterprise takes no entries made with a gauge whose calibration does not hold."""

    code = "gauge_overdue"


class LotOutsideLaw(Conflict):
    """The database's own last word: such goods are neither released nor conceded."""

    code = "lot_outside_law"


register({
    "nonconformity_open": NonconformityAlreadyOpen,
    "lot_within_law": LotOutsideLaw,
    "concession_signed": ConcessionUnsigned,
    "disposition_within_law": LegalLimitFailed,
    "disposition_signed": DispositionNotApproved,
    "disposition_signed_once": SignedAlready,
    "disposition_evidenced": EvidenceNeeded,
})  # fmt: skip
