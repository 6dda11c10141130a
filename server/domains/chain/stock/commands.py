"""Counting, scrapping and moving stock."""

from uuid import UUID

from server.domains.chain.values import Amount, Command, Happened, Name, Quantity, Text, UnitName


class CountLot(Command):
    """What a person found when counting."""

    quantity: Amount
    unit: UnitName | None = None
    at: Happened | None = None
    reason: Text | None = None


class ScrapLot(Command):
    """Goods that go to no other lot and no customer."""

    quantity: Quantity
    unit: UnitName | None = None
    reason: Text
    defect: Name | None = None
    at: Happened | None = None


class MoveLot(Command):
    """The whole lot stands somewhere else from then on; a part that moves alone is split off first."""

    place_id: UUID
    at: Happened | None = None
