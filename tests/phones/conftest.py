"""The server of these tests has accounts at all vendors: in the sandbox."""

import pytest

from server.core.limits import connect_cache
from tests.fixtures.api import Api
from tests.fixtures.phones import clock, phones, sandbox, server

__all__ = ["clock", "phones", "sandbox", "server"]


@pytest.fixture
async def fresh_limits(api: Api) -> None:
    """The limits of an address begin anew: all tests come from one."""
    cache = connect_cache(api.settings.valkey_url)
    if keys := [key async for key in cache.scan_iter("limit:*")]:
        await cache.delete(*keys)
    await cache.aclose()
    await cache.connection_pool.disconnect()
