"""Whether two rules can print one text is answered as by listing all their texts."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domains.codes.segments import SymbolRange
from server.domains.codes.shapes import may_collide, shape

RANGES = st.builds(
    lambda symbols, least, more: SymbolRange(frozenset(symbols), least, least + more),
    st.sets(st.sampled_from("ab"), min_size=1),
    st.integers(0, 2),
    st.integers(0, 2),
)
SHAPES = st.lists(RANGES, max_size=3)


def all_texts(ranges: list[SymbolRange]) -> set[str]:
    texts = {""}
    for part in ranges:
        middles = ["".join(m) for n in range(part.least, part.most + 1) for m in product(part.symbols, repeat=n)]
        texts = {text + middle for text in texts for middle in middles}
    return texts


@settings(derandomize=True, deadline=None, max_examples=300)
@given(SHAPES, SHAPES)
def test_two_shapes_meet_exactly_where_they_share_a_text(a, b):
    assert may_collide(shape(a), shape(b)) is bool(all_texts(a) & all_texts(b))
