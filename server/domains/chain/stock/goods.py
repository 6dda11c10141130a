"""A lot as the gate sees it, without a database: its quantity, its holds, what lies in it; and the kinds of link by what they do to goods."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

USE_KINDS = frozenset({"consumed", "installed"})  # what only usable stock may do, besides being shipped
MOVE_KINDS = frozenset({"split", "merged", "reworked", "repaired"})  # the stock goes on under another lot's number
# The very same goods, unworked: a concession and a release go with them.
INHERITING_KINDS = frozenset({"split", "merged"})
REWORK_KINDS = MOVE_KINDS - INHERITING_KINDS  # worked on again: a new lot that waits for a release of its own
INSIDE_KINDS = frozenset({"packed", "installed"})
DISPOSED_BY = "nonconformity:"  # how the cause of a hold begins whose goods move by signed dispositions alone
ONE_PIECE_KINDS = frozenset({"unit", "package"})
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenHold:
    """`origin`: the hold that a person opened, of which this is the one that went along with the goods; itself where
    nothing went along."""

    kind: str
    cause: str
    reason: str
    origin: UUID | None = None

    @property
    def key(self) -> str:
        """What two holds share that end together: the cause of what opened them, or of holds by hand the same act. People
        write the same words for different reasons."""
        return self.cause if ":" in self.cause or self.origin is None else str(self.origin)


@dataclass(frozen=True, slots=True)
class Concession:
    """What the lot may be used for although it failed: until then (`over`: that moment has passed), and no further than
    until `ceiling` is used, in the lot's unit. `customer_id`: who alone consented, and so alone receives it; None where
    any customer may."""

    id: UUID
    until: datetime
    ceiling: Decimal
    over: bool
    customer_id: UUID | None = None
    customer_name: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A lot directly inside another. `packed`: it lies in a package, and leaves with it as it is."""

    stock: "Stock"
    packed: bool


@dataclass(slots=True)
class Stock:
    """One lot under its row's lock, as the gate sees it. `used` grows while a command draws from it."""

    id: UUID
    lot_no: str
    kind: str
    product_id: UUID
    state: str
    quantity: Decimal | None
    unit: str | None
    used: Decimal
    difference: Decimal
    expires_at: datetime | None
    expired: bool
    holds: list[OpenHold] = field(default_factory=list)
    inside: list[Content] = field(default_factory=list)
    brought: list[OpenHold] = field(default_factory=list)  # holds that came over in this command, not yet stored
    changed: bool = False  # its state, expiry or concession came over in this command, not yet stored
    concession: Concession | None = None
    stopped_pieces: int = 0  # of its pieces with records of their own: held or rejected, and still lying in it
    reserved_pieces: dict[UUID, int] = field(
        default_factory=dict
    )  # others of them conceded for one customer, by customer
    by_name: bool = False  # what is taken is named by its codes

    @property
    def left(self) -> Decimal | None:
        """What is still there, in `unit`; None where the quantity is unknown."""
        return None if self.quantity is None else self.quantity + self.difference - self.used

    @property
    def concession_over(self) -> bool:
        """It was usable by a concession that has run out."""
        return self.concession is not None and self.concession.over

    @property
    def is_piece_of_lot(self) -> bool:
        """A serialised piece that got a record of its own by its code: what there is of it is stock of its lot."""
        return self.kind == "unit" and self.quantity is None


def contents(stock: Stock) -> Iterator[Content]:
    """All that is inside, at any depth, each lot once for each way of being inside."""
    seen: set[tuple[UUID, bool]] = set()
    queue = [(content, content.packed) for content in stock.inside]
    for content, packed in queue:
        inner = content.stock
        if (inner.id, packed) not in seen:
            seen.add((inner.id, packed))
            yield Content(inner, packed)
            queue.extend((below, packed and below.packed) for below in inner.inside)


def packages_of(stock: Stock) -> list[UUID]:
    """The package itself and those that lie in it, at any depth; none for a lot that is no package."""
    if stock.kind != "package":
        return []
    inner = {c.stock.id for c in contents(stock) if c.packed and c.stock.kind == "package"}
    return [stock.id, *sorted(inner)]
