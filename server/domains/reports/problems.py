"""What this domain refuses."""

from collections.abc import Sequence

from server.core.errors import Conflict, FieldError, Problem


class LotNotDecided(Conflict):
    """A test report says who let the goods go; until somebody decided there is none."""

    code = "sheet_lot_not_decided"


class NothingToReport(Conflict):
    """Not one fact that such a sheet would show."""

    code = "sheet_nothing_to_report"


class DocumentConfidential(Problem):
    """An authority sees that the document exists; its content holds trade secrets."""

    status = 403
    code = "document_confidential"


class TemplateRefused(Problem):
    """The file cannot be a template. Each reason names what is wrong with it, and where."""

    status = 422
    code = "template_refused"

    def __init__(self, reasons: Sequence[FieldError]) -> None:
        super().__init__()
        self._reasons = list(reasons)

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._reasons


def refused(code: str, **params: object) -> TemplateRefused:
    """One reason, of the file as a whole."""
    return TemplateRefused([FieldError("file", code, params)])
