"""Charging of a lot under its recipe: what is in, what to take next (the lot that expires first), and why one is refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from i18n import text
from server.core import db
from server.core.clock import EDGE, now
from server.core.errors import FieldError, Invalid, NotFound
from server.core.ids import parse_id
from server.domains import chain
from server.domains.chain.labels.coding import last_day
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_charging")
_VERSIONS = """
SELECT v.id, r.name, v.version, v.batch_quantity, v.unit FROM recipe r
JOIN recipe_version v ON v.tenant_id = $1 AND v.recipe_id = r.id
WHERE r.tenant_id = $1 AND r.product_id = $2 AND r.retired_at IS NULL ORDER BY r.name, v.version DESC LIMIT 200
"""
# By its number; of two products' lots of one number, the one that the recipe of the target asks for.
_BY_NUMBER = """
SELECT l.id FROM lot l LEFT JOIN lot_recipe t ON t.tenant_id = $1 AND t.lot_id = $3
LEFT JOIN recipe_line n ON n.tenant_id = $1 AND n.version_id = t.version_id AND n.product_id = l.product_id
WHERE l.tenant_id = $1 AND l.lot_no = $2 ORDER BY n.id IS NULL, l.id LIMIT 1
"""


@routes.get("/admin/lots/{id}/charging", permission="chain.read", query=PageArgs, media_type=PAGE)
async def charging(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "") -> Raw:
    tenant, lot_id = call.actor.tenant, call.id()
    lot = await reads.get_lot(tenant, lot_id)
    state = await attempt(call, lambda: chain.charge_state(tenant, lot_id, proposing=True))
    under = None if isinstance(state, Wrong) else state
    hides = call.masks_secrets and "formula" in lot["trade_secrets"]
    return await show(
        call, "charging.html", section="lots", tab="charging", status=wrong.status if wrong else 200, lot=lot, wrong=wrong,
        open_form=open_form, kept=form(call) if wrong else {}, state=under, hides=hides, last_day=last_day,
        findings=[(found.mandatory, finding_text(found, call.language, hides)) for found in under.findings] if under else [],
        versions=await db.fetch(_VERSIONS, tenant, lot["product_id"]),
        charged=[link for link in await reads.links(tenant, lot_id) if link["came"]],
        balance=None if hides else (await chain.balances(tenant, [lot_id])).get(lot_id),
    )  # fmt: skip


def finding_text(found: chain.ChargeFinding, language: str, hides: bool) -> str:
    """The finding in the reader's words, quantities of a secret formula left out."""
    params: dict[str, Any] = dict(found.params)
    if found.kind == "not_first_expiring":
        for name in ("taken", "first"):
            params[f"{name}_expires_on"] = _day(params.pop(f"{name}_expires_at"), language)
    elif hides:
        params |= {"charged": "…", "limit": "…"}
    return text(f"charge.finding.{found.kind}", language, **params)


def _day(moment: str | None, language: str) -> str:
    if moment is None:
        return text("charge.no_expiry", language)
    return str(last_day(datetime.fromisoformat(moment).astimezone(EDGE)))


@routes.post("/admin/lots/{id}/recipe", permission="chain.write", query=PageArgs, media_type=PAGE)
async def set_recipe(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = chain.SetRecipe.model_validate(typed(form(call), chain.SetRecipe))
        await chain.set_recipe(call.actor, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, "recipe")
    return back(call, f"/admin/lots/{call.path['id']}/charging", "recipe_set")


@routes.post("/admin/lots/{id}/charges", permission="chain.write", query=PageArgs, media_type=PAGE)
async def charge(call: Call) -> Raw | Redirect:
    """Take a lot into this one: a proposed one by its id, any other by its number; now, where no time is said."""
    given = form(call)
    owner = f"take-{given['from_lot']}" if "from_lot" in given else "other"

    async def act() -> None:
        source = given.get("from_lot") or await _by_number(call, given.get("from_lot_no"))
        said = typed(
            given, chain.NewLink, from_lot=source, to_lot=call.id(), kind="consumed", at=given.get("at") or now()
        )
        command = chain.NewLink.model_validate(said)
        await chain.create_link(call.actor, command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, owner)
    return back(call, f"/admin/lots/{call.path['id']}/charging", "charged")


async def _by_number(call: Call, number: str | None) -> UUID:
    if not number:
        raise Invalid([FieldError("from_lot_no", "input_missing")])
    found: UUID | None = await db.fetchval(_BY_NUMBER, call.actor.tenant, number, call.id())
    if found is None:
        raise Invalid([FieldError("from_lot_no", "charge_lot_unknown", {"lot_no": number[:80]})])
    return found


@routes.post("/admin/lots/{id}/charges/reverse", permission="chain.write", query=PageArgs, media_type=PAGE)
async def take_back(call: Call) -> Raw | Redirect:
    """A charge was entered wrongly: it stays on record and counts no longer."""
    given = form(call)
    link_id = parse_id(given.get("link_id", ""))
    own = "SELECT true FROM link WHERE tenant_id = $1 AND to_lot = $2 AND id = $3"
    if link_id is None or not await db.fetchval(own, call.actor.tenant, call.id(), link_id):
        raise NotFound
    found = link_id

    async def act() -> None:
        await chain.reverse_link(call.actor, found, chain.ReverseLink.model_validate({"reason": given.get("reason")}))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, "reverse")
    return back(call, f"/admin/lots/{call.path['id']}/charging", "charge_reversed")
