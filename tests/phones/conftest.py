"""The server of these tests has accounts at all vendors: in the sandbox."""

from collections.abc import AsyncIterator

import pytest

from server.core.limits import connect_cache
from tests.fixtures.api import Api
from tests.fixtures.phones import clock, phones, sandbox, server

__all__ = ["clock", "phones", "sandbox", "server"]


async def forget_limits(api: Api) -> None:
    cache = connect_cache(api.settings.valkey_url)
    if keys := [key async for key in cache.scan_iter("limit:*")]:
        await cache.delete(*keys)
    await cache.aclose()
    await cache.connection_pool.disconnect()


@pytest.fixture
async def fresh_limits(api: Api) -> AsyncIterator[None]:
    """The limits of an address begin anew, before and after: all tests come from one."""
    await forget_limits(api)
    yield
    await forget_limits(api)
