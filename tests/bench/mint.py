"""mint: a million codes generated and stored, beside a binary COPY of the same rows into the same table without policies."""

import asyncio
from collections.abc import Iterable

import asyncpg

from tests.bench import mint_data
from tests.bench.harness import Bench, DataSet, Figure, figure, median, note
from tests.bench.scan_data import build

CODES = 1_000_000
RUNS = 3
VERSION = 1
RATIO = 1.25


def measure(bench: Bench) -> Iterable[Figure]:
    async def fill(data: DataSet) -> None:
        await build(data, bench.settings(data).minting_key, codes=1_000, lots=1)

    data = bench.data_set("mint", fill, version=VERSION)
    key = bench.settings(data).minting_key

    async def runs() -> list[tuple[float, float]]:
        return [await _run(data, key, number) for number in range(1, RUNS + 1)]

    times = asyncio.run(runs())
    value, baseline = median([own for own, _ in times]), median([bare for _, bare in times])
    yield figure("mint", value, "s", baseline, ratio_at_most=RATIO)


async def _run(data: DataSet, key, number: int) -> tuple[float, float]:
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        await mint_data.make_bare_table(connection, filled=True)
        order = await mint_data.new_order(connection, key, CODES)
        own = await mint_data.mint_order(data, order, key)
        await connection.execute("CHECKPOINT")
        bare = await mint_data.copy_again(connection, order)
        await mint_data.forget(connection, order)
    finally:
        await connection.close()
    note(f"  run {number}: mint {own:.2f} s, bare COPY {bare:.2f} s")
    return own, bare
