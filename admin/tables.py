"""Every route of the back office."""

from admin import assets, complaints, session, verification
from admin.enterprise import (
    api_keys,
    certificates,
    charging,
    codes,
    decisions,
    deliveries,
    documents,
    forms,
    gate,
    gauges,
    home,
    inspections,
    ledgers,
    lots,
    nonconformities,
    operations,
    page_contents,
    partners,
    people,
    phone_entries,
    phones,
    plans,
    products,
    profile,
    publishing,
    recalls,
    receivers,
    recipes,
    reviewing,
    rules,
    samples,
    scanning,
    sheet_templates,
    shipments,
    tracing,
    trails,
    uploads,
)  # fmt: skip
from admin.platform import tenants

TABLES = (
    assets.routes, session.routes, home.routes, lots.routes, reviewing.routes, decisions.routes, operations.routes, inspections.routes, nonconformities.routes, documents.routes, publishing.routes, recalls.routes, tracing.routes, products.routes, page_contents.routes, codes.routes,
    shipments.routes, deliveries.routes, gate.routes, rules.routes, sheet_templates.routes, plans.routes, gauges.routes, samples.routes, recipes.routes, charging.routes, receivers.routes, ledgers.routes, uploads.routes, partners.routes, certificates.routes, forms.routes, profile.routes, api_keys.routes, people.routes, phones.routes, phone_entries.routes, trails.routes, scanning.routes, verification.routes, complaints.routes, tenants.routes,
)  # fmt: skip
