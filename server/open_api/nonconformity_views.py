"""What leaves about nonconformities, dispositions, reviews and gauges."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from server.domains import chain
from server.domains.quality import nonconformity, show_measurement
from server.open_api.chain_views import Out


class NonconformityOpened(Out):
    """`lot_id`: where the goods stand now, stopped: the lot, or the part that was split off it."""

    id: UUID
    number: str
    lot_id: UUID


class NonconformitySummary(Out):
    """`quantity` in `unit`; `accounted`: how much of it was taken care of."""

    id: UUID
    number: str
    state: str
    lot_id: UUID
    lot_no: str
    from_lot_id: UUID | None
    from_lot_no: str | None
    product_id: UUID
    product_name: str
    record_id: UUID | None
    quantity: Decimal
    accounted: Decimal
    unit: str
    defect: str
    defect_class: str
    stage: str
    party: str
    supplier_id: UUID | None
    supplier_name: str | None
    step_id: UUID | None
    step_name: str | None
    carrier: str | None
    party_reason: str | None
    opener_name: str
    opened_at: datetime
    closer_name: str | None
    closed_at: datetime | None
    close_remark: str | None


class NonconformityPage(Out):
    items: list[NonconformitySummary]
    next: str | None


class EvidenceOut(Out):
    record_id: UUID | None
    attachment_id: UUID | None
    added_at: datetime


class SignatureOut(Out):
    decision: str
    signer_name: str
    roles: list[str]
    remark: str | None
    signed_at: datetime


class NeededOut(Out):
    """What the review lacks: so many people, these roles, `another` than the proposer, and `approver`: somebody who may
    dispose (of a concession)."""

    people: int
    roles: list[str]
    another: bool
    approver: bool
    complete: bool

    @classmethod
    def shown(cls, needed: nonconformity.Needed) -> Self:
        return cls(
            people=needed.people, roles=list(needed.roles), another=needed.another, approver=needed.approver,
            complete=needed.complete,
        )  # fmt: skip


class DispositionOut(Out):
    """`accounted`: how much it took care of, once carried out; `result_lot_id`: the lot it made or conceded; `needed`: what
    its review lacks while it is proposed; `reversed_at`: it was carried out by mistake and taken back."""

    id: UUID
    kind: str
    state: str
    quantity: Decimal
    unit: str
    reason: str
    product_id: UUID | None
    product_name: str | None
    expires_at: datetime | None
    customer_id: UUID | None
    customer_name: str | None
    consent_attachment_id: UUID | None
    proposer_name: str
    proposed_at: datetime
    approver_name: str | None
    approved_at: datetime | None
    carried_out_name: str | None
    carried_out_at: datetime | None
    accounted: Decimal | None
    result_lot_id: UUID | None
    result_lot_no: str | None
    detail: str | None
    reversed_at: datetime | None
    reverser_name: str | None
    reverse_reason: str | None
    attachment_ids: list[UUID]
    signatures: list[SignatureOut]
    needed: NeededOut | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        needed = NeededOut.shown(row["needed"]) if row["needed"] else None
        return cls.model_validate(row | {"needed": needed})


class NonconformityOut(NonconformitySummary):
    evidence: list[EvidenceOut]
    dispositions: list[DispositionOut]

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(row | {"dispositions": [DispositionOut.of(each) for each in row["dispositions"]]})


class CarriedOut(Out):
    """The lot that was made; none where goods left. `return_id`: the return to the supplier under which they did."""

    lot_id: UUID | None
    return_id: UUID | None = None


class RuleOut(Out):
    product_id: UUID | None
    roles: list[str]
    people: int
    customer_consent: bool


class RuleList(Out):
    items: list[RuleOut]


class GaugeRuleOut(Out):
    overdue: str


class AffectedLot(Out):
    """`records` made with the gauge; `held`: something stops it already."""

    id: UUID
    lot_no: str
    product_name: str
    state: str
    records: int
    left: Decimal | None
    unit: str | None
    held: bool


class ShippedOut(Out):
    """A line that left with goods of an affected lot, by itself or (with `package_no`) inside a package."""

    lot_id: UUID
    lot_no: str
    shipment_id: UUID
    shipment_no: str
    customer_name: str
    quantity: Decimal | None
    unit: str | None
    package_no: str | None


class ShippedCodes(Out):
    """Serials `first` to `last` of an order, all of them shipped."""

    lot_id: UUID
    order_id: UUID
    first: int
    last: int
    codes: int
    shipment_no: str | None


class AffectedOut(Out):
    """What was measured with the gauge since `good_at` (none: it never passed) until `good_again_at` (none: not yet).
    `hold_proposal` is the body for POST /api/v1/holds that stops what is still here; none where nothing is to be stopped.
    All is empty where no calibration failed."""

    failed: bool
    certificate_no: str | None = None
    failed_at: datetime | None = None
    good_at: datetime | None = None
    good_again_at: datetime | None = None
    records: int = 0
    results: int = 0
    lots: list[AffectedLot] = Field(default_factory=list)
    shipped: list[ShippedOut] = Field(default_factory=list)
    codes: list[ShippedCodes] = Field(default_factory=list)
    hold_proposal: chain.NewHold | None = None

    @classmethod
    def shown(cls, found: nonconformity.Affected | None) -> Self:
        if found is None:
            return cls(failed=False)
        return cls(
            failed=True, certificate_no=found.certificate_no, failed_at=found.failed_at, good_at=found.good_at,
            good_again_at=found.good_again_at, records=found.records, results=found.results,
            lots=[AffectedLot.model_validate(dict(row) | {"left": row["left_over"]}) for row in found.lots],
            shipped=[ShippedOut.model_validate(dict(row)) for row in found.shipped],
            codes=[ShippedCodes.model_validate(dict(row)) for row in found.codes], hold_proposal=found.hold,
        )  # fmt: skip


class AffectedResult(Out):
    """`result` as text that reads back to the same result; null for regulators, who read it in its record."""

    record_id: UUID
    position: int
    lot_id: UUID | None
    lot_no: str | None
    name: str
    result: str | None
    unit: str | None
    verdict: str
    at: datetime

    @classmethod
    def shown(cls, row: Any, language: str, *, masked: bool) -> Self:
        name = row["name_en"] if language == "en" and row["name_en"] else row["name"]
        return cls.model_validate(dict(row) | {"name": name, "result": None if masked else show_measurement(row)})


class AffectedResults(Out):
    items: list[AffectedResult]
    next: str | None
