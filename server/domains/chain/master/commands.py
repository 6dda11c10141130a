"""Master data as people enter it. A change takes the same fields, any of them."""

from copy import copy
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, create_model, model_validator
from stdnum import ean
from stdnum.cn import uscc

from server.core.errors import Problem
from server.core.text import one_line
from server.domains.chain.values import Command, Day, LongName, Moment, Name, Text, UnitName


class GtinWrong(Problem, ValueError):
    status = 422
    code = "gtin_wrong"


class SupplierCreditCodeWrong(Problem, ValueError):
    status = 422
    code = "supplier_credit_code_wrong"


class CertificateOfOne(Problem, ValueError):
    status = 422
    code = "certificate_of_one"


class ValidityBackwards(Problem, ValueError):
    status = 422
    code = "validity_backwards"


def _gtin(value: str) -> str:
    """Any GTIN as the 14 digits it means; the check digit is verified."""
    digits = value.strip()
    if not digits.isascii() or len(digits) not in (8, 12, 13, 14) or not ean.is_valid(digits):
        raise GtinWrong(field="gtin")
    return digits.zfill(14)


def _credit_code(value: str) -> str:
    if not uscc.is_valid(value):
        raise SupplierCreditCodeWrong(field="credit_code")
    return str(uscc.compact(value))


Gtin = Annotated[str, StringConstraints(max_length=20), AfterValidator(_gtin)]
CreditCode = Annotated[str, StringConstraints(max_length=30), AfterValidator(_credit_code)]
Division = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
DivisionPrefix = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,6}$")]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(one_line)]

Share = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4, allow_inf_nan=False)]


class LabelLine(Command):
    """One line of the printed label."""

    name: Word
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class NewProduct(Command):
    """`publish_allow`: parts and fields that consumers may see; `trade_secrets`: formula, prices, parameter:<name>.

    The mass balance of a lot may be off by `balance_tolerance_percent` either way; its yield lies between the two
    percentages. Retained samples are kept `retain_months` and `retain_days` beyond the expiry of their lot.
    """

    kind: Literal["material", "intermediate", "finished", "packaging"]
    sku: Name
    name: LongName
    name_en: LongName | None = None
    spec: LongName | None = None
    brand: LongName | None = None
    category: LongName | None = None
    category_en: LongName | None = None
    gtin: Gtin | None = None
    standard: LongName | None = None
    standard_edition: Name | None = None
    unit: UnitName
    shelf_life_days: int | None = Field(None, gt=0, le=36500)
    label: list[LabelLine] = Field(default_factory=list, max_length=50)
    publish_allow: list[Word] = Field(default_factory=list, max_length=100)
    publish_on_release: bool = False
    show_investigation: bool = False
    trade_secrets: list[Word] = Field(default_factory=list, max_length=100)
    retired_at: Moment | None = None
    balance_tolerance_percent: Share | None = None
    yield_low_percent: Share | None = None
    yield_high_percent: Annotated[Decimal, Field(ge=0, le=200, max_digits=7, decimal_places=4)] | None = None
    retain_days: int | None = Field(None, ge=0, le=3650)
    retain_months: int | None = Field(None, ge=0, le=240)


class NewStep(Command):
    sequence: int = Field(ge=1, le=10000)
    name: LongName
    critical: bool = False


class NewSupplier(Command):
    code: Name
    name: LongName
    credit_code: CreditCode | None = None
    address: LongName | None = None
    contact: LongName | None = None
    origin: LongName | None = None
    ended_at: Moment | None = None


class NewCertificate(Command):
    """Of a supplier, of a product, or (both empty) of the enterprise itself. `valid_to`: the last day it holds."""

    supplier_id: UUID | None = None
    product_id: UUID | None = None
    kind: Name
    kind_en: Name | None = None
    number: Name
    valid_from: Day | None = None
    valid_to: Day | None = None
    attachment_id: UUID | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.supplier_id and self.product_id:
            raise CertificateOfOne(field="product_id")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValidityBackwards(field="valid_to")
        return self


class NewCustomer(Command):
    """`sales_areas`: prefixes of division codes where the customer may sell."""

    code: Name
    name: LongName
    address: LongName | None = None
    contact: LongName | None = None
    sales_areas: list[DivisionPrefix] = Field(default_factory=list, max_length=500)


class NewOutlet(Command):
    name: LongName
    division_code: Division | None = None
    address: Text | None = None


def _changes_of(model: type[Command]) -> type[Command]:
    """The same fields, none of them required; null only where the field may be empty."""
    fields = {}
    for name, info in model.model_fields.items():
        optional = copy(info)
        optional.default, optional.default_factory = None, None
        fields[name] = (info.annotation, optional)
    made: type[Command] = create_model(  # type: ignore[call-overload]
        f"{model.__name__.removeprefix('New')}Changes", __base__=Command, __module__=__name__, **fields
    )
    return made


ProductChanges = _changes_of(NewProduct)
StepChanges = _changes_of(NewStep)
SupplierChanges = _changes_of(NewSupplier)
CertificateChanges = _changes_of(NewCertificate)
CustomerChanges = _changes_of(NewCustomer)
OutletChanges = _changes_of(NewOutlet)
