"""What access is told to do; also the bodies of its routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from server.core.days import Day, usable
from server.core.text import one_line
from server.domains.access.identifiers import check_credit_code, check_division, check_roles, check_username

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(one_line)
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 \-]{5,20}$")]
CreditCode = Annotated[str, AfterValidator(check_credit_code), Field(examples=["91350100M000100Y43"])]
DivisionCode = Annotated[str, AfterValidator(check_division), Field(examples=["330106"])]
Username = Annotated[str, AfterValidator(check_username), Field(examples=["zhang.wei"])]
TenantRoles = Annotated[list[str], AfterValidator(check_roles), Field(min_length=1, examples=[["inspector"]])]
PlaceKind = Literal["plant", "workshop", "line", "tank", "store", "cold_store", "vehicle", "other"]
PasswordText = Annotated[str, Field(min_length=1, max_length=200)]


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewTenant(Command):
    name: Name
    credit_code: CreditCode
    division_code: DivisionCode
    address: Name | None = None


class ChangeTenant(Command):
    """Only what is given changes."""

    name: Name | None = None
    address: Name | None = None


class SetTenantState(Command):
    state: Literal["active", "suspended"]


class MoveTenant(Command):
    """From today on the enterprise (or with `site_id` one of its sites) lies in this division."""

    division_code: DivisionCode
    edition: str = Field(default="", max_length=40, description="Edition of the division codes, for example a year")


class ChangeEnterprise(Command):
    """What an enterprise may change of itself."""

    address: Name


class EnterpriseSettings(Command):
    """How an enterprise wants things done; what is left out is as the platform has it."""

    label_origin: str | None = Field(
        default=None, pattern=r"^https://[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?(:\d{2,5})?$",
        description="Host of its own that labels point to, for example https://t.example.com",
    )  # fmt: skip
    label_space: str | None = Field(
        default=None, pattern=r"^[a-z0-9][a-z0-9-]{1,30}$",
        description="Path prefix of its own: labels read /t/{space}/{code}, so that a mini-program may claim it",
    )  # fmt: skip
    inspector_may_release: bool = Field(
        default=False, description="Whether who inspected a lot may release it; its sheets then say so"
    )


class NewSite(Command):
    name: Name
    division_code: DivisionCode
    address: Name | None = None


class ChangeSite(Command):
    name: Name | None = None
    address: Name | None = None


class NewPlace(Command):
    site_id: UUID
    kind: PlaceKind
    name: Name
    parent_id: UUID | None = None


class ChangePlace(Command):
    kind: PlaceKind | None = None
    name: Name | None = None


class NewAuthority(Command):
    name: Name
    division_codes: list[DivisionCode] = Field(min_length=1, max_length=200)


class NewJurisdiction(Command):
    """From `valid_from` (today) until the day before `valid_to` (open)."""

    division_code: DivisionCode
    valid_from: Day | None = None
    valid_to: Day | None = None


class NewUser(Command):
    """Somebody new in an enterprise. The platform may name an account that exists and give it a further membership."""

    username: Username
    display_name: Name
    phone: Phone | None = None
    roles: TenantRoles
    workshop: ShortText | None = None
    shift: ShortText | None = None


class NewRegulator(Command):
    username: Username
    display_name: Name
    phone: Phone | None = None


class ChangeUser(Command):
    """Only what is given changes; an empty text clears workshop or shift."""

    roles: TenantRoles | None = None
    workshop: str | None = Field(default=None, max_length=80)
    shift: str | None = Field(default=None, max_length=80)


class SetDisabled(Command):
    disabled: bool


class NewApiKey(Command):
    name: ShortText
    roles: TenantRoles
    expires_at: Annotated[datetime, AfterValidator(usable)] | None = None


class Credentials(Command):
    """`tenant`: the enterprise's name or credit code, or the authority's name; needed by who belongs to several."""

    username: str = Field(min_length=1, max_length=200)
    password: PasswordText
    tenant: str | None = Field(default=None, max_length=200)


class RefreshRequest(Command):
    refresh_token: str = Field(min_length=1, max_length=200)


class ChangePassword(Command):
    current_password: PasswordText
    new_password: PasswordText
