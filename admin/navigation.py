"""What stands in the side bar: what this person may open, and nothing else."""

import re
from collections.abc import Set
from functools import cache
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from i18n import LANGUAGES, text
from server.core.actor import Actor
from server.domains.access import ROLES
from server.http.routes import Call, RouteTable


class Entry(NamedTuple):
    """One line of the side bar; `permission` None: whoever sees this bar. `group` is the heading it stands under."""

    section: str
    path: str
    icon: str
    permission: str | None
    group: str = ""


_WORK = (
    Entry("deliveries", "/admin/deliveries", "gate", "chain.read", "incoming"),
    Entry("suppliers", "/admin/suppliers", "supplier", "chain.read", "incoming"),
    Entry("lots", "/admin/lots", "lot", "chain.read", "production"),
    Entry("codes", "/admin/codes", "code", "codes.read", "production"),
    Entry("recipes", "/admin/recipes", "recipe", "chain.read", "production"),
    Entry("products", "/admin/products", "product", "chain.read", "production"),
    Entry("inspections", "/admin/inspections", "test", "quality.read", "inspection"),
    Entry("days", "/admin/days", "clock", "quality.read", "inspection"),
    Entry("plans", "/admin/plans", "plan", "quality.read", "inspection"),
    Entry("forms", "/admin/forms", "form", "quality.read", "inspection"),
    Entry("phone_entries", "/admin/phone-entries", "warning", "quality.check", "inspection"),
    Entry("samples", "/admin/samples", "jar", "quality.read", "inspection"),
    Entry("gauges", "/admin/gauges", "gauge", "chain.read", "inspection"),
    Entry("releases", "/admin/releases", "check", "quality.read", "release"),
    Entry("nonconformities", "/admin/nonconformities", "warning", "quality.read", "release"),
    Entry("shipments", "/admin/shipments", "truck", "chain.read", "shipping"),
    Entry("customers", "/admin/customers", "outlet", "chain.read", "shipping"),
    Entry("recalls", "/admin/recalls", "recall", "response.read", "shipping"),
    Entry("complaints", "/admin/complaints", "users", "scans.complaints", "shipping"),
    Entry("ledgers", "/admin/ledgers", "book", "reports.read", "papers"),
    Entry("certificates", "/admin/certificates", "licence", "chain.read", "papers"),
)
ENTERPRISE = (
    Entry("today", "/admin", "home", None),
    *_WORK,
    Entry("profile", "/admin/profile", "settings", "access.read", "office"),
    Entry("rules", "/admin/rules", "scale", "quality.read", "office"),
    Entry("templates", "/admin/templates", "form", "reports.read", "office"),
    Entry("users", "/admin/users", "users", "access.people", "office"),
    Entry("phones", "/admin/phones", "code", "access.write", "office"),
    Entry("api_keys", "/admin/api-keys", "key", "access.write", "office"),
    Entry("verification", "/admin/verification-files", "check", "access.write", "office"),
    Entry("audit", "/admin/audit", "audit", "audit.read", "office"),
    Entry("reads", "/admin/reads", "search", "access.read_log", "office"),
)
REGULATOR = (Entry("enterprises", "/admin", "supplier", None),)
SEEN_BY_REGULATOR = (
    Entry("enterprise", "/admin/enterprise", "home", None),
    Entry("profile", "/admin/profile", "settings", None),
    *_WORK,
)
PLATFORM = (
    Entry("tenants", "/admin", "supplier", "platform.read"),
    Entry("authorities", "/admin/authorities", "audit", "platform.read"),
    Entry("complaints", "/admin/platform/complaints", "users", "platform.read"),
    Entry("verification", "/admin/platform/verification-files", "check", "platform.read"),
    Entry("audit", "/admin/audit", "clock", "audit.read"),
)


def side_bar(call: Call, section: str) -> list[dict[str, object]]:
    """The groups as the frame draws them: `heading`, `icon`, `current` (the page is in it) and `entries`. A group of which
    one line is seen is that line, without a heading."""
    seen = [e for e in _entries(call.actor) if e.permission is None or e.permission in seen_permissions(call)]
    groups = [(name, list(entries)) for name, entries in groupby(seen, key=lambda entry: entry.group)]
    return [
        {
            "heading": text(f"admin.nav.group.{name}", call.language) if name and len(entries) > 1 else "",
            "icon": entries[0].icon,
            "current": any(entry.section == section for entry in entries),
            "entries": [_line(call, entry, section) for entry in entries],
        }
        for name, entries in groups
    ]


def _line(call: Call, entry: Entry, section: str) -> dict[str, object]:
    return {
        "href": address(call, entry.path) if entry.path != "/admin" else "/admin",
        "label": text(f"admin.nav.{entry.section}", call.language),
        "icon": entry.icon,
        "current": entry.section == section,
    }


def seen_permissions(call: Call) -> Set[str]:
    """What may be opened here: through its authority's eyes an enterprise sees no more than its authority."""
    mine = call.actor.permissions
    return mine & ROLES["regulator"] if call.masks_secrets and not call.actor.is_regulator else mine


def _entries(actor: Actor) -> tuple[Entry, ...]:
    if actor.is_regulator:
        return REGULATOR + (SEEN_BY_REGULATOR if actor.tenant_id else ())
    return ENTERPRISE if actor.tenant_id else PLATFORM


def address(call: Call, path: str, **params: object) -> str:
    """`path` with these parameters, and with whose data is read and through whose eyes, as on the page we are on."""
    given = {name: str(value) for name, value in params.items() if value not in (None, "", False)}
    if call.actor and call.actor.is_regulator and call.actor.tenant_id:
        given["enterprise"] = str(call.actor.tenant_id)
    elif call.actor and call.masks_secrets:
        given["as"] = "authority"
    return f"{path}?{urlencode(given)}" if given else path


def languages(call: Call) -> list[dict[str, object]]:
    """The switch: it leads back to the page we are on."""
    here = page_of(call)
    return [
        {
            "href": "/admin/language?" + urlencode({"to": language, "next": here}),
            "label": text(f"language.{language}", call.language),
            "current": language == call.language,
        }
        for language in LANGUAGES
    ]


def page_of(call: Call) -> str:
    """The page we are on: of a form that was sent the page it stands on, for what only takes forms cannot be opened."""
    request, path = call.request, call.request.path
    opened = _pages(request.app.ctx.tables)
    if request.method != "POST" and opened.fullmatch(path):
        return path + (f"?{request.query_string}" if request.query_string else "")
    while path.startswith("/admin/") and not opened.fullmatch(path):
        path = path.rpartition("/")[0]
    return path if opened.fullmatch(path) else "/admin"


@cache
def _pages(tables: tuple[RouteTable, ...]) -> re.Pattern[str]:
    """The addresses that open as a page."""
    paths = (route.path for table in tables for route in table if route.method == "GET" and route.is_page)
    return re.compile("|".join(re.sub(r"{\w+}", "[^/]+", path) for path in paths))
