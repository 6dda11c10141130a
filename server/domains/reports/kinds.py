"""The kinds of documents: how they are numbered, what they are about, and whether they are made for outsiders."""

from typing import Final, Literal, NamedTuple, get_args

DocumentKind = Literal[
    "test_report",
    "incoming_inspection",
    "nonconformity",
    "first_piece",
    "patrol",
    "batch_record",
    "delivery_note",
    "supplier_return",
]
SubjectTable = Literal["lot", "nonconformity", "shipment", "supplier_return"]
Language = Literal["zh_CN", "en"]


class Kind(NamedTuple):
    """`prefix` begins its numbers; `leaves`: made to be handed over, so it never holds internal limits or secrets."""

    prefix: str
    subject: SubjectTable
    leaves: bool = False


KINDS: Final[dict[DocumentKind, Kind]] = {
    "test_report": Kind("CJ", "lot", leaves=True),
    "incoming_inspection": Kind("LJ", "lot"),
    "nonconformity": Kind("BHG", "nonconformity"),
    "first_piece": Kind("SJ", "lot"),
    "patrol": Kind("XJ", "lot"),
    "batch_record": Kind("PJL", "lot"),
    "delivery_note": Kind("SH", "shipment", leaves=True),
    "supplier_return": Kind("THD", "supplier_return", leaves=True),
}
assert set(KINDS) == set(get_args(DocumentKind))


def number_of(kind: DocumentKind, year: int, sequence: int) -> str:
    """`CJ2026-00012`: unique in an enterprise, in the order of issue."""
    return f"{KINDS[kind].prefix}{year}-{sequence:05d}"
