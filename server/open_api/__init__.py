"""/api/v1 for the back office and for machines: every table of routes, in the order of the documentation."""

from server.http.routes import RouteTable
from server.open_api import (
    audit,
    auth,
    authorities,
    codes,
    documentation,
    links,
    lots,
    partners,
    people,
    products,
    quality,
    search,
    tenants,
    trace,
)

TABLES: tuple[RouteTable, ...] = (
    auth.routes,
    tenants.routes,
    people.routes,
    authorities.routes,
    audit.routes,
    codes.routes,
    quality.routes,
    products.routes,
    lots.routes,
    links.routes,
    partners.routes,
    trace.routes,
    search.routes,
    documentation.routes,
)
