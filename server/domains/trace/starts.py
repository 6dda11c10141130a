"""From what a person holds in hand to the lots it names."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.core import db
from server.core.actor import Actor
from server.core.days import Day
from server.domains.codes import identity_of_text, identity_of_url
from server.domains.trace.graph import Limits
from server.domains.trace.problems import OneStartRequired

_MOST = Limits().lots + 1  # one more than a trace may hold: it will say that it is cut


class Start(BaseModel):
    """Exactly one of the four. A lot number may name several lots (of different products): all of them are traced."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    code: str | None = Field(None, min_length=1, max_length=500, description="code text, or the URL on a label")
    lot_no: str | None = Field(None, min_length=1, max_length=80)
    supplier_lot_no: str | None = Field(None, min_length=1, max_length=80)
    produced_on: Day | None = Field(None, description="a day in Asia/Shanghai")


_BY = {
    "lot_no": "SELECT id FROM lot WHERE tenant_id = $1 AND lot_no = $2 ORDER BY id LIMIT $3",
    "supplier_lot_no": "SELECT id FROM lot WHERE tenant_id = $1 AND supplier_lot_no = $2 ORDER BY id LIMIT $3",
    "produced_on": "SELECT id FROM lot WHERE tenant_id = $1 AND produced_on = $2 ORDER BY id LIMIT $3",
}
# An item that has a record of its own is a lot; any other stands for the lot its code belongs to.
_BY_CODE = """
SELECT id FROM (
    SELECT id, 1 AS rank FROM lot WHERE tenant_id = $1 AND code_text = $2
  UNION ALL
    SELECT lot_id, 2 FROM code WHERE tenant_id = $1 AND text = $2
) found ORDER BY rank LIMIT 1
"""


async def find_starts(actor: Actor, start: Start) -> list[UUID]:
    """The lots that `start` names, none where it names nothing of this enterprise. Raises OneStartRequired."""
    given: list[tuple[str, Any]] = [(name, value) for name, value in start if value is not None]
    if len(given) != 1:
        raise OneStartRequired
    name, value = given[0]
    if name == "code":
        return await lots_of_code(actor, value)
    return [row["id"] for row in await db.fetch(_BY[name], actor.tenant, value, _MOST)]


async def lots_of_code(actor: Actor, text: str) -> list[UUID]:
    """The lot of a code, or of the code in a label's URL."""
    identity = identity_of_url(text) or identity_of_text(text)
    return [row["id"] for row in await db.fetch(_BY_CODE, actor.tenant, identity)]
