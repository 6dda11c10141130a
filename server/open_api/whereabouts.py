"""Where a coded piece is: the packages it lies in, and the shipment and customer it went with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from server.domains import chain, codes


class PackageAround(BaseModel):
    id: UUID
    lot_no: str
    unit: str | None


class CodeShipment(BaseModel):
    """The shipment a piece went with, and to whom: where it arrived, if elsewhere than it was sent to."""

    id: UUID
    shipment_no: str
    delivery_note: str | None
    customer_id: UUID
    customer_name: str
    outlet_id: UUID | None
    outlet_name: str | None
    departed_at: datetime | None
    received_at: datetime | None


class Whereabouts(BaseModel):
    """`packages`: the innermost first."""

    packages: list[PackageAround]
    shipment: CodeShipment | None


class TracedCode(Whereabouts):
    """The code a trace was asked by; the trace itself is that of its lot."""

    text: str
    order_id: UUID
    serial: int
    state: str


async def whereabouts(tenant_id: UUID, code: codes.CodeView) -> dict[str, Any]:
    """The fields of Whereabouts for one code."""
    around = await chain.queries.packages_around(tenant_id, code.package_id) if code.package_id else []
    shipment = dict(await chain.queries.shipment(tenant_id, code.shipment_id)) if code.shipment_id else None
    if shipment is not None:
        packages = [row["id"] for row in around]
        diverted = await chain.queries.arrived_at(tenant_id, shipment["id"], packages, code.order_id, code.serial)
        shipment |= dict(diverted or {})
    return {
        "packages": [PackageAround(**dict(row)) for row in around],
        "shipment": None if shipment is None else {name: shipment[name] for name in CodeShipment.model_fields},
    }
