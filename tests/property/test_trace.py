"""Promise: a trace finds exactly what a brute-force closure finds, in both directions, on any graph, with every link's
quantity; it survives a cycle that no service would have written; struck-out links do not count."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core import db
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains import trace
from tests.fixtures.api import Api, Plant
from tests.fixtures.graph import Graph

KINDS = ["consumed", "split", "merged", "reworked", "repaired", "packed", "installed"]
Edge = tuple[int, int, str, Decimal]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[Edge]]:
    """Up to 60 lots; a rework chain of 15 levels and more through the lowest, and any links upwards (splits, merges, packages)."""
    count = draw(st.integers(18, 60))
    chain = draw(st.integers(16, count - 1))
    edges = [(n, n + 1, "reworked", Decimal(n + 1)) for n in range(chain)]
    more = draw(
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.sampled_from(KINDS)), max_size=90)
    )
    edges += [(min(a, b), max(a, b), kind, Decimal(n) / 8) for n, (a, b, kind) in enumerate(more) if a != b]
    return count, edges


def closure(start: int, steps: list[tuple[int, int]]) -> set[int]:
    """By going round until nothing is added: slow, and plainly right."""
    found = {start}
    while more := {far for near, far in steps if near in found} - found:
        found |= more
    return found


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


async def stored(plant: Plant, count: int, edges: list[Edge]) -> list[UUID]:
    graph = await Graph(plant.tenant_id).open()
    lots = await graph.lots(count)
    await graph.links((lots[a], lots[b], kind, quantity) for a, b, kind, quantity in edges)
    return lots


RANDOM = settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


async def test_both_directions_are_the_brute_force_closure(plant: Plant):
    actor = plant.actor("viewer")
    examples: list[tuple[int, list[Edge]]] = []

    @RANDOM
    @given(graphs())
    def collect(graph: tuple[int, list[Edge]]) -> None:
        examples.append(graph)

    collect()
    for count, edges in examples:
        async with db.transaction(plant.actor("operator").scope()):
            lots = await stored(plant, count, edges)
            await check(actor, lots, edges)


async def check(actor, lots: list[UUID], edges: list[Edge]) -> None:
    names = {str(lot): n for n, lot in enumerate(lots)}
    up, down = [(b, a) for a, b, *_ in edges], [(a, b) for a, b, *_ in edges]
    for n in {0, len(lots) // 2, len(lots) - 1}:
        materials = await trace.trace_materials(actor, [lots[n]])
        products = await trace.trace_products(actor, [lots[n]])
        assert {names[lot] for lot in materials.lots} == closure(n, up)
        assert {names[lot] for lot in products.lots} == closure(n, down)
        assert materials.complete
        assert quantities(materials, names) == expected(edges, closure(n, up), 1)
        assert quantities(products, names) == expected(edges, closure(n, down), 0)
        other = lots[max(closure(n, down))]
        back = await trace.trace_materials(actor, [other])
        assert str(lots[n]) in back.lots


def quantities(found: trace.Trace, names: dict[str, int]) -> list[Edge]:
    return sorted((names[r["from_lot"]], names[r["to_lot"]], r["kind"], Decimal(r["quantity"])) for r in found.links)


def expected(edges: list[Edge], inside: set[int], near: int) -> list[Edge]:
    return sorted(edge for edge in edges if edge[near] in inside)


async def test_with_several_starts_every_link_is_met_once(plant: Plant):
    edges = [(n, n + 1, "consumed", Decimal(n)) for n in range(6)] + [
        (0, 3, "split", Decimal(9)),
        (2, 3, "merged", Decimal(8)),
    ]
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 7, edges)
        found = await trace.trace(plant.actor("viewer"), [lots[1], lots[2], lots[4]], "both")
    assert quantities(found, {str(lot): n for n, lot in enumerate(lots)}) == sorted(edges)


async def test_a_chain_of_fifteen_levels_and_more_has_its_depths(plant: Plant):
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 40, [(n, n + 1, "reworked", Decimal(1)) for n in range(39)])
        found = await trace.trace(plant.actor("viewer"), [lots[20]], "both")
    assert [found.depth[str(lot)] for lot in lots] == list(range(-20, 20))


async def test_a_planted_cycle_is_survived(plant: Plant):
    edges = [
        (0, 1, "reworked", Decimal(1)),
        (1, 2, "reworked", Decimal(2)),
        (2, 0, "reworked", Decimal(3)),
        (2, 3, "packed", Decimal(4)),
    ]
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 4, edges)
        found = await trace.trace(plant.actor("viewer"), [lots[1]], "both")
    assert {UUID(lot) for lot in found.lots} == set(lots)
    assert len(found.links) == 4
    assert found.complete


async def test_struck_out_links_do_not_count(plant: Plant):
    async with db.transaction(plant.actor("operator").scope()):
        graph = await Graph(plant.tenant_id).open()
        wrong, right, made, behind = await graph.lots(4)
        await graph.link(behind, wrong)
        await graph.reverse(await graph.link(wrong, made))
        await graph.link(right, made)
        found = await trace.trace_materials(plant.actor("viewer"), [made])
        away = await trace.trace_products(plant.actor("viewer"), [wrong])
    assert set(found.lots) == {str(made), str(right)}
    assert [row["from_lot"] for row in found.links] == [str(right)]
    assert set(away.lots) == {str(wrong)}


async def test_a_cut_is_said_and_keeps_the_nearest(plant: Plant):
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 10, [(n, n + 1, "consumed", Decimal(1)) for n in range(9)])
        actor = plant.actor("viewer")
        cut = await trace.trace_products(actor, [lots[0]], trace.Limits(lots=4))
        whole = await trace.trace_products(actor, [lots[0]], trace.Limits(lots=10))
        links = await trace.trace_products(actor, [lots[0]], trace.Limits(links=3))
    assert [str(lot) for lot in lots[:4]] == sorted(cut.lots, key=lambda lot: cut.depth[lot])
    assert cut.cut == trace.Cut("lots", 4)
    assert len(cut.links) == 3
    assert whole.complete
    assert links.cut == trace.Cut("links", 3)


async def test_at_the_time_limit_nothing_partial_is_answered(plant: Plant):
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 3000, [(n, n + 1, "reworked", Decimal(1)) for n in range(2999)])

    async def hurried() -> None:
        async with db.transaction(plant.actor("viewer").scope()):
            await db.execute("SET LOCAL statement_timeout = '2ms'")
            await trace.trace_products(plant.actor("viewer"), [lots[0]])

    with pytest.raises(trace.TraceTookTooLong):
        await hurried()


async def test_a_recall_does_not_rest_on_a_part(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 3, [(0, 1, "consumed", Decimal(1)), (1, 2, "consumed", Decimal(1))])
        actor = plant.actor("quality_manager")
        assert (await trace.affected(actor, [lots[1]])).lots == {lots[1], lots[2]}
        monkeypatch.setattr(trace.Limits.__init__, "__defaults__", (2, 100))
        with pytest.raises(trace.TraceIncomplete):
            await trace.affected(actor, [lots[0]])


async def test_a_stranger_finds_nothing(api: Api, plant: Plant):
    async with db.transaction(plant.actor("operator").scope()):
        lots = await stored(plant, 2, [(0, 1, "consumed", Decimal(1))])
    stranger = (await api.plant()).actor("viewer")
    async with db.transaction(stranger.scope()):
        with pytest.raises(NotFound):
            await trace.trace_materials(stranger, lots)
        with pytest.raises(NotFound):
            await trace.affected(stranger, [new_id()])
