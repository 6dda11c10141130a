"""The enterprise itself: its facts, its sites and the places on them."""

from typing import Any, get_args
from uuid import UUID

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from server.core import db
from server.domains.access import queries, tenants
from server.domains.access.commands import ChangeEnterprise, ChangePlace, ChangeSite, NewPlace, NewSite, PlaceKind
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_profile")

PLACE_KINDS = get_args(PlaceKind)
MOST_PLACES = 2_000
TAKEN = {"already_exists": "name"}
_SITES = """
SELECT s.id, s.name, s.division_code, s.address, count(p.id) AS places
FROM site s LEFT JOIN place p ON p.tenant_id = $1 AND p.site_id = s.id
WHERE s.tenant_id = $1 GROUP BY s.id, s.tenant_id ORDER BY s.name, s.id LIMIT 1000
"""
_OWN_CERTIFICATES = """
SELECT id, kind, kind_en, number, valid_to FROM certificate
WHERE tenant_id = $1 AND supplier_id IS NULL AND product_id IS NULL ORDER BY valid_to NULLS LAST, id LIMIT 200
"""


@routes.get("/admin/profile", permission="access.read", query=PageArgs, media_type=PAGE)
async def profile(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, site_wrong: Wrong | None = None) -> Raw:
    tenant, told = call.actor.tenant, wrong or site_wrong
    facts = await queries.tenant(tenant)
    return await show(
        call, "profile.html", section="profile", status=told.status if told else 200, facts=facts, wrong=wrong, site_wrong=site_wrong,
        address=form(call).get("address", "") if wrong else facts["address"] or "", given=form(call) if site_wrong else {},
        sites=await db.fetch(_SITES, tenant), certificates=await db.fetch(_OWN_CERTIFICATES, tenant),
    )  # fmt: skip


@routes.post("/admin/profile", permission="access.write", query=PageArgs, media_type=PAGE)
async def change_profile(call: Call) -> Raw | Redirect:
    async def act() -> None:
        await tenants.change_enterprise(
            call.actor, ChangeEnterprise.model_validate(typed(form(call), ChangeEnterprise))
        )

    done = await attempt(call, act)
    return await _page(call, done) if isinstance(done, Wrong) else back(call, "/admin/profile", "saved")


@routes.post("/admin/sites", permission="access.write", query=PageArgs, media_type=PAGE)
async def create_site(call: Call) -> Raw | Redirect:
    async def act() -> UUID:
        return await tenants.create_site(call.actor, NewSite.model_validate(typed(form(call), NewSite)))

    done = await attempt(call, act, TAKEN)
    return await _page(call, None, done) if isinstance(done, Wrong) else back(call, f"/admin/sites/{done}", "created")


@routes.get("/admin/sites/{id}", permission="access.read", query=PageArgs, media_type=PAGE)
async def show_site(call: Call) -> Raw:
    return await _site_page(call)


async def _site_page(call: Call, wrong: Wrong | None = None, place_wrong: Wrong | None = None) -> Raw:
    tenant, told = call.actor.tenant, wrong or place_wrong
    site = await queries.site(tenant, call.id())
    places = _nested(await queries.list_places(tenant, call.id(), None, MOST_PLACES))
    return await show(
        call, "site.html", section="profile", status=told.status if told else 200, site=site, wrong=wrong, place_wrong=place_wrong,
        given=form(call) if wrong else site, place=form(call) if place_wrong else {}, places=places, kinds=PLACE_KINDS,
    )  # fmt: skip


def _nested(rows: list[Any]) -> list[tuple[int, Any]]:
    """(depth, place), every place below the one it lies in."""
    inside: dict[UUID | None, list[Any]] = {}
    known = {row["id"] for row in rows}
    for row in sorted(rows, key=lambda each: each["name"]):
        inside.setdefault(row["parent_id"] if row["parent_id"] in known else None, []).append(row)
    found: list[tuple[int, Any]] = []
    waiting = [(0, row) for row in reversed(inside.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        found.append((depth, row))
        waiting += [(depth + 1, each) for each in reversed(inside.get(row["id"], []))]
    return found


@routes.post("/admin/sites/{id}", permission="access.write", query=PageArgs, media_type=PAGE)
async def change_site(call: Call) -> Raw | Redirect:
    site = await queries.site(call.actor.tenant, call.id())

    async def act() -> None:
        whole = NewSite.model_validate(typed(form(call), NewSite, division_code=site["division_code"]))
        await tenants.change_site(call.actor, call.id(), ChangeSite(name=whole.name, address=whole.address))

    done = await attempt(call, act, TAKEN)
    return await _site_page(call, done) if isinstance(done, Wrong) else back(call, call.request.path, "saved")


@routes.post("/admin/sites/{id}/places", permission="access.write", query=PageArgs, media_type=PAGE)
async def create_place(call: Call) -> Raw | Redirect:
    site = await queries.site(call.actor.tenant, call.id())

    async def act() -> UUID:
        command = NewPlace.model_validate(typed(form(call), NewPlace, site_id=site["id"]))
        return await tenants.create_place(call.actor, command)

    done = await attempt(call, act, TAKEN)
    if isinstance(done, Wrong):
        return await _site_page(call, None, done)
    return back(call, f"/admin/sites/{call.path['id']}", "created")


@routes.get("/admin/places/{id}", permission="access.read", query=PageArgs, media_type=PAGE)
async def show_place(call: Call) -> Raw:
    return await _place_page(call)


async def _place_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant = call.actor.tenant
    place = await queries.place(tenant, call.id())
    return await show(
        call, "place.html", section="profile", status=wrong.status if wrong else 200, place=place, wrong=wrong,
        site=await queries.site(tenant, place["site_id"]), given=form(call) if wrong else place, kinds=PLACE_KINDS,
    )  # fmt: skip


@routes.post("/admin/places/{id}", permission="access.write", query=PageArgs, media_type=PAGE)
async def change_place(call: Call) -> Raw | Redirect:
    place = await queries.place(call.actor.tenant, call.id())

    async def act() -> None:
        whole = NewPlace.model_validate(
            typed(form(call), NewPlace, site_id=place["site_id"], parent_id=place["parent_id"])
        )
        await tenants.change_place(call.actor, call.id(), ChangePlace(kind=whole.kind, name=whole.name))

    done = await attempt(call, act, TAKEN)
    if isinstance(done, Wrong):
        return await _place_page(call, done)
    return back(call, f"/admin/sites/{place['site_id']}", "saved")
