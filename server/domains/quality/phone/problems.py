"""What is refused of what phones send."""

from server.core.errors import Conflict, Forbidden, NotFound, Problem


class SignatureMissing(Forbidden):
    """A terminal is nobody: somebody signs."""

    code = "signature_missing"


class SignatureWrong(Forbidden):
    """No badge of ours, or not signed by its key."""

    code = "signature_wrong"


class CapturedAfterRevocation(Forbidden):
    """Made when the phone, the terminal, the badge or the person was no longer to be trusted."""

    code = "captured_after_revocation"


class ItemOfOtherLot(Problem):
    """The item does not belong to the lot that is inspected."""

    status = 422
    code = "item_of_other_lot"


class CheckWaits(Conflict):
    """An item of the check was refused: the check is stored when all its items are."""

    code = "check_waits_for_items"


class ConflictResolved(Conflict):
    code = "conflict_resolved"


class HandoverPointless(Conflict):
    """The inspection is done."""

    code = "handover_of_done_inspection"


class PhotoConflict(Conflict):
    """The same id with another size or digest."""

    code = "photo_conflict"


class PhotoOffset(Conflict):
    """The part does not begin where the last one ended."""

    code = "photo_offset"


class PhotoDigest(Problem):
    """All parts are here, and they are not the photo: it begins again."""

    status = 422
    code = "photo_digest"


class PhotoUnreadable(Problem):
    """No whole picture."""

    status = 422
    code = "photo_unreadable"


class CodeNotKnown(NotFound):
    code = "code_not_known"
