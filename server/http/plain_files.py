"""Addresses that lie beside others': which are taken, and by which hosts we are called."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from server.http.routes import RouteTable
from server.settings import Settings


def taken_addresses(tables: Iterable[RouteTable]) -> frozenset[str]:
    """The addresses without parameters that answer already."""
    return frozenset(route.path for table in tables for route in table if "{" not in route.path)


def own_hosts(settings: Settings) -> frozenset[str]:
    """The platform's own hosts, without ports."""
    origins = (settings.base_url, *settings.origins)
    return frozenset(host.lower() for origin in origins if (host := urlsplit(origin).hostname))
