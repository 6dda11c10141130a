"""growth.scan, growth.mint: the same work with ten million codes stored as with one million."""

import asyncio
from collections.abc import Iterable

import asyncpg

from tests.bench import mint_data, scan
from tests.bench.harness import Bench, DataSet, Figure, figure, median, note
from tests.bench.scan_data import write_wrk_script

FEW, MANY = 1_000_000, 10_000_000
MINTED = 500_000
RUNS = 3
SCAN_RATIO, MINT_RATIO = 1.5, 1.3


def measure(bench: Bench) -> Iterable[Figure]:
    few, many = scan.data_set(bench, FEW), scan.data_set(bench, MANY)
    yield _scan(bench, few, many)
    yield _mint(bench, few, many)


def _scan(bench: Bench, few: DataSet, many: DataSet) -> Figure:
    """Milliseconds a scan, one worker, warmed; the ratio is how much longer one takes."""
    times = []
    for data in (few, many):
        script = asyncio.run(write_wrk_script(data, bench.directory))
        _, loads = scan.runs(bench, data, script, workers=1)
        times.append(
            (1000 / median([load.requests_per_second for load in loads]), median([load.p99_ms for load in loads]))
        )
    (baseline, _), (value, p99) = times
    return figure("growth.scan", value, "ms", baseline, p99=p99, ratio_at_most=SCAN_RATIO)


def _mint(bench: Bench, few: DataSet, many: DataSet) -> Figure:
    baseline, bare_baseline = asyncio.run(_minted(bench, few))
    value, bare = asyncio.run(_minted(bench, many))
    note(f"  a bare COPY grows by {bare / bare_baseline:.3f} ({bare_baseline:.2f} s -> {bare:.2f} s)")
    return figure("growth.mint", value, "s", baseline, ratio_at_most=MINT_RATIO)


async def _minted(bench: Bench, data: DataSet) -> tuple[float, float]:
    """Seconds to mint into what is stored, and to COPY the same rows bare; medians after a warming run."""
    key = bench.settings(data).minting_key
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        await mint_data.make_bare_table(connection, filled=True)
        times = []
        for _ in range(RUNS + 1):
            order = await mint_data.new_order(connection, key, MINTED)
            own = await mint_data.mint_order(data, order, key)
            await connection.execute("CHECKPOINT")
            times.append((own, await mint_data.copy_again(connection, order)))
            await mint_data.forget(connection, order)
        await connection.execute("DROP TABLE code_bare")
    finally:
        await connection.close()
    return median([own for own, _ in times[1:]]), median([bare for _, bare in times[1:]])
