"""A trace as columns of boxes: materials left, the lot in the middle, products right. Pure.

What is too much to read is put together: lots of one product in one column that are all right become one box with
their number. What failed or is held keeps its own box as long as it fits, and the message says what was done.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

MOST_BOXES = 300
MOST_IN_COLUMN = 28


@dataclass(frozen=True, slots=True)
class Node:
    """A lot to draw; `tone` is pass, fail, warning, held or plain, `depth` its column: materials below 0."""

    id: str
    title: str
    group: str
    tone: str
    depth: int


@dataclass(frozen=True, slots=True)
class Link:
    """One link between lots: its quantity, None where unknown; `ended`: taken out again; `hidden`: not for this reader."""

    source: str
    target: str
    quantity: Decimal | None = None
    unit: str | None = None
    ended: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """What links of one unit between two boxes carry together."""

    quantity: Decimal
    unit: str | None
    ended: bool = False


@dataclass(slots=True)
class Edge:
    """All links between two boxes: their quantities unit by unit, how many links have none, how many are hidden."""

    source: str
    target: str
    amounts: list[Amount] = field(default_factory=list)
    unknown: int = 0
    hidden: int = 0


@dataclass(slots=True)
class Box:
    """One drawn box at `column` (from 0) and `row` (may be fractional), of one lot or of `count` lots."""

    id: str
    title: str
    subtitle: str
    tone: str
    count: int
    column: int
    row: float = 0.0
    members: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything a canvas needs; `grouped` tells that boxes stand for several lots, `left_out` how many have none."""

    boxes: list[Box]
    links: list[Edge]
    columns: int
    rows: int
    grouped: bool
    left_out: int


