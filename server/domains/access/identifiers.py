"""Texts that identify: credit codes, division codes, usernames, roles. Validators raise problems that name the fault."""

import re
import unicodedata

from stdnum.cn import uscc

from server.core.errors import Problem
from server.domains.access.permissions import TENANT_ROLES

_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_DIVISION = re.compile(r"(?:[1-8][0-9])[0-9]{4}")
_USERNAME = re.compile(r"[^\s]{2,64}")


class CreditCodeInvalid(Problem, ValueError):
    status = 422
    code = "credit_code_invalid"


class DivisionCodeInvalid(Problem, ValueError):
    status = 422
    code = "division_code_invalid"


class UsernameInvalid(Problem, ValueError):
    status = 422
    code = "username_invalid"


class RoleUnknown(Problem, ValueError):
    status = 422
    code = "role_unknown"


def check_credit_code(text: str) -> str:
    """The 18 characters of GB 32100 in upper case, their check character right.

    Regions are not looked up: codes of withdrawn divisions stay valid, and rural collectives begin with a letter.
    """
    code = uscc.compact(unicodedata.normalize("NFKC", text))
    if not _CREDIT_CODE.fullmatch(code) or uscc.calc_check_digit(code[:17]) != code[17]:
        raise CreditCodeInvalid
    return code


def check_division(text: str) -> str:
    """Six digits that can be a GB/T 2260 code: a region from 1 to 8, no county without its city."""
    if not (text.isascii() and _DIVISION.fullmatch(text)) or (text[2:4] == "00" and text[4:] != "00"):
        raise DivisionCodeInvalid
    return text


def normal_username(text: str) -> str:
    """The form in which usernames are stored, compared and counted."""
    return unicodedata.normalize("NFKC", text).strip()


def check_username(text: str) -> str:
    """2 to 64 characters without blanks, in normal form."""
    name = normal_username(text)
    if not _USERNAME.fullmatch(name) or not name.isprintable():
        raise UsernameInvalid
    return name


def check_roles(roles: list[str]) -> list[str]:
    """Roles of an enterprise, each once, sorted; platform and regulator roles are never given here."""
    for role in roles:
        if role not in TENANT_ROLES:
            raise RoleUnknown(role=role)
    return sorted(set(roles))
