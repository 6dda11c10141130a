"""Which module makes which kind: its facts model, how they are gathered, how they are laid out."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.domains.reports import (
    batch_record,
    delivery_note,
    facts,
    incoming,
    nonconformity,
    rounds,
    supplier_return,
    test_report,
)
from server.domains.reports.blocks import Block
from server.domains.reports.gathered import Gathered
from server.domains.reports.kinds import DocumentKind
from server.domains.reports.words import Words


class Maker(NamedTuple):
    """`model` is the allow-list of a template's placeholders as well."""

    model: type[Any]
    gather: Callable[[UUID, UUID, Words], Awaitable[Gathered]]
    lay_out: Callable[[Any, Words], Sequence[Block]]


MAKERS: Final[dict[DocumentKind, Maker]] = {
    "test_report": Maker(facts.TestReport, test_report.gather, test_report.lay_out),
    "incoming_inspection": Maker(facts.IncomingInspection, incoming.gather, incoming.lay_out),
    "nonconformity": Maker(facts.Nonconformity, nonconformity.gather, nonconformity.lay_out),
    "first_piece": Maker(facts.RoundRecords, rounds.first_piece, rounds.lay_out),
    "patrol": Maker(facts.RoundRecords, rounds.patrol, rounds.lay_out),
    "batch_record": Maker(facts.BatchRecord, batch_record.gather, batch_record.lay_out),
    "delivery_note": Maker(facts.DeliveryNote, delivery_note.gather, delivery_note.lay_out),
    "supplier_return": Maker(facts.SupplierReturn, supplier_return.gather, supplier_return.lay_out),
}
