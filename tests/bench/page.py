"""page, page.food: the first view of a scan over the wire, beside the 100 KB it may weigh; page.text, page.text.food: until its
first text on a slow third-generation network, beside hello-world on the same network.

A phone that was never here: nothing cached, one connection, 400 kbit/s each way and 400 ms a round trip, as Chromium's own
"Slow 3G" emulates it. What is counted is what crossed the wire, headers included, before anything is scrolled to.
"""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson
from playwright.sync_api import Browser, sync_playwright

from tests.bench.harness import Bench, DataSet, Figure, figure, median, note
from tests.bench.load import APP, HELLO, serving
from tests.bench.scan_data import build
from tests.fixtures.publication import food

VERSION = 1
LOTS = 2
RUNS = 5
BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP_MS = 400
MOST_BYTES = 100_000
MOST_SECONDS = 2.0
PHONE = {"width": 360, "height": 640}
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class View(NamedTuple):
    """One first view: bytes over the wire, and milliseconds until the first text."""

    size: float
    text_ms: float


def measure(bench: Bench) -> Iterable[Figure]:
    if not CHROMIUM.exists():
        raise SystemExit(f"Chromium is missing at {CHROMIUM}; install it (Debian: apt-get install chromium)")
    data = bench.data_set("page", lambda data: _build(data, bench), version=VERSION)
    plain, labelled = asyncio.run(_codes(data))
    environment = bench.environment(data, TRACE_HTTP_WORKERS="1")
    with (
        serving(HELLO, 1, {}, ready_path="/") as hello_url,
        serving(APP, 1, environment) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        views = {
            name: [_view(browser, address) for _ in range(RUNS)]
            for name, address in (("hello", hello_url), ("page", f"{url}/t/{plain}"), ("food", f"{url}/t/{labelled}"))
        }
        browser.close()
    text = {name: median([view.text_ms for view in seen]) / 1000 for name, seen in views.items()}
    size = {name: median([view.size for view in seen]) for name, seen in views.items()}
    note(f"  hello {size['hello']:.0f} bytes; first text {text['hello']:.2f} s")
    for name, suffix in (("page", ""), ("food", ".food")):
        yield figure(f"page{suffix}", size[name], "bytes", MOST_BYTES, ratio_at_most=1)
        yield figure(f"page.text{suffix}", text[name], "s", text["hello"], value_at_most=MOST_SECONDS)


def _view(browser: Browser, address: str) -> View:
    """Of a phone that was never here."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", is_mobile=True, device_scale_factor=2)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    network: dict[str, Any] = {"offline": False, "latency": ROUND_TRIP_MS}
    wire.send(
        "Network.emulateNetworkConditions",
        network | {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND},
    )
    page.goto(address, wait_until="load")
    first = page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)[0]"
    ).json_value()
    context.close()
    return View(sum(sizes), float(first))


async def _build(data: DataSet, bench: Bench) -> None:
    """Two published lots of one code each, the second with a digital label."""
    await build(data, bench.settings(data).minting_key, LOTS, LOTS)
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        await connection.execute(
            "UPDATE publication SET content = $1::jsonb WHERE object_id = (SELECT max(object_id::text)::uuid FROM publication)",
            orjson.dumps({**food(), "version": 1}).decode(),
        )
    finally:
        await connection.close()


async def _codes(data: DataSet) -> tuple[str, str]:
    """(a code of the plain lot, a code of the one with a label)."""
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        rows = await connection.fetch(
            "SELECT c.text FROM code c JOIN publication p ON p.object_id = c.lot_id ORDER BY p.content ? 'page'"
        )
    finally:
        await connection.close()
    return rows[0]["text"], rows[1]["text"]
