"""A trace is drawn in columns by its longest way, loops and all, and what is too much is grouped, never dropped in silence."""

from hypothesis import given, settings
from hypothesis import strategies as st

from admin.drawing import MOST_IN_COLUMN, Drawing, Link, Node, depths, draw

EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1]), max_size=40)


def drawn(columns: dict[str, int], links: list[tuple[str, str]], tones: dict[str, str] | None = None) -> Drawing:
    nodes = [Node(lot, lot, "milk", (tones or {}).get(lot, "pass"), depth) for lot, depth in columns.items()]
    return draw("root", nodes, [Link(source, target, "1 kg") for source, target in links], lambda n: f"{n} lots")


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
    assert [link.label for link in drawing.links] == ["1 kg", "1 kg"]
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
