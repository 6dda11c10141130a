"""What a record is about, and the facts about it that its measurements copy for reports."""

from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.quality.commands import NewRecord
from server.domains.quality.problems import invalid
from server.domains.quality.unit_lots import lot_of_code
from server.domains.quality.versions import FormVersion

_LOT = "SELECT product_id, supplier_id FROM lot WHERE tenant_id = $1 AND id = $2"
# A device is copied only where the operation used exactly one: of several none can be named.
_OPERATION = """
SELECT o.step_id, o.line_place_id, o.shift,
       (SELECT CASE WHEN count(*) = 1 THEN (array_agg(device_id))[1] END FROM operation_device d
        WHERE d.tenant_id = o.tenant_id AND d.operation_id = o.id) AS device_id
FROM operation o WHERE o.tenant_id = $1 AND o.id = $2
"""


class Subject(NamedTuple):
    """`columns`: the one column of `record` that names the subject. The rest is copied into measurements."""

    columns: dict[str, Any]
    lot_id: UUID | None = None
    product_id: UUID | None = None
    step_id: UUID | None = None
    line_place_id: UUID | None = None
    device_id: UUID | None = None
    supplier_id: UUID | None = None
    shift: str | None = None


async def resolve_subject(actor: Actor, command: NewRecord, version: FormVersion) -> Subject:
    """The subject as the form demands it. An item code becomes a `unit` lot with its first record of its own."""
    name, value = command.subject
    kind = "lot" if name == "code" else name.removesuffix("_id")
    if kind != version.subject_kind:
        raise invalid(name, "subject_of_other_kind", expected=version.subject_kind)
    if name == "code":
        name, value = "lot_id", await lot_of_code(actor, value)
    subject = Subject({name: value}, **({name: value} if name in ("device_id", "supplier_id") else {}))
    if name == "lot_id":
        subject = await _with_lot(actor.tenant, subject, value)
    return await _with_operation(actor.tenant, subject, command.operation_id)


async def _with_lot(tenant_id: UUID, subject: Subject, lot_id: UUID) -> Subject:
    row = await db.fetchrow(_LOT, tenant_id, lot_id)
    if row is None:
        raise NotFound(field="lot_id")
    return subject._replace(lot_id=lot_id, product_id=row["product_id"], supplier_id=row["supplier_id"])


async def _with_operation(tenant_id: UUID, subject: Subject, operation_id: UUID | None) -> Subject:
    if operation_id is None:
        return subject
    row = await db.fetchrow(_OPERATION, tenant_id, operation_id)
    if row is None:
        raise NotFound(field="operation_id")
    own = {key: row[key] for key in ("step_id", "line_place_id", "shift")}
    return subject._replace(**own, device_id=subject.device_id or row["device_id"])
