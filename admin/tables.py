"""Every route of the back office."""

from admin import assets, session
from admin.enterprise import codes, decisions, home, lots, people, products, publishing, recalls, tracing, trails
from admin.platform import tenants

TABLES = (
    assets.routes, session.routes, home.routes, lots.routes, decisions.routes, publishing.routes, recalls.routes, tracing.routes, products.routes, codes.routes,
    people.routes, trails.routes, tenants.routes,
)  # fmt: skip
