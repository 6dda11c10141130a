"""What a person sends, and what an enterprise does about it."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from server.core.errors import Problem
from server.core.text import lines, one_line
from server.domains.scans.cities import cities

Source = Literal["scan", "unknown", "recall", "other"]
Topic = Literal["quality", "package", "expired", "counterfeit", "recall", "other"]
ComplaintState = Literal["open", "answered", "closed"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(lines)]


_TRIMMED: Any = StringConstraints(strip_whitespace=True, min_length=1)
Named = Annotated[str, _TRIMMED, Field(max_length=200), AfterValidator(one_line)]
LotNo = Annotated[str, _TRIMMED, Field(max_length=80), AfterValidator(one_line)]
Contact = Annotated[str, _TRIMMED, Field(max_length=100), AfterValidator(one_line)]


class CityUnknown(Problem, ValueError):
    status = 422
    code = "city_unknown"


def _known_city(code: str) -> str:
    if code not in cities():
        raise CityUnknown(field="city")
    return code


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileComplaint(Command):
    """`entry_id` is the sender's own: sent again it is the same complaint. `code` is the code, or the whole address it was
    printed as. `city` is a division code, as near as a place is ever kept."""

    entry_id: UUID
    topic: Topic
    words: Words
    source: Source = "other"
    code: Named | None = None
    product: Named | None = None
    lot: LotNo | None = None
    city: Annotated[str, AfterValidator(_known_city)] | None = Field(default=None, examples=["330100"])
    contact: Contact | None = Field(
        default=None, description="How to reach the person; kept sealed, and erased after some time"
    )

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if not (isinstance(value, str) and not value.strip())}

    @property
    def digest(self) -> bytes:
        """Of everything that was said."""
        return hashlib.sha256(self.model_dump_json().encode()).digest()


class AnswerComplaint(Command):
    """What the person reads; `close`: and that is all there is to say."""

    words: Words
    close: bool = False


class CloseComplaint(Command):
    """Ends it, or opens it again, without a word to the person; `reason` stays in the house."""

    reason: Words


class PassOn(Command):
    """To the enterprise it belongs to; what the platform wrote goes with it."""

    tenant_id: UUID
