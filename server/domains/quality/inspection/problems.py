"""What inspections refuse."""

from server.core.errors import Conflict, Forbidden, Problem


class PlanUnfit(Problem):
    """The form's subject, or a missing setting, does not go with the trigger."""

    status = 422
    code = "plan_unfit"


class InspectionClosed(Conflict):
    """It was done before; what failed is inspected again by a new inspection."""

    code = "inspection_closed"


class InspectionOfOther(Problem):
    """The record is about something else, or on another form, than the inspection it names."""

    status = 422
    code = "inspection_of_other"


class NothingInspected(Conflict):
    """Accepted and rejected quantities decide an inspection, and this record does none: none is open, or it is not filled in."""

    code = "nothing_inspected"


class QuantitiesExceedPending(Problem):
    status = 422
    code = "quantities_exceed_pending"


class SampleTooSmall(Problem):
    status = 422
    code = "sample_too_small"


class NothingToPart(Conflict):
    """No accepted or rejected quantity that has not gone its own way already."""

    code = "nothing_to_part"


class PartOfOther(Problem):
    """No part of the inspected goods that is still among the rest, or counted in another unit."""

    status = 422
    code = "part_of_other"


class CheckedByItself(Forbidden):
    """Who entered or did it cannot be the second checker."""

    code = "checked_by_itself"


class AlreadyChecked(Conflict):
    code = "record_already_checked"


class CheckerUnknown(Forbidden):
    """No such colleague with that password and the right to check."""

    code = "checker_unknown"


class MayNotCheck(Problem):
    """Whoever is signed in has not the right to check; a colleague who has gives name and password."""

    status = 409
    code = "may_not_check"


class SamplingNotDiscontinued(Conflict):
    code = "sampling_not_discontinued"


class OperationLotsNeeded(Problem):
    """It runs, its first or later pieces are to be looked at, and nobody said of which lot they are."""

    status = 422
    code = "operation_lots_needed"
