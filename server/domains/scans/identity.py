"""Whether product, lot and codes belong together: a page must not speak of other goods than those it stands on."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from server.core import db
from server.core.clock import EDGE, now
from server.core.errors import Conflict, FieldError
from server.domains.scans.snapshot import last_day
from server.domains.scans.sources import Row

# The public orders whose codes stand on goods of the lot; what they were printed with; whether the lot they were made
# for is this one or one that its goods come from; and every number that either had before it was corrected.
_ORDERS = """
WITH RECURSIVE goods(id) AS (
    SELECT $2::uuid
    UNION
    SELECT k.from_lot FROM goods g JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.id
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT DISTINCT o.id, o.handed_down #>> '{printed,gtin}' AS gtin, o.handed_down #>> '{printed,lot_no}' AS lot_no,
       m.lot_no AS made_for, p.id AS product_id, p.name AS product_name, m.id IN (SELECT id FROM goods) AS related,
       ARRAY(SELECT c.before ->> 'lot_no' FROM lot_correction c WHERE c.tenant_id = $1 AND c.lot_id IN (m.id, $2)) AS earlier
FROM code_range r
JOIN code_order o ON o.tenant_id = $1 AND o.id = r.order_id AND o.audience = 'public'
JOIN lot m ON m.tenant_id = $1 AND m.id = o.lot_id
JOIN product p ON p.tenant_id = $1 AND p.id = m.product_id
WHERE r.tenant_id = $1 AND r.lot_id = $2 ORDER BY o.id
"""


class PublishingRefused(Conflict):
    """Nothing is published; every reason is named."""

    def __init__(self, found: Sequence[FieldError]) -> None:
        super().__init__()
        self._found = list(found)

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._found


class IdentityBroken(PublishingRefused):
    """Product, lot and codes do not belong together, or the lot's dates contradict one another."""

    code = "publish_identity"


async def check(tenant_id: UUID, lot: Row) -> None:
    """Raises IdentityBroken. What is not known contradicts nothing."""
    orders = await db.fetch(_ORDERS, tenant_id, lot["id"])
    found = [*_dates(lot), *(error for order in orders for error in _order(lot, order))]
    if found:
        raise IdentityBroken(found)


def _dates(lot: Row) -> list[FieldError]:
    """A day made is neither after the last day it is good nor in the future."""
    produced: date | None = lot["produced_on"]
    last = last_day(lot["expires_at"])
    if produced is None:
        return []
    today = now().astimezone(EDGE).date()
    if last is not None and last < produced.isoformat():
        return [
            FieldError("expires_at", "publish_identity_expiry", {"produced": produced.isoformat(), "expires": last})
        ]
    if produced > today:
        return [FieldError("produced_on", "publish_identity_future", {"produced": produced.isoformat()})]
    return []


def _order(lot: Row, order: Row) -> list[FieldError]:
    """What was printed with an order's codes, beside what the lot and its product are."""
    if not order["related"]:
        return [FieldError("lot_no", "publish_identity_lot", {"printed": order["made_for"], "lot_no": lot["lot_no"]})]
    found = []
    if order["product_id"] != lot["product_id"]:
        params = {"printed": order["product_name"], "product": lot["name"]}
        found.append(FieldError("product_id", "publish_identity_product", params))
    elif order["gtin"] and lot["gtin"] and order["gtin"] != lot["gtin"]:
        found.append(FieldError("gtin", "publish_identity_gtin", {"printed": order["gtin"], "gtin": lot["gtin"]}))
    known = {lot["lot_no"], order["made_for"], *order["earlier"]}
    if order["lot_no"] and order["lot_no"] not in known:
        params = {"printed": order["lot_no"], "lot_no": lot["lot_no"]}
        found.append(FieldError("lot_no", "publish_identity_lot", params))
    return found
