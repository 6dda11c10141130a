"""Business errors. Each is a class with an HTTP status and a stable code; texts are catalog entries `error.<code>`."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar


class Problem(Exception):
    """Something a client did or met that is answered with problem details.

    `params` fill the placeholders of the catalog text `error.<code>`; `field` names the input at fault.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    extension: Mapping[str, Any] = MappingProxyType({})  # further members of the problem details

    def __init__(self, *, field: str | None = None, retry_after_seconds: int | None = None, **params: Any) -> None:
        super().__init__(self.code)
        self.field = field
        self.params: Mapping[str, Any] = params
        self.retry_after_seconds = retry_after_seconds

    @property
    def errors(self) -> Sequence["FieldError"]:
        """One entry per input at fault; a plain problem has one when it names a field."""
        return [FieldError(self.field, self.code, self.params)] if self.field else []


@dataclass(frozen=True, slots=True)
class FieldError:
    """One input at fault: `field` is its path (`lines.0.quantity`), the text is `error.<code>`."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Invalid(Problem):
    """The input is impossible; nothing was changed."""

    status = 422
    code = "invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__()
        self._errors = list(errors)

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._errors


class NotFound(Problem):
    """Missing, or another's: the two are never told apart."""

    status = 404
    code = "not_found"


class Unauthenticated(Problem):
    status = 401
    code = "unauthenticated"


class Forbidden(Problem):
    status = 403
    code = "forbidden"


class Conflict(Problem):
    status = 409
    code = "conflict"


class TooMany(Problem):
    status = 429
    code = "too_many_requests"


class Unavailable(Problem):
    """A part we need is away for the moment; the same request with the same key may be sent again."""

    status = 503
    code = "unavailable"
