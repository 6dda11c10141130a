"""What this domain refuses, beyond input that is impossible in itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.core.constraints import register
from server.core.errors import Conflict, FieldError, Invalid, Problem
from server.core.impossible import ImpossibleValue


class EntryConflict(Conflict):
    """The same entry_id came before with another body; nothing was stored."""

    code = "entry_conflict"


class AlreadyCorrected(Conflict):
    """The record was corrected before; the correction to correct is the newest one."""

    code = "record_already_corrected"


class ReleaseRefused(Problem):
    """Some of the lots cannot be released or rejected; none was. Each reason names its lot."""

    status = 409
    code = "release_refused"

    def __init__(self, reasons: Sequence[FieldError]) -> None:
        super().__init__()
        self._reasons = list(reasons)

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._reasons


class CorrectionContradicts(Conflict):
    """By the corrected day things would have happened in an order in which they cannot; each names both."""

    code = "correction_contradicts"

    def __init__(self, against: Sequence[FieldError]) -> None:
        super().__init__()
        self._against = list(against)

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._against


class FileRefused(Problem):
    """Not a PDF, JPEG or PNG by its first bytes."""

    status = 422
    code = "file_type_refused"


class FileTooLarge(Problem):
    status = 413
    code = "file_too_large"


def invalid(field: str, code: str, **params: Any) -> Invalid:
    """One input at fault."""
    return Invalid([FieldError(field, code, params)])


def impossible(field: str, error: ImpossibleValue, extra: Mapping[str, Any] | None = None) -> FieldError:
    """An impossible value as the entry of its field."""
    return FieldError(field, error.code, {**error.params, **(extra or {})})


register({"record_corrected_once": AlreadyCorrected})
