"""What may go wrong in access, and the constraints of the database behind it."""

from collections.abc import Mapping
from typing import Any

from server.core import constraints
from server.core.errors import Conflict, Forbidden, Problem, TooMany, Unauthenticated


class TenantNameTaken(Conflict):
    code = "tenant_name_taken"


class CreditCodeTaken(Conflict):
    code = "credit_code_taken"


class AuthorityNameTaken(Conflict):
    code = "authority_name_taken"


class UsernameTaken(Conflict):
    code = "username_taken"


class AlreadyMember(Conflict):
    code = "already_member"


class LastEnterpriseAdmin(Conflict):
    """Somebody must remain who can manage the enterprise."""

    code = "last_enterprise_admin"


class WorksElsewhere(Conflict):
    """The account also belongs to others: only the platform may set its password."""

    code = "works_elsewhere"


class RoleNotYours(Forbidden):
    """A key may do no more than who makes it."""

    code = "role_not_yours"


class PeopleOnly(Forbidden):
    """Machines do not manage people or keys, and do not sign."""

    code = "people_only"


class SignInFailed(Unauthenticated):
    """Unknown, wrong, disabled, elsewhere: the answer never says which."""

    code = "sign_in_failed"


class SignInLocked(TooMany):
    """Too many failed tries; the same answer for names that exist and names that do not."""

    code = "sign_in_locked"


class TenantRequired(Conflict):
    """The password was right, but for which of several? `choices` are strings that `tenant` accepts."""

    code = "tenant_required"

    def __init__(self, choices: list[str]) -> None:
        super().__init__(field="tenant")
        self.extension: Mapping[str, Any] = {"choices": choices}


class WrongPassword(Forbidden):
    """The password given again to sign an act is not the signer's."""

    code = "wrong_password"


class WrongPin(Forbidden):
    """The PIN that is to be changed was typed wrong; the try counts."""

    code = "wrong_pin"


class BadgeLocked(Forbidden):
    """Too many wrong PINs in a row: the old PIN proves nothing any more."""

    code = "badge_locked"


class ProofRequired(Problem):
    """Who changes his PIN gives the old one, or his password."""

    status = 422
    code = "proof_required"


class PasswordWeak(Problem):
    status = 422
    code = "password_weak"


class PasswordSame(Problem):
    status = 422
    code = "password_same"


class DayOrder(Problem):
    status = 422
    code = "day_order"


class WayNotOffered(Problem):
    """This installation has no account at that vendor."""

    status = 404
    code = "way_not_offered"


class IdentityUnbound(Unauthenticated):
    """Known to the vendor, to nobody here: an invitation is needed."""

    code = "identity_unbound"


class SignInCodeRefused(Unauthenticated):
    """Wrong, used, ended, of another request, or tried too often: the answer never says which."""

    code = "sign_in_code_refused"


class SmsLimit(TooMany):
    """So many codes to this number, or for this address, that one must wait."""

    code = "sms_limit"


class InvitationOver(Problem):
    """Used, taken back, ended, or never issued."""

    status = 422
    code = "invitation_over"


class IdentityTaken(Conflict):
    """Bound to somebody else of the enterprise already."""

    code = "identity_taken"


class IdentityOfThatKindBound(Conflict):
    """The person has one of this kind already: take that one back first."""

    code = "identity_of_that_kind_bound"


class TerminalCodeRefused(Unauthenticated):
    """Wrong, used, over, taken back: the answer never says which."""

    code = "terminal_code_refused"


class CallbackRefused(Forbidden):
    """Not signed by whom it should be, too old, or seen before."""

    code = "callback_refused"


class RedirectElsewhere(Problem):
    status = 422
    code = "redirect_elsewhere"


constraints.register(
    {
        "external_identity_one_person": IdentityTaken,
        "external_identity_one_each": IdentityOfThatKindBound,
        "tenant_name_key": TenantNameTaken,
        "tenant_credit_code_key": CreditCodeTaken,
        "authority_name_key": AuthorityNameTaken,
        "user_account_username": UsernameTaken,
        "membership_one": AlreadyMember,
    }
)
