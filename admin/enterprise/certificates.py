"""Licences and certificates of suppliers, of products and of the enterprise itself, the one that ends first on top."""

from typing import Any
from uuid import UUID

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.paging import FETCHED
from server.core import db
from server.core.errors import NotFound
from server.domains.chain import master
from server.domains.chain.master.commands import CertificateChanges, NewCertificate
from server.domains.chain.models import Certificate
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_certificates")

MOST = 1_000
_LIST = """
SELECT c.id, c.kind, c.kind_en, c.number, c.valid_from, c.valid_to, c.supplier_id, c.product_id, c.attachment_id,
       s.name AS supplier_name, p.name AS product_name
FROM certificate c LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = c.supplier_id
LEFT JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id
WHERE c.tenant_id = $1 AND ($2::uuid IS NULL OR c.id = $2) ORDER BY c.valid_to NULLS LAST, c.id LIMIT $3
"""


class OwnerArgs(PageArgs):
    """`owner`: `supplier:<id>`, `product:<id>` or nothing for the enterprise: whose paper the form begins with."""

    owner: str | None = None


@routes.get("/admin/certificates", permission="chain.read", query=OwnerArgs, media_type=PAGE)
async def list_certificates(call: Call) -> Raw:
    return await _list_page(call)


async def _list_page(call: Call, wrong: Wrong | None = None) -> Raw:
    rows = await db.fetch(_LIST, call.actor.tenant, None, MOST)
    given = form(call) if wrong else {"owner": call.query.owner or ""}
    return await show(
        call, "certificates.html", section="certificates", status=wrong.status if wrong else 200, certificates=rows,
        cut=len(rows) >= MOST, owners=await _owners(call.actor.tenant), wrong=wrong, given=given,
    )  # fmt: skip


async def _owners(tenant_id: UUID) -> list[tuple[str, str]]:
    rows = await db.fetch(
        "(SELECT 'supplier' AS kind, id, name FROM supplier WHERE tenant_id = $1 AND ended_at IS NULL ORDER BY name LIMIT 2000)"
        " UNION ALL (SELECT 'product', id, name FROM product WHERE tenant_id = $1 AND retired_at IS NULL ORDER BY name LIMIT 2000)",
        tenant_id,
    )  # fmt: skip
    return [(f"{row['kind']}:{row['id']}", row["name"]) for row in rows]


def _command(given: dict[str, str], attachment_id: UUID | None) -> NewCertificate:
    kind, _, id = given.get("owner", "").partition(":")
    whose = {f"{name}_id": id if kind == name else None for name in ("supplier", "product")}
    return NewCertificate.model_validate(typed(given, NewCertificate, **whose, attachment_id=attachment_id))


@routes.post("/admin/certificates", permission="chain.master", query=OwnerArgs, media_type=PAGE)
async def create_certificate(call: Call) -> Raw | Redirect:
    async def act() -> UUID:
        return await master.create(call.actor, Certificate, _command(form(call), None))

    done = await attempt(call, act)
    return await _list_page(call, done) if isinstance(done, Wrong) else back(call, "/admin/certificates", "created")


@routes.get("/admin/certificates/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_certificate(call: Call) -> Raw:
    return await _page(call, await _one(call))


@routes.post("/admin/certificates/{id}", permission="chain.master", query=PageArgs, media_type=PAGE)
async def change_certificate(call: Call) -> Raw | Redirect:
    """A renewal is a new last day; whose paper it is does not change."""
    row = await _one(call)

    async def act() -> None:
        whole = _command(form(call) | {"owner": _owner(row)}, row["attachment_id"])
        await master.change(call.actor, Certificate, call.id(), CertificateChanges.model_validate(whole.model_dump()))

    done = await attempt(call, act)
    return await _page(call, row, done) if isinstance(done, Wrong) else back(call, "/admin/certificates", "saved")


def _owner(row: dict[str, Any]) -> str:
    return next((f"{name}:{row[f'{name}_id']}" for name in ("supplier", "product") if row[f"{name}_id"]), "")


async def _one(call: Call) -> dict[str, Any]:
    row = await db.fetchrow(_LIST, call.actor.tenant, call.id(), FETCHED)
    if row is None:
        raise NotFound
    return dict(row)


async def _page(call: Call, row: dict[str, Any], wrong: Wrong | None = None) -> Raw:
    return await show(
        call, "certificate.html", section="certificates", status=wrong.status if wrong else 200, certificate=row,
        wrong=wrong, given=form(call) if wrong else row,
    )  # fmt: skip
