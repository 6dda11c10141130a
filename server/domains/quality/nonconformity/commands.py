"""What people ask for about what failed; also the wire bodies."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Problem
from server.domains.access import TENANT_ROLES
from server.domains.chain import SerialRange
from server.domains.chain.values import Amount, Command, DayOrMoment, Happened, LongName, Name, Quantity, Text, UnitName
from server.domains.quality.commands import Stage

DefectClass = Literal["A", "B", "C"]
Party = Literal["unknown", "supplier", "step", "carrier"]
Kind = Literal["rework", "repair", "sort", "downgrade", "scrap", "destroy", "return", "concession"]
Ids = Annotated[list[UUID], Field(max_length=50)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]


class PartyUnnamed(Problem, ValueError):
    status = 422
    code = "party_unnamed"


class DispositionUnfit(Problem, ValueError):
    """What this kind of disposition needs is not there, or what only another kind has is."""

    status = 422
    code = "disposition_unfit"


class RoleUnknown(Problem, ValueError):
    status = 422
    code = "review_role_unknown"


class RulePeopleFew(Problem, ValueError):
    status = 422
    code = "review_people_few"


class NewNonconformity(Command):
    """What failed, by hand or from a failing record. Without a quantity it is all that is left of the lot; a part is split
    off (under `lot_no`, else a number made from the lot's; with its `serials` where the lot is coded) and stopped.

    Class A is critical, B major, C minor. The responsible party is a supplier, a process step, a carrier, or not known yet.
    """

    lot_id: UUID
    record_id: UUID | None = None
    quantity: Quantity | None = None
    unit: UnitName | None = None
    serials: list[SerialRange] = Field(default_factory=list, max_length=100)
    lot_no: Name | None = None
    defect: LongName
    defect_class: DefectClass
    stage: Stage
    party: Party = "unknown"
    supplier_id: UUID | None = None
    step_id: UUID | None = None
    carrier: LongName | None = None
    party_reason: Text | None = None
    record_ids: Ids = Field(default_factory=list)
    attachment_ids: Ids = Field(default_factory=list)

    @model_validator(mode="after")
    def _party_named(self) -> Self:
        for party, named in (("supplier", self.supplier_id), ("step", self.step_id), ("carrier", self.carrier)):
            if (self.party == party) != (named is not None):
                raise PartyUnnamed(field="carrier" if party == "carrier" else f"{party}_id")
        return self


class AddEvidence(Command):
    """Records and files that show the defect, or whose it is."""

    record_ids: Ids = Field(default_factory=list)
    attachment_ids: Ids = Field(default_factory=list)


class NewDisposition(Command):
    """What shall become of the goods, or (with a quantity) of a part of them; it takes effect with its signatures.

    A concession says until when, and, where the rule demands it, which customer consented and the paper that says so. A
    downgrade says which product the goods are from then on.
    """

    kind: Kind
    quantity: Quantity | None = None
    unit: UnitName | None = None
    reason: Text
    product_id: UUID | None = None
    expires_at: DayOrMoment | None = None
    customer_id: UUID | None = None
    consent_attachment_id: UUID | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        concession = self.kind == "concession"
        for field, fits in (
            ("expires_at", (self.expires_at is not None) == concession),
            ("product_id", (self.product_id is not None) == (self.kind == "downgrade")),
            ("customer_id", self.customer_id is None or concession),
            ("consent_attachment_id", (self.consent_attachment_id is None) == (self.customer_id is None)),
        ):
            if not fits:
                raise DispositionUnfit(field=field)
        return self


class SignDisposition(Command):
    """One signature of the review; the signer's password is asked again. One refusal ends the proposal."""

    password: Password
    decision: Literal["approve", "refuse"] = "approve"
    remark: Text | None = None


class CarryOut(Command):
    """An approved disposition was done. `lot_no` and `quantity_out` are of the lot it makes (a number is made where none
    is said); `good_quantity` is what sorting found good; scrapping and destroying bring the files that prove it; a return
    says with whom the goods left: `carrier`, `vehicle`, `receiver` (who took them for the supplier), `left_at` (now where not
    said)."""

    lot_no: Name | None = None
    quantity_out: Quantity | None = None
    good_quantity: Amount | None = None
    operation_id: UUID | None = None
    attachment_ids: Ids = Field(default_factory=list)
    carrier: Name | None = None
    vehicle: Name | None = None
    receiver: Name | None = None
    left_at: Happened | None = None
    detail: Text | None = None


class WithdrawDisposition(Command):
    reason: Text


class ReverseDisposition(Command):
    """A disposition was carried out by mistake (the wrong lot, a wrong quantity); the password is asked again."""

    password: Password
    reason: Text


class CloseNonconformity(Command):
    remark: Text | None = None


class ReviewRule(Command):
    """Who signs before a disposition takes effect: so many different people, among them one of each role. Without
    `product_id` it holds for every product that has no rule of its own. The proposer is never the only signer."""

    product_id: UUID | None = None
    roles: Annotated[list[str], Field(max_length=6)] = Field(default_factory=list)
    people: Annotated[int, Field(ge=1, le=20)] = 1
    customer_consent: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if unknown := [role for role in self.roles if role not in TENANT_ROLES]:
            raise RoleUnknown(field="roles", role=unknown[0][:40])
        if self.people < len(self.roles):
            raise RulePeopleFew(field="people", roles=len(self.roles))
        return self


class GaugeRule(Command):
    """What an entry made with an overdue gauge comes to."""

    overdue: Literal["mark", "block"]
