"""Promise: Valkey may be away, slow, emptied or wrong: no write is lost, limits hold, scans answer, nothing is a 5xx (T05)."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from server import embedded, wiring
from server.core import db
from server.settings import Settings
from tests.fault.tcp_proxy import Proxy
from tests.fault.valkey_faults import FAULTS, Trial, port_of, through
from tests.fixtures.api import Api, Server
from tests.fixtures.cluster import TEST_ENVIRONMENT


@pytest.fixture
async def trial(settings: Settings) -> AsyncIterator[Trial]:
    """A server of its own, whose Valkey is behind a proxy."""
    await db.open_pool(settings.database_dsn, wiring.MODELS, size=3)
    async with Proxy(port_of(settings.valkey_url)).listening() as proxy:
        with Server(replace(settings, valkey_url=through(settings.valkey_url, proxy))) as server:
            api = Api(server.base_url, server.settings)
            await api.open()
            yield await Trial.make(server, api, proxy, settings.valkey_url, size=3)
            await api.close()
    await db.close()


async def test_whatever_valkey_does_nothing_is_lost_and_nothing_unlimited(trial: Trial) -> None:
    for fault in FAULTS:
        await trial.under(fault)
    await trial.prove()


@pytest.fixture
def running(own_servers: Callable[..., embedded.Running]) -> embedded.Running:
    return own_servers()


async def test_a_valkey_that_was_killed_is_used_again(running: embedded.Running) -> None:
    settings = Settings.from_env({**running.environment(), **TEST_ENVIRONMENT})
    await db.open_pool(settings.database_dsn, wiring.MODELS, size=3)
    async with Proxy(running.valkey.port).listening() as proxy:
        with Server(settings) as server:
            api = Api(server.base_url, server.settings)
            await api.open()
            trial = await Trial.make(server, api, proxy, settings.valkey_url, size=3)
            running.valkey.stop(kill=True)
            await trial.under("well")
            assert not (await api.anonymous.get("/readyz")).json()["cache"]
            running.valkey.start()
            await trial.under("well")
            await trial.prove()
            assert (await api.anonymous.get("/readyz")).json()["cache"]
            await api.close()
    await db.close()
