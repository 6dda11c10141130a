"""What access is told to do about phones of inspectors; also the bodies of the routes."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from server.core.days import ZonedMoment
from server.core.impossible import ImpossibleValue
from server.domains.access.commands import Command

_EASY = re.compile(r"(\d)\1{5}|012345|123456|234567|345678|456789|987654|876543|765432|654321|543210")


def not_easy(pin: str) -> str:
    """Six digits that are not the first that anybody tries; ImpossibleValue `pin_easy`."""
    if _EASY.fullmatch(pin):
        raise ImpossibleValue("pin_easy")
    return pin


Pin = Annotated[str, Field(pattern=r"^[0-9]{6}$"), AfterValidator(not_easy)]


class RegisterPhone(Command):
    """`label`: what its owner calls it."""

    label: Annotated[str, Field(min_length=1, max_length=200)]


class NewTerminal(Command):
    """`place_id`: the line it is signed in for."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    place_id: UUID | None = None


class EnrolTerminal(Command):
    """The one-time code that an admin was shown; hyphens and blanks do not count."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class NewBadge(Command):
    """A badge for an employee, who changes the PIN afterwards."""

    user_id: UUID
    pin: Pin


class SetPin(Command):
    pin: Pin


class ChangePin(SetPin):
    """One's own: with the old PIN, or with one's password where it is forgotten. At a terminal: with the old PIN."""

    old_pin: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    password: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class PinTry(Command):
    """`id`: made by the terminal. `key_no`: of the PIN that was missed. `at`: by the terminal's clock."""

    id: UUID
    badge_id: UUID
    key_no: Annotated[int, Field(ge=1, le=1_000_000)]
    at: ZonedMoment


class PinTries(Command):
    """Wrong PINs that a terminal has counted. `sent_at`: by its clock, at the moment of sending."""

    sent_at: ZonedMoment
    tries: Annotated[list[PinTry], Field(min_length=1, max_length=200)]
