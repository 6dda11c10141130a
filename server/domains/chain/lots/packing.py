"""Serialised pieces go into a package by their codes: which they are, of which lots, and how much that draws."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound, Problem
from server.domains import codes
from server.domains.chain import problems
from server.domains.chain.commands import PackLots, Part
from server.domains.chain.stock.goods import ZERO, Stock
from server.domains.chain.stock.quantities import converted, pieces_as_said

MOST_PIECES = 100_000


class TooManyPieces(Problem):
    status = 422
    code = "too_many_pieces"


async def put_codes(actor: Actor, package_id: UUID, command: PackLots) -> dict[UUID, int]:
    """Put the codes that the command names into the package; how many pieces of each lot. Raises CodeUnknown,
    CodeNotFree, TooManyPieces, and what is wrong with a range."""
    if not (command.codes or command.serials):
        return {}
    named = len(command.codes) + sum(each.count for each in command.serials)
    if named > MOST_PIECES:
        raise TooManyPieces(field="serials", limit=MOST_PIECES, count=named)
    texts = [codes.identity_of_url(each) or codes.identity_of_text(each) for each in command.codes]
    ranges = [(each.order_id, codes.SerialRange(first=each.first, last=each.last)) for each in command.serials]
    packed = await codes.pack_codes(actor, package_id, texts, ranges)
    if packed.missing is not None:
        raise problems.CodeUnknown(field=f"codes.{packed.missing}", text=command.codes[packed.missing][:80])
    if packed.refused is not None:
        raise await _not_free(actor.tenant, packed.refused, texts)
    return packed.pieces


async def _not_free(tenant_id: UUID, refused: codes.Refused, texts: list[str]) -> Problem:
    field = f"codes.{texts.index(refused.text)}" if refused.text in texts else "serials"
    package = await db.fetchval(
        "SELECT lot_no FROM lot WHERE tenant_id = $1 AND id = $2", tenant_id, refused.package_id
    )
    if package is not None:
        return problems.SerialsPacked(field=field, serial=refused.serial, package=package)
    return problems.CodeNotFree(field=field, text=refused.text)


def contents_of(command: PackLots, pieces: Mapping[UUID, int], stocks: Mapping[UUID, Stock]) -> list[Part]:
    """What goes in, each coded lot once: its pieces, or what `contents` says of it, which must agree."""
    for position, part in enumerate(command.contents):
        if part.lot_id not in stocks:
            raise NotFound(field=f"contents.{position}.lot_id")
    loose = [part for part in command.contents if part.lot_id not in pieces]
    coded = [
        Part(lot_id=lot_id, quantity=_pieces(command, lot_id, count, stocks[lot_id]), unit=stocks[lot_id].unit)
        for lot_id, count in sorted(pieces.items())
    ]
    return loose + coded


def _pieces(command: PackLots, lot_id: UUID, count: int, stock: Stock) -> Decimal:
    """How much the codes of one lot draw, in its unit."""
    said = [part for part in command.contents if part.lot_id == lot_id and part.quantity is not None]
    amounts = [converted(part.quantity, part.unit or stock.unit or "", stock) for part in said if part.quantity]
    return pieces_as_said(sum(amounts, ZERO) if amounts else None, stock.unit, count, stock)


async def mark_coded(tenant_id: UUID, package_id: UUID, pieces: Mapping[UUID, int]) -> None:
    """The links of these lots stand for their codes: those come out where the link ends."""
    if pieces:
        await db.execute(
            "UPDATE link SET coded = true WHERE tenant_id = $1 AND to_lot = $2 AND from_lot = ANY($3::uuid[])",
            tenant_id, package_id, list(pieces),
        )  # fmt: skip
