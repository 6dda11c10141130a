"""What is asked of this domain, as the wire carries it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.domains.reports.kinds import DocumentKind, Language

LedgerKind = Literal["receipts", "tests", "sales"]


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class IssueDocument(Command):
    """A sheet of this kind about this lot, nonconformity or shipment. Where nothing changed since its newest version, that
    version is the answer; `renew` makes another all the same."""

    kind: DocumentKind
    subject_id: UUID
    language: Language = "zh_CN"
    renew: bool = False


class NewReceiverLink(Command):
    """A link for the receiver of one shipment, good for this many days."""

    valid_days: Annotated[int, Field(ge=1, le=730)] = 90


class SendTemplate(Command):
    """The kind that an uploaded template is for."""

    kind: DocumentKind


class Period(BaseModel):
    """Days of China, both included."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]
