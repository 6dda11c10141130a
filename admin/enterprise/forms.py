"""The forms that records are filled in on, field by field, as they are in force; made and changed through /api/v1/forms."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import Field

from admin import wording
from admin.frame import PAGE, PAGE_ROWS, PageArgs, show
from server.core import db
from server.core.errors import NotFound
from server.domains import quality
from server.http.answers import Raw
from server.http.paging import decode_id, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_forms")

STAGES = ("material", "production", "testing", "logistics")
_VERSIONS = "SELECT version, in_force_from FROM form_version WHERE tenant_id = $1 AND form_id = $2 ORDER BY version DESC LIMIT 100"


class FormFilter(PageArgs):
    stage: str | None = Field(None, max_length=20)


class Line(NamedTuple):
    """One field of a form. `kind` keys a text, `choices` the options of a list, `range` its own range as text."""

    title: str
    kind: str
    choices: list[str]
    range: str
    unit: str | None
    required: bool
    secret: bool
    characteristic: str | None
    depth: int
    help: str | None


@routes.get("/admin/forms", permission="quality.read", query=FormFilter, media_type=PAGE)
async def list_forms(call: Call) -> Raw:
    q: FormFilter = call.query
    rows = await quality.list_forms(call.actor.tenant, None, q.stage, decode_id(q.after), PAGE_ROWS + 1)
    products = await db.fetch(
        "SELECT id, name FROM product WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        call.actor.tenant, [row["product_id"] for row in rows if row["product_id"]],
    )  # fmt: skip
    shown = rows[:PAGE_ROWS]
    return await show(
        call, "forms.html", section="forms", forms=shown, wanted=q, stages=STAGES, products={row["id"]: row["name"] for row in products},
        fields={row["id"]: len(db.loads(row["schema"])["properties"]) for row in shown},
        following=encode_cursor([shown[-1]["id"]]) if len(rows) > PAGE_ROWS else None,
    )  # fmt: skip


@routes.get("/admin/forms/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_form(call: Call) -> Raw:
    tenant = call.actor.tenant
    found = await quality.list_forms(tenant, call.id(), None, None, 1)
    if not found:
        raise NotFound
    row = found[0]
    version = await quality.version_by_id(tenant, row["form_version_id"])
    characteristics = await quality.load_characteristics(tenant, set(version.bound.values()))
    named = {id: each.name for id, each in characteristics.items()}
    schema = db.loads(row["schema"])
    ordered = sorted(schema["properties"], key=version.form.position)
    lines = [line for name in ordered for line in _lines(name, schema, version, named, call.language)]
    product = await db.fetchval("SELECT name FROM product WHERE tenant_id = $1 AND id = $2", tenant, row["product_id"])
    return await show(
        call, "form.html", section="forms", form=row, lines=lines, product_name=product,
        versions=await db.fetch(_VERSIONS, tenant, call.id()),
    )  # fmt: skip


def _lines(
    name: str, schema: dict[str, Any], version: quality.FormVersion, named: dict[UUID, str], language: str
) -> Iterator[Line]:
    """The field, and what it holds where it is a group or a list."""
    hints = version.ui.fields.get(name)
    bound = hints.characteristic_id if hints else None
    yield Line(
        version.form.title(name, version.titles(language)), *_shape(schema["properties"][name], measured=bound is not None),
        hints.unit if hints else None, name in schema.get("required", ()), bool(hints and hints.secret),
        named.get(bound) if bound else None, 0, hints.help if hints else None,
    )  # fmt: skip
    yield from _inner(schema["properties"][name], 1)


def _inner(node: dict[str, Any], depth: int) -> Iterator[Line]:
    inside = node.get("items", node)
    for name, each in inside.get("properties", {}).items():
        required = name in inside.get("required", ())
        yield Line(each.get("title", name), *_shape(each), None, required, False, None, depth, None)
        yield from _inner(each, depth + 1)


def _shape(node: dict[str, Any], *, measured: bool = False) -> tuple[str, list[str], str]:
    """(kind, choices, range)."""
    kind = (
        "measured" if measured else "choice" if "enum" in node else node.get("format") or node.get("type") or "string"
    )
    return str(kind), [str(each) for each in node.get("enum", ())], wording.form_range(node)
