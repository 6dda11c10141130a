"""Holds as people open and lift them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from server.domains.chain.values import Command, Text

# Causes with a colon belong to what opened them (`recall:<id>`) and are not for people to write.
Cause = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^:]*$")]


class NewHold(Command):
    """Stop lots. Several holds may be open on one lot, one for each `cause`; each is lifted by its own."""

    lot_ids: list[UUID] = Field(min_length=1, max_length=10_000)
    kind: Literal["on_hold", "quarantined", "under_review"] = "on_hold"
    cause: Cause = "manual"
    reason: Text


class CloseHold(Command):
    reason: Text
