"""What access is told to do by who signs in from a phone; also the bodies of the routes."""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from server.core.errors import Problem
from server.domains.access.commands import Command

Way = Literal["wechat_mini", "wechat_official", "alipay", "alipay_page", "phone"]
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")


class PhoneInvalid(Problem, ValueError):
    status = 422
    code = "phone_invalid"


def check_mobile(text: str) -> str:
    """The eleven digits of a mobile number of mainland China; blanks, hyphens and +86 are left out."""
    found = _MOBILE.fullmatch(re.sub(r"[ \-]", "", text))
    if found is None:
        raise PhoneInvalid
    return found[1]


Mobile = Annotated[str, AfterValidator(check_mobile), Field(max_length=30, examples=["13800000000"])]
VendorCode = Annotated[str, Field(min_length=1, max_length=300)]
Invitation = Annotated[
    str | None,
    Field(default=None, min_length=1, max_length=100, description="Binds the identity to whom it was issued for"),
]
Tenant = Annotated[
    str | None, Field(default=None, max_length=200, description="Needed by who is bound in several enterprises")
]


class VendorSignIn(Command):
    """`code`: what wx.login or my.getAuthCode handed out, good for one call."""

    code: VendorCode
    tenant: Tenant
    invitation: Invitation


class PageSignIn(VendorSignIn):
    """`state`: as it came back with the code."""

    state: str = Field(min_length=1, max_length=128)


class AskForCode(Command):
    phone: Mobile
    invitation: Invitation


class PhoneSignIn(Command):
    """`request_id`: of the request by which the code was sent."""

    request_id: UUID
    code: str = Field(pattern=r"^\s*[0-9]{6}\s*$")
    tenant: Tenant
    invitation: Invitation
