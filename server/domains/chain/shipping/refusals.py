"""What a customer refuses of a shipment's line, checked against the line. Pure but for reading the lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core.errors import Problem
from server.domains.chain import problems
from server.domains.chain.shipping.commands import Receipt, ReceivedLine
from server.domains.chain.stock.goods import ONE_PIECE_KINDS, ZERO, Stock
from server.domains.chain.stock.quantities import converted, pieces_as_said, plain

Span = tuple[int, int]  # serials, both included


class LinesUnknown(Problem):
    status = 422
    code = "lines_unknown"


class RefusedTooMuch(Problem):
    status = 422
    code = "refused_too_much"


class RefusedInPart(Problem):
    """Not accepted, yet only a part is named as refused: whether the rest stays is not for us to guess."""

    status = 422
    code = "refused_in_part"


class RefusedSerialsNeeded(Problem):
    """Which of the serials came back must be known: their codes say where each piece is."""

    status = 422
    code = "refused_serials_needed"


class RefusedSerialsUnknown(Problem):
    status = 422
    code = "refused_serials_unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Goods of one line that come back. `quantity` in the line's unit and `drawn` in the lot's, None and 0 where
    unknown; `whole`: nothing of the line stays with the customer."""

    line: asyncpg.Record
    stock: Stock
    quantity: Decimal | None
    drawn: Decimal
    spans: Sequence[Span]
    whole: bool
    remark: str | None

    @property
    def comes_back_as_it_is(self) -> bool:
        """One piece, or a lot with components inside: it is not split, so it is stopped whole."""
        return self.stock.kind in ONE_PIECE_KINDS or bool(self.stock.inside)


def refusals_of(command: Receipt, lines: Sequence[asyncpg.Record], stocks: Mapping[UUID, Stock]) -> list[Refusal]:
    """What the receipt refuses, line by line. Raises LinesUnknown and, naming the input, what is wrong with a refusal."""
    said = {line.line_id: (number, line) for number, line in enumerate(command.lines)}
    if len(said) != len(command.lines) or said.keys() - {line["id"] for line in lines}:
        raise LinesUnknown(field="lines")
    found = []
    for line in lines:
        stock = stocks[line["lot_id"]]
        number, word = said.get(line["id"], (None, None))
        if word is None:
            if not command.accepted:
                found.append(_whole(line, stock, command.remark))
            continue
        if word.refuses_part:
            found.append(_part(line, stock, word, f"lines.{number}"))
        elif not word.accepted:
            found.append(_whole(line, stock, word.remark or command.remark))
    return found


def _whole(line: asyncpg.Record, stock: Stock, remark: str | None) -> Refusal:
    spans = [] if line["order_id"] is None else [(line["first"], line["last"])]
    return Refusal(line, stock, line["quantity"], line["drawn_quantity"], spans, True, remark)


def _part(line: asyncpg.Record, stock: Stock, word: ReceivedLine, field: str) -> Refusal:
    spans = _spans(line, word, f"{field}.refused_serials")
    quantity = word.refused_quantity or None
    try:
        if spans:
            quantity = pieces_as_said(quantity, line["unit"], sum(last - first + 1 for first, last in spans), stock)
    except Problem as problem:
        problem.field = f"{field}.refused_quantity"
        raise
    assert quantity is not None
    sent = line["quantity"]
    if sent is not None and quantity > sent:
        raise RefusedTooMuch(
            field=f"{field}.refused_quantity", lot_no=stock.lot_no, refused=plain(quantity), sent=plain(sent), unit=line["unit"] or ""
        )  # fmt: skip
    if quantity == sent:
        return _whole(line, stock, word.remark)
    if not word.accepted:
        raise RefusedInPart(field=f"{field}.accepted", lot_no=stock.lot_no)
    if stock.kind == "package":
        raise problems.OnePiece(field=f"{field}.refused_quantity", lot_no=stock.lot_no)
    if line["order_id"] is not None and not spans:
        raise RefusedSerialsNeeded(field=f"{field}.refused_serials", lot_no=stock.lot_no)
    drawn = ZERO if stock.unit is None else converted(quantity, line["unit"] or stock.unit, stock)
    return Refusal(line, stock, quantity, min(drawn, line["drawn_quantity"]), spans, False, word.remark)


def _spans(line: asyncpg.Record, word: ReceivedLine, field: str) -> list[Span]:
    """The refused serials without overlaps; each must be of the line."""
    spans: list[Span] = []
    for span in sorted(word.refused_serials, key=lambda span: span.first):
        if line["order_id"] is None or span.first < line["first"] or span.last > line["last"]:
            raise RefusedSerialsUnknown(field=field, first=span.first, last=span.last)
        if spans and span.first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(span.last, spans[-1][1]))
        else:
            spans.append((span.first, span.last))
    return spans
