"""scan, scan.2: a durable scan page over a million codes, beside hello-world on the same server and worker count."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tests.bench.harness import Bench, DataSet, Figure, figure, median, note, settle
from tests.bench.load import APP, HELLO, Load, serving, wrk
from tests.bench.scan_data import LOTS, build, write_wrk_script

CODES = 1_000_000
VERSION = 1
RUNS, SECONDS, WARM_SECONDS = 3, 4, 3
WARM_REQUESTS = 8 * LOTS  # of each worker: every page was rendered once by each, but for one in three thousand
TARGETS = {1: ("scan", 0.55), 2: ("scan.2", 0.38)}
P99_MS = 30.0


def data_set(bench: Bench, codes: int = CODES) -> DataSet:
    """The codes and their lots; kept between runs."""

    async def fill(data: DataSet) -> None:
        await build(data, bench.settings(data).minting_key, codes)

    return bench.data_set(f"scan_{codes}", fill, version=VERSION)


def measure(bench: Bench) -> Iterable[Figure]:
    data = data_set(bench)
    script = asyncio.run(write_wrk_script(data, bench.directory))
    for workers, (name, ratio) in TARGETS.items():
        hello, scan = runs(bench, data, script, workers)
        value = median([load.requests_per_second for load in scan])
        baseline = median([load.requests_per_second for load in hello])
        p99 = median([load.p99_ms for load in scan])
        yield figure(name, value, "requests/s", baseline, p99=p99, ratio_at_least=ratio, p99_at_most=P99_MS)


def runs(bench: Bench, data: DataSet, script: Path, workers: int) -> tuple[list[Load], list[Load]]:
    """Alternating runs of hello-world and of the scan, so that both meet the machine in the same mood."""
    hello: list[Load] = []
    scan: list[Load] = []
    environment = bench.environment(data, TRACE_HTTP_WORKERS=str(workers))
    asyncio.run(settle(data))
    with serving(HELLO, workers, {}, ready_path="/") as hello_url, serving(APP, workers, environment) as scan_url:
        _warm(scan_url, script, workers)
        for run in range(RUNS):
            hello.append(wrk(hello_url, seconds=SECONDS))
            scan.append(_without_errors(wrk(scan_url, seconds=SECONDS, script=script)))
            note(f"  {workers} workers, run {run + 1}: hello {hello[-1].requests_per_second:.0f}/s, "
                 f"scan {scan[-1].requests_per_second:.0f}/s, p99 {scan[-1].p99_ms:.1f} ms")  # fmt: skip
    return hello, scan


def _without_errors(load: Load) -> Load:
    if load.errors:
        raise SystemExit(f"{load.errors} scans were not answered")
    return load


def _warm(url: str, script: Path, workers: int) -> None:
    """Until every worker has rendered every lot's page."""
    done = 0
    while done < WARM_REQUESTS * workers:
        done += wrk(url, seconds=WARM_SECONDS, script=script).requests
