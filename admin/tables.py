"""Every route of the back office."""

from admin import assets, session
from admin.enterprise import (
    api_keys,
    certificates,
    codes,
    decisions,
    deliveries,
    documents,
    forms,
    gate,
    home,
    inspections,
    lots,
    nonconformities,
    partners,
    people,
    products,
    profile,
    publishing,
    recalls,
    reviewing,
    scanning,
    shipments,
    tracing,
    trails,
)  # fmt: skip
from admin.platform import tenants

TABLES = (
    assets.routes, session.routes, home.routes, lots.routes, reviewing.routes, decisions.routes, inspections.routes, nonconformities.routes, documents.routes, publishing.routes, recalls.routes, tracing.routes, products.routes, codes.routes,
    shipments.routes, deliveries.routes, gate.routes, partners.routes, certificates.routes, forms.routes, profile.routes, api_keys.routes, people.routes, trails.routes, scanning.routes, tenants.routes,
)  # fmt: skip
