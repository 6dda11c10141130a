"""How filled-in forms stand on a sheet."""

from collections.abc import Sequence

from server.domains.reports import blocks, facts
from server.domains.reports.words import Words


def record_blocks(records: Sequence[facts.Record], words: Words) -> list[blocks.Block]:
    """Each form with its own number and version, who and when, what was measured, and what else it asked."""
    return [block for record in records for block in _record(record, words)]


RESULTS_SHARE = 0.33
"""Of the width, what the results of one table may take; who, when and remarks have the rest."""
_LEAST_SHARE, _NAMED_SHARE = 0.07, 0.12
"""Of the width: what a column takes at least, and what it takes where there is room."""
_Shape = tuple[str, ...]


def round_blocks(records: Sequence[facts.Record], words: Words) -> list[blocks.Block]:
    """The same form filled in again and again: one table for each form and its limits, a row for each time. A form that asks
    more than a table holds stands as it is."""
    alike: dict[_Shape, list[facts.Record]] = {}
    for number, record in enumerate(records):
        asked = tuple(_title(item) for item in record.items)
        fits = bool(asked) and sum(map(_share, asked)) <= RESULTS_SHARE and not record.entries
        shape = (record.form, record.document_no, record.version, *asked) if fits else (str(number),)
        alike.setdefault(shape, []).append(record)
    found: list[blocks.Block] = []
    for shape, same in alike.items():
        found += _round(same, shape[3:], words) if len(same) > 1 else record_blocks(same, words)
    return found


def _title(item: facts.Item) -> str:
    """What was measured; below it what is asked, which no line breaks in two, and the unit."""
    asked = item.requirement.replace(" ", "\N{NO-BREAK SPACE}")
    return "\n".join(filter(None, (item.name, asked, item.unit)))


def _share(title: str) -> float:
    """How much of the width a column needs so that none of its limits is broken: the name above them may be."""
    asked = title.split("\n")[1:]
    wide = max((sum(1.0 if ord(each) > 0x2E7F else 0.55 for each in line) for line in asked), default=0.0)
    return max(_LEAST_SHARE, (wide * 3.2 + 3.4) / 180)


def _widened(shares: Sequence[float]) -> list[float]:
    """Few columns are wider, up to what the names above them want; remarks keep the rest."""
    room = (RESULTS_SHARE - sum(shares)) / len(shares)
    return [min(share + room, max(share, _NAMED_SHARE)) for share in shares]


def _round(records: Sequence[facts.Record], asked: _Shape, words: Words) -> list[blocks.Block]:
    label, first = words.label, records[0]
    pairs = [
        (label("form_no"), f"{first.document_no}  V{first.version}"), (label("kept"), first.kept),
        (label("source"), words.join(each.source for each in records)),
    ]  # fmt: skip
    shares = _widened([_share(each) for each in asked])
    ends = (
        (("at", 0.13), ("due", 0.13)),
        (("operator", 0.11), ("checker", 0.11), ("verdict", 0.09), ("remark", 0.43 - sum(shares))),
    )
    columns = [blocks.Column(label(name), width) for name, width in ends[0]]
    columns += [blocks.Column(each, share, "C") for each, share in zip(asked, shares, strict=True)]
    columns += [blocks.Column(label(name), width, "C" if name == "verdict" else "L") for name, width in ends[1]]
    rows = [
        [
            e.at,
            e.due,
            *(item.result for item in e.items),
            e.operator,
            e.checker,
            e.verdict,
            words.clauses((e.subject, e.notes)),
        ]
        for e in records
    ]
    bad = words.word("verdict", "fail")
    marked = frozenset(number for number, each in enumerate(records) if each.verdict == bad)
    plans = [(label("asked"), words.join(each.asked for each in records))]
    return [
        blocks.Heading(first.form, 40), blocks.Grid(pairs, columns=3), *([blocks.Grid(plans, columns=1)] if plans[0][1] else []),
        blocks.Table(columns, rows, marked),
    ]  # fmt: skip


def _record(record: facts.Record, words: Words) -> list[blocks.Block]:
    label = words.label
    pairs = [
        (label("at"), record.at), (label("operator"), record.operator), (label("checker"), record.checker),
        (label("form_no"), f"{record.document_no}  V{record.version}"), (label("kept"), record.kept),
        (label("verdict"), record.verdict), (label("source"), record.source),
    ]  # fmt: skip
    pairs += [(label("subject"), record.subject)] if record.subject else []
    found: list[blocks.Block] = [blocks.Heading(record.form, 56), blocks.Grid(pairs, columns=3)]
    asked = words.say("asked_until", asked=record.asked, due=record.due) if record.asked else ""
    told = [(label(name), value) for name, value in (("asked", asked), ("counted", record.counted)) if value]
    found += [blocks.Grid(told, columns=1)] if told else []
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
