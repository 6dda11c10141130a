"""What a sheet says, by kind. Every value is text as it is printed; nothing of a sheet comes from anywhere else.

The models are the allow-list of a plant's own templates as well: `{{lot.lot_no}}` is the field `lot_no` of the model
`lot`, and a list of models is a list of repeated rows.
"""

from pydantic import BaseModel, ConfigDict


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Company(_Facts):
    """Who issues the sheet. `licences`: those in force on the day, kind and number."""

    name: str
    credit_code: str
    address: str
    licences: str


class Lot(_Facts):
    """A lot and its product. Quantities carry their unit."""

    lot_no: str
    product: str
    product_code: str
    spec: str
    brand: str
    standard: str
    quantity: str
    produced_on: str
    expires_on: str
    state: str


class Signer(_Facts):
    """`role` as it is printed; `name` empty: signed by hand."""

    role: str
    name: str
    at: str


class Item(_Facts):
    """One characteristic: what is demanded, what was found."""

    no: str
    name: str
    unit: str
    requirement: str
    result: str
    method: str
    verdict: str


class Entry(_Facts):
    """One filled-in field of a form that is no measured characteristic."""

    name: str
    value: str


class Record(_Facts):
    """One filled-in form. `notes`: late entry, correction, missing fields, in words. `kept`: how long it is kept. `asked`: the
    plan that asked for it and on what occasion; `due`: until when; `counted`: how much of the quantity it decided."""

    form: str
    document_no: str
    version: str
    kept: str
    subject: str
    asked: str
    due: str
    counted: str
    at: str
    operator: str
    checker: str
    source: str
    verdict: str
    notes: str
    items: list[Item]
    entries: list[Entry]


class TestReport(_Facts):
    """出厂检验报告: legal and customer limits alone."""

    company: Company
    lot: Lot
    certificate_no: str
    tested_on: str
    report_nos: str
    items: list[Item]
    conclusion: str
    remarks: list[str]
    signers: list[Signer]


class Delivery(_Facts):
    """What came with a received lot."""

    supplier: str
    supplier_address: str
    supplier_contact: str
    supplier_lot_no: str
    received_on: str
    purchase_order: str
    delivery_note: str


class File(_Facts):
    """An attached file: its title and the first characters of its digest."""

    name: str
    digest: str


class Inspected(_Facts):
    """n of N: how much of what came is accepted, rejected, still pending, and by which sampling plan."""

    plan: str
    quantity: str
    accepted: str
    rejected: str
    pending: str
    sampling: str
    sample: str
    verdict: str
    inspectors: str
    checkers: str
    at: str


class IncomingInspection(_Facts):
    """来料检验单."""

    company: Company
    lot: Lot
    delivery: Delivery
    inspections: list[Inspected]
    records: list[Record]
    files: list[File]
    disposition: str
    remarks: list[str]
    signers: list[Signer]


class RoundRecords(_Facts):
    """首件/巡检记录: every check of one trigger on one lot, in time."""

    company: Company
    lot: Lot
    records: list[Record]
    passed: str
    failed: str
    remarks: list[str]
    signers: list[Signer]


class Material(_Facts):
    """What went into a lot."""

    name: str
    lot_no: str
    supplier: str
    supplier_lot_no: str
    quantity: str
    at: str


class Parameter(_Facts):
    name: str
    value: str
    requirement: str


class Operation(_Facts):
    """One step as it was done."""

    name: str
    started: str
    ended: str
    operator: str
    line: str
    shift: str
    devices: str
    quantities: str
    parameters: list[Parameter]


class Event(_Facts):
    """Something that stopped or decided a lot."""

    at: str
    what: str
    who: str
    reason: str


class Balance(_Facts):
    """Where the quantity of a lot went."""

    name: str
    quantity: str


class Charged(_Facts):
    """One material of a lot: what the recipe asks, what went in of which lots, and whether that is within its tolerance."""

    material: str
    lots: str
    required: str
    charged: str
    allowed: str
    verdict: str


class MassBalance(_Facts):
    """物料平衡与收率: in = good + scrap + unexplained. `samples` were taken of what is good."""

    quantity_in: str
    good: str
    scrap: str
    samples: str
    unexplained: str
    unexplained_percent: str
    tolerance: str
    verdict: str
    theoretical: str
    yield_percent: str
    yield_range: str
    yield_verdict: str


class BatchRecord(_Facts):
    """批生产记录."""

    company: Company
    lot: Lot
    production_order: str
    certificate_no: str
    materials: list[Material]
    operations: list[Operation]
    charged: list[Charged]
    mass: MassBalance
    records: list[Record]
    balance: list[Balance]
    events: list[Event]
    remarks: list[str]
    signers: list[Signer]


class Receiver(_Facts):
    name: str
    outlet: str
    address: str
    contact: str


class Shipment(_Facts):
    shipment_no: str
    delivery_note: str
    customer_order: str
    carrier: str
    vehicle: str
    seal: str
    temperature: str
    conditions: str
    departed: str


class Line(_Facts):
    """Goods of a shipment. `contents`: the lots in a package; `report_no`, `certificate_no`: the test reports of the lot or of
    these, or of what they were taken from, and the certificates they stand under."""

    no: str
    product: str
    spec: str
    lot_no: str
    contents: str
    produced_on: str
    expires_on: str
    quantity: str
    packages: str
    report_no: str
    certificate_no: str


class DeliveryNote(_Facts):
    """送货单."""

    company: Company
    receiver: Receiver
    shipment: Shipment
    lines: list[Line]
    remarks: list[str]
    signers: list[Signer]


class Disposition(_Facts):
    """What is to become of some of it. `done`: by whom and when it was carried out."""

    kind: str
    quantity: str
    reason: str
    proposed: str
    state: str
    done: str
    result: str


class Review(_Facts):
    """One signature of the review (MRB)."""

    name: str
    roles: str
    decision: str
    about: str
    remark: str
    at: str


class Nonconformity(_Facts):
    """不合格品处理单. `items`: the measured items that failed."""

    company: Company
    lot: Lot
    case_no: str
    from_lot_no: str
    found_at: str
    found_by: str
    quantity: str
    defect: str
    defect_class: str
    stage: str
    party: str
    cause: str
    evidence: str
    dispositions: list[Disposition]
    reviews: list[Review]
    items: list[Item]
    state: str
    closing: str
    signers: list[Signer]


class SupplierReturn(_Facts):
    """退货单. `reason`: what was wrong and why it goes back; `remark`: what was said when it left, empty where nothing was."""

    company: Company
    lot: Lot
    delivery: Delivery
    return_no: str
    supplier: str
    quantity: str
    reason: str
    remark: str
    case_no: str
    carrier: str
    vehicle: str
    left: str
    signers: list[Signer]


Facts = TestReport | IncomingInspection | RoundRecords | BatchRecord | DeliveryNote | Nonconformity | SupplierReturn


class Stamp(_Facts):
    """What a document is, beside what it says: printed on every page. `check_url`: the page that confirms it.
    `open_url`: the receiver's page of a delivery note, else empty."""

    title: str
    number: str
    version: str
    issued: str
    issuer: str
    check_url: str
    open_url: str
    facts_digest: str