def depths(root: str, links: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The column of every lot that `root` was made of (below 0) or went into (above), by its longest way; loops end.

    A lot on both sides, as in a rework chain, stands on the side of its shorter way.
    """
    forward: dict[str, list[str]] = defaultdict(list)
    backward: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        forward[source].append(target)
        backward[target].append(source)
    right, left = _longest(root, forward), _longest(root, backward)
    found = {root: 0}
    for node in right.keys() | left.keys():
        sides = [value for value in (right.get(node, 0), -left.get(node, 0)) if value]
        if node != root and sides:
            found[node] = min(sides, key=abs)
    return found


def _longest(root: str, following: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Longest distance from `root`; where lots run in a loop, what the loop holds up follows its nearest."""
    reached = _reached(root, following)
    waiting = dict.fromkeys(reached, 0)
    for node in reached:
        for after in following.get(node, ()):
            waiting[after] += 1
    waiting[root] = 0
    distance = {root: 0}
    ready, done = [root], set[str]()
    while len(done) < len(reached):
        if not ready:
            ready = [min((n for n in reached if n not in done and n in distance), key=lambda n: (distance[n], n))]
        node = ready.pop()
        if node in done:
            continue
        done.add(node)
        for after in following.get(node, ()):
            if after in done:
                continue
            distance[after] = max(distance.get(after, 0), distance[node] + 1)
            waiting[after] -= 1
            if waiting[after] <= 0:
                ready.append(after)
    return distance


def _reached(root: str, following: Mapping[str, Sequence[str]]) -> set[str]:
    seen, todo = {root}, [root]
    while todo:
        for after in following.get(todo.pop(), ()):
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return seen


def draw(root: str, nodes: Sequence[Node], links: Sequence[Link], counted: Callable[[int], str]) -> Drawing:
    """Boxes and edges of a readable picture. `counted` says "12 lots" for the title of a group."""
    columns = defaultdict[int, list[Node]](list)
    for node in nodes:
        columns[node.depth].append(node)
    order = sorted(columns)
    boxes: list[Box] = []
    left_out = 0
    for index, depth in enumerate(order):
        made = _boxes(columns[depth], index, root, len(nodes) > MOST_BOXES, counted)
        left_out += sum(box.count for box in made[MOST_IN_COLUMN:])
        boxes += made[:MOST_IN_COLUMN]
    drawn = _edges(boxes, links)
    rows = max((sum(box.column == c for box in boxes) for c in range(len(order))), default=1)
    _place(boxes, drawn, len(order), rows)
    return Drawing(boxes, drawn, len(order), rows, any(box.count > 1 for box in boxes), left_out)


def _boxes(nodes: Sequence[Node], column: int, root: str, must: bool, counted: Callable[[int], str]) -> list[Box]:
    """Grouped by product and tone where the whole is large or the column is high; what is bad comes first."""
    grouping = must or len(nodes) > MOST_IN_COLUMN
    apart = [node for node in nodes if node.id == root or node.tone in ("fail", "held")]
    one_each = {node.id for node in (apart if len(apart) <= MOST_IN_COLUMN // 2 else apart[:0])} | {root}
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        single = not grouping or node.id in one_each
        groups[node.id if single else (node.group, node.tone)].append(node)
    made = [_box(members, column, counted) for members in groups.values()]
    weight = {"fail": 0, "held": 1, "warning": 2}
    return sorted(made, key=lambda box: (box.id != root, weight.get(box.tone, 3), box.subtitle, box.title))


def _box(members: Sequence[Node], column: int, counted: Callable[[int], str]) -> Box:
    first = members[0]
    if len(members) == 1:
        return Box(first.id, first.title, first.group, first.tone, 1, column, members=[first.id])
    ids = [member.id for member in members]
    return Box(f"group:{column}:{first.id}", counted(len(ids)), first.group, first.tone, len(ids), column, members=ids)


def _edges(boxes: Sequence[Box], links: Sequence[Link]) -> list[Edge]:
    """Edges between boxes, each once, with all that its links carry."""
    home = {member: box.id for box in boxes for member in box.members}
    between: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for link in links:
        ends = home.get(link.source), home.get(link.target)
        if ends[0] and ends[1] and ends[0] != ends[1]:
            between[ends[0], ends[1]].append(link)
    return [_edge(source, target, merged) for (source, target), merged in between.items()]


def _edge(source: str, target: str, links: Sequence[Link]) -> Edge:
    edge = Edge(source, target)
    sums: dict[tuple[bool, str | None], Decimal] = {}
    for link in links:
        if link.hidden:
            edge.hidden += 1
        elif link.quantity is None:
            edge.unknown += 1
        else:
            key = (link.ended, link.unit)
            sums[key] = sums.get(key, Decimal(0)) + link.quantity
    edge.amounts = [
        Amount(total, unit, ended) for (ended, unit), total in sorted(sums.items(), key=lambda each: each[0][0])
    ]
    return edge


def for_people(quantity: Decimal) -> Decimal:
    """At most six decimals, or six significant ones below 1: what arithmetic left behind is not shown to people."""
    places = 6 if abs(quantity) >= 1 or not quantity else 5 - quantity.adjusted()
    exponent = quantity.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= places:
        return quantity
    return quantity.quantize(Decimal(1).scaleb(-places)).normalize()


def _place(boxes: list[Box], links: Sequence[Edge], columns: int, rows: int) -> None:
    """Rows in which edges cross little: each column sorted by the middle of its neighbours, twice there and back."""
    near: dict[str, list[str]] = defaultdict(list)
    for link in links:
        near[link.source].append(link.target)
        near[link.target].append(link.source)
    by_id = {box.id: box for box in boxes}
    column_of = [[box for box in boxes if box.column == c] for c in range(columns)]
    for column in column_of:
        _spread(column, rows)
    for step in (1, -1, 1, -1):
        for index in range(columns)[::step]:
            _settle(column_of[index], near, by_id, index - step)
            _spread(column_of[index], rows)


def _settle(column: list[Box], near: Mapping[str, list[str]], by_id: Mapping[str, Box], beside: int) -> None:
    """Sort a column by where its neighbours in the column beside stand."""
    rank = {box.id: _middle(box, near, by_id, beside) for box in column}
    column.sort(key=lambda box: rank[box.id])


def _middle(box: Box, near: Mapping[str, list[str]], by_id: Mapping[str, Box], column: int) -> float:
    rows = [by_id[other].row for other in near[box.id] if by_id[other].column == column]
    return sum(rows) / len(rows) if rows else box.row


def _spread(column: Sequence[Box], rows: int) -> None:
    """Evenly, in the middle of the height."""
    start = (rows - len(column)) / 2
    for index, box in enumerate(column):
        box.row = start + index
