"""A trace is drawn in columns by its longest way, loops and all, and what is too much is grouped, never dropped in silence."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from admin.drawing import MOST_IN_COLUMN, Amount, Drawing, Link, Node, depths, draw, for_people

EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1]), max_size=40)


def drawn(columns: dict[str, int], links: list[tuple[str, str]], tones: dict[str, str] | None = None) -> Drawing:
    nodes = [Node(lot, lot, "milk", (tones or {}).get(lot, "pass"), depth) for lot, depth in columns.items()]
    return draw(
        "root", nodes, [Link(source, target, Decimal(1), "kg") for source, target in links], lambda n: f"{n} lots"
    )


def test_materials_stand_left_and_products_right_by_their_longest_way() -> None:
    links = [("a", "b"), ("b", "root"), ("a", "root"), ("root", "x"), ("x", "y"), ("root", "y")]
    assert depths("root", links) == {"root": 0, "b": -1, "a": -2, "x": 1, "y": 2}


@settings(derandomize=True, deadline=None)
@given(EDGES)
def test_every_lot_that_is_reached_has_a_column_even_in_a_loop(edges: list[tuple[int, int]]) -> None:
    links = [(f"n{source}", f"n{target}") for source, target in edges]
    found = depths("n0", links)
    reached = {"n0"}
    for direction in (0, 1):
        todo = ["n0"]
        seen = {"n0"}
        while todo:
            here = todo.pop()
            for link in links:
                if link[direction] == here and link[1 - direction] not in seen:
                    seen.add(link[1 - direction])
                    todo.append(link[1 - direction])
        reached |= seen
    assert set(found) == reached
    assert found["n0"] == 0


def test_a_small_trace_has_a_box_and_a_quantity_each() -> None:
    drawing = drawn({"root": 0, "a": -1, "b": 1}, [("a", "root"), ("root", "b")])
    assert {box.id for box in drawing.boxes} == {"root", "a", "b"}
    assert [link.amounts for link in drawing.links] == [[Amount(Decimal(1), "kg")]] * 2
    assert not drawing.grouped
    assert drawing.left_out == 0


def test_a_large_trace_is_grouped_and_failures_keep_their_own_box() -> None:
    columns = {"root": 0} | {f"p{n}": 1 for n in range(400)}
    drawing = drawn(columns, [("root", f"p{n}") for n in range(400)], {"p7": "fail", "p8": "held"})
    by_count = sorted(box.count for box in drawing.boxes)
    assert by_count == [1, 1, 1, 398]
    assert {box.id for box in drawing.boxes} >= {"root", "p7", "p8"}
    assert drawing.grouped
    assert sum(box.count for box in drawing.boxes) + drawing.left_out == len(columns)


def test_what_does_not_fit_is_counted() -> None:
    columns = {"root": 0} | {f"p{n}": 1 for n in range(50)}
    nodes = [Node(lot, lot, f"product {lot}", "pass", depth) for lot, depth in columns.items()]
    drawing = draw("root", nodes, [], lambda n: f"{n} lots")
    assert drawing.left_out == 50 - MOST_IN_COLUMN


def test_an_edge_of_several_links_loses_no_quantity() -> None:
    columns = {"root": 0, "a": -1}
    nodes = [Node(lot, lot, "milk", "pass", depth) for lot, depth in columns.items()]
    links = [
        Link("a", "root", Decimal("1.5"), "kg"),
        Link("a", "root", Decimal("2.5"), "kg"),
        Link("a", "root", Decimal(3), "pcs"),
        Link("a", "root", Decimal(7), "kg", ended=True),
        Link("a", "root"),
        Link("a", "root", Decimal(9), "kg", hidden=True),
    ]
    (edge,) = draw("root", nodes, links, lambda n: f"{n} lots").links
    assert edge.amounts == [
        Amount(Decimal("4.0"), "kg"),
        Amount(Decimal(3), "pcs"),
        Amount(Decimal(7), "kg", ended=True),
    ]
    assert (edge.unknown, edge.hidden) == (1, 1)


@settings(derandomize=True, deadline=None)
@given(st.decimals(min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=12))
def test_people_read_at_most_six_decimals_that_say_something(quantity: Decimal) -> None:
    shown = for_people(quantity)
    exponent = shown.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    assert decimals <= 6 or len(shown.normalize().as_tuple().digits) <= 6
    assert abs(shown - quantity) <= abs(quantity) * Decimal("0.000005") or abs(quantity) >= 1
    assert abs(shown - quantity) <= Decimal("0.0000005")
