"""How filled-in forms stand on a sheet."""

from collections.abc import Sequence

from server.domains.reports import blocks, facts
from server.domains.reports.words import Words


def record_blocks(records: Sequence[facts.Record], words: Words) -> list[blocks.Block]:
    """Each form with its own number and version, who and when, what was measured, and what else it asked."""
    return [block for record in records for block in _record(record, words)]


def _record(record: facts.Record, words: Words) -> list[blocks.Block]:
    label = words.label
    pairs = [
        (label("at"), record.at), (label("operator"), record.operator), (label("checker"), record.checker),
        (label("form_no"), f"{record.document_no}  V{record.version}"), (label("source"), record.source),
        (label("verdict"), record.verdict),
    ]  # fmt: skip
    pairs += [(label("subject"), record.subject)] if record.subject else []
    found: list[blocks.Block] = [blocks.Heading(record.form), blocks.Grid(pairs, columns=3)]
    if record.items:
        found.append(items(record.items, words))
    if record.entries:
        found.append(blocks.Grid([(each.name, each.value) for each in record.entries]))
    if record.notes:
        found.append(blocks.Note(record.notes))
    return found


def items(measured: Sequence[facts.Item], words: Words) -> blocks.Table:
    """The measured items of one record: no method, it stands in the specification."""
    label = words.label
    columns = [
        blocks.Column(label("no"), 0.07, "C"),
        blocks.Column(label("item"), 0.25),
        blocks.Column(label("unit"), 0.12, "C"),
        blocks.Column(label("requirement"), 0.28),
        blocks.Column(label("result"), 0.17, "C"),
        blocks.Column(label("verdict"), 0.11, "C"),
    ]
    bad = words.word("verdict", "fail")
    rows = [[each.no, each.name, each.unit, each.requirement, each.result, each.verdict] for each in measured]
    return blocks.Table(columns, rows, frozenset(n for n, each in enumerate(measured) if each.verdict == bad))
