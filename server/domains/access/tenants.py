"""Enterprises as the platform keeps them, and their sites and places as they keep them themselves."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.models import found
from server.domains.access import audit
from server.domains.access.commands import (
    ChangeEnterprise,
    ChangePlace,
    ChangeSite,
    ChangeTenant,
    EnterpriseSettings,
    MoveTenant,
    NewPlace,
    NewSite,
    NewTenant,
    SetTenantState,
)
from server.domains.access.models import Place, Site, Tenant


async def create_tenant(actor: Actor, command: NewTenant) -> UUID:
    """Register an enterprise; its authority sees it from today on."""
    actor.require("platform.write")
    tenant = await Tenant.create(**command.model_dump())
    await _lies_in(tenant.id, None, command.division_code, "")
    await audit.record(
        actor, "tenant.created", "tenant", tenant.id, after=command.model_dump(mode="json"), tenant_id=tenant.id
    )
    return tenant.id


async def change_tenant(actor: Actor, tenant_id: UUID, command: ChangeTenant) -> None:
    actor.require("platform.write")
    tenant = await _tenant(tenant_id)
    await _change(actor, tenant, "tenant", command, tenant_id)


async def set_tenant_state(actor: Actor, tenant_id: UUID, command: SetTenantState) -> None:
    """A suspended enterprise's people and keys are refused at their next request."""
    actor.require("platform.write")
    tenant = await _tenant(tenant_id)
    await _change(actor, tenant, "tenant", command, tenant_id)


async def move_tenant(actor: Actor, tenant_id: UUID, command: MoveTenant) -> None:
    """From today on another division; what was read before keeps the code of then in the read log."""
    actor.require("platform.write")
    tenant = await _tenant(tenant_id)
    before = {"division_code": tenant.division_code}
    await _lies_in(tenant_id, None, command.division_code, command.edition)
    tenant.division_code = command.division_code
    await tenant.save(update_fields=["division_code"])
    await audit.record(
        actor, "tenant.moved", "tenant", tenant_id, before=before, after=command.model_dump(mode="json"), tenant_id=tenant_id
    )  # fmt: skip


async def change_enterprise(actor: Actor, command: ChangeEnterprise) -> None:
    """The enterprise's own address; name, credit code and division are the platform's to change."""
    actor.require("access.write")
    await _change(actor, await _tenant(actor.tenant), "tenant", command, None)


async def enterprise_settings(tenant_id: UUID) -> EnterpriseSettings:
    """How the enterprise wants things done."""
    kept = await db.fetchval("SELECT settings::text FROM tenant WHERE id = $1", tenant_id)
    known = EnterpriseSettings.model_fields
    return EnterpriseSettings.model_validate({k: v for k, v in db.loads(kept).items() if k in known})


async def set_enterprise_settings(actor: Actor, command: EnterpriseSettings) -> None:
    actor.require("access.write")
    before = await enterprise_settings(actor.tenant)
    await db.execute(
        "UPDATE tenant SET settings = settings || $2::jsonb WHERE id = $1", actor.tenant, db.dumps(command.model_dump())
    )
    await audit.record(
        actor, "tenant.settings_changed", "tenant", actor.tenant, before=before.model_dump(), after=command.model_dump()
    )


async def create_site(actor: Actor, command: NewSite) -> UUID:
    """A site; the authority of its division sees the enterprise too."""
    actor.require("access.write")
    site = await Site.create(tenant_id=actor.tenant, **command.model_dump())
    await _lies_in(actor.tenant, site.id, command.division_code, "")
    await audit.record(actor, "site.created", "site", site.id, after=command.model_dump(mode="json"))
    return site.id


async def change_site(actor: Actor, site_id: UUID, command: ChangeSite) -> None:
    actor.require("access.write")
    await _change(actor, await found(Site, site_id, actor.tenant), "site", command, None)


async def move_site(actor: Actor, site_id: UUID, command: MoveTenant) -> None:
    """From today on the site lies in another division."""
    actor.require("access.write")
    site = await found(Site, site_id, actor.tenant)
    before = {"division_code": site.division_code}
    await _lies_in(actor.tenant, site_id, command.division_code, command.edition)
    await Site.filter(tenant_id=actor.tenant, id=site_id).update(division_code=command.division_code)
    await audit.record(actor, "site.moved", "site", site_id, before=before, after=command.model_dump(mode="json"))


async def create_place(actor: Actor, command: NewPlace) -> UUID:
    actor.require("access.write")
    place = await Place.create(tenant_id=actor.tenant, **command.model_dump())
    await audit.record(actor, "place.created", "place", place.id, after=command.model_dump(mode="json"))
    return place.id


async def change_place(actor: Actor, place_id: UUID, command: ChangePlace) -> None:
    actor.require("access.write")
    await _change(actor, await found(Place, place_id, actor.tenant), "place", command, None)


async def _tenant(tenant_id: UUID) -> Tenant:
    tenant = await Tenant.get_or_none(id=tenant_id)
    if tenant is None:
        raise NotFound
    return tenant


async def _change(actor: Actor, row: Any, kind: str, command: BaseModel, owner: UUID | None) -> None:
    """Set what is given on the row, and write before and after."""
    given = command.model_dump(exclude_unset=True, exclude_none=True)
    before = {name: getattr(row, name) for name in given}
    if given:
        keys = {"id": row.id} | ({"tenant_id": row.tenant_id} if hasattr(row, "tenant_id") else {})
        await type(row).filter(**keys).update(**given)
    await audit.record(actor, f"{kind}.changed", kind, row.id, before=before, after=given, tenant_id=owner)


async def _lies_in(tenant_id: UUID, site_id: UUID | None, division_code: str, edition: str) -> None:
    """Close the row of the division before, open the one of today."""
    await db.execute(
        "UPDATE tenant_division SET valid_to = edge_today()"
        " WHERE tenant_id = $1 AND site_id IS NOT DISTINCT FROM $2 AND (valid_to IS NULL OR valid_to > edge_today())",
        tenant_id, site_id,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO tenant_division (tenant_id, site_id, division_code, edition) VALUES ($1, $2, $3, $4)",
        tenant_id, site_id, division_code, edition,
    )  # fmt: skip
