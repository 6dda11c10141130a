"""What sheets are laid out of. A layout says what stands where; the PDF says how large."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Align = Literal["L", "C"]


class Heading(NamedTuple):
    """`room_mm`: what follows needs so much of the page to begin on it, else both begin on the next."""

    text: str
    room_mm: float = 24


class Grid(NamedTuple):
    """Labels with their values, `columns` pairs a row; an empty value stays visible as empty."""

    pairs: Sequence[tuple[str, str]]
    columns: int = 2


class Column(NamedTuple):
    """`width` is a share of the page; `bad`: values in it that are printed to catch the eye."""

    title: str
    width: float
    align: Align = "L"


class Table(NamedTuple):
    """The header row comes again on every page. `marked`: rows that deserve the eye, by index."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    marked: frozenset[int] = frozenset()


class Note(NamedTuple):
    text: str


class Conclusion(NamedTuple):
    """A boxed sentence."""

    label: str
    text: str


class Signatures(NamedTuple):
    """(role, name, time) side by side; room to sign by hand where the name is empty."""

    signers: Sequence[tuple[str, str, str]]


class PageBreak(NamedTuple):
    """What follows begins on a page of its own."""


Block = Heading | Grid | Table | Note | Conclusion | Signatures | PageBreak


class Sheet(NamedTuple):
    """`running`: what the head of every page says beside number and version, such as the lot."""

    title: str
    company: str
    running: str
    blocks: Sequence[Block]
