"""Today: what waits for somebody. Every number opens its rows; where nothing waits, it says so."""

from typing import Any, NamedTuple
from uuid import UUID

from admin.enterprise.lot_reads import STOPPED
from admin.frame import PAGE, PageArgs, show
from admin.navigation import seen_permissions
from admin.platform.tenants import tenants_page
from admin.regulator.enterprises import enterprises_page
from admin.wording import SOON_DAYS
from server.core import db
from server.domains import quality
from server.domains.access.actors import PasswordChangeRequired
from server.domains.chain import master
from server.domains.quality import inspection, phone
from server.domains.scans import complaints
from server.http.answers import Raw
from server.http.routes import SIGNED_IN, Call, RouteTable

routes = RouteTable("admin_home")

_COUNTS = f"""
SELECT
  (SELECT count(*) FROM nonconformity WHERE tenant_id = $1 AND state = 'open') AS nonconformities,
  (SELECT count(*) FROM urgent_request WHERE tenant_id = $1 AND state = 'open') AS urgent,
  (SELECT count(*) FROM (SELECT DISTINCT lot_id FROM hold WHERE tenant_id = $1 AND closed_at IS NULL) stopped
   JOIN lot l ON l.tenant_id = $1 AND l.id = stopped.lot_id WHERE {STOPPED}) AS held,
  (SELECT count(*) FROM record r WHERE r.tenant_id = $1 AND r.verdict = 'fail'
     AND r.received_at >= (edge_today()::timestamp AT TIME ZONE 'Asia/Shanghai')
     AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id)) AS failed_today,
  (SELECT count(*) FROM recall WHERE tenant_id = $1 AND closed_at IS NULL) AS recalls,
  (SELECT count(*) FROM delivery WHERE tenant_id = $1 AND state = 'announced') AS deliveries,
  (SELECT count(*) FROM delivery WHERE tenant_id = $1 AND state = 'partial') AS not_delivered,
  (SELECT count(*) FROM retained_observation o JOIN retained_sample s ON s.tenant_id = $1 AND s.id = o.sample_id AND s.disposed_at IS NULL
   WHERE o.tenant_id = $1 AND o.observed_at IS NULL AND o.due_on <= edge_today()) AS samples,
  (SELECT count(*) FROM device d WHERE d.tenant_id = $1 AND d.calibration_required AND NOT coalesce((
     SELECT c.passed AND c.valid_until > now() FROM calibration c WHERE c.tenant_id = $1 AND c.device_id = d.id
     ORDER BY c.calibrated_at DESC, c.id DESC LIMIT 1), false)) AS gauges
"""  # noqa: S608 - our own condition
_FAILED = """
SELECT r.id, r.stage, r.received_at, r.operator_name, f.name AS form_name, f.name_en AS form_name_en, r.lot_id, l.lot_no, p.name AS product_name
FROM record r JOIN form_version v ON v.tenant_id = $1 AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = $1 AND f.id = v.form_id
LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = r.lot_id LEFT JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE r.tenant_id = $1 AND r.verdict = 'fail' AND r.received_at >= (edge_today()::timestamp AT TIME ZONE 'Asia/Shanghai')
  AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id)
ORDER BY r.id DESC LIMIT 100
"""


class Figure(NamedTuple):
    """A number with the address of what it counts."""

    key: str
    number: int
    path: str
    params: dict[str, str]
    anchor: str = ""


@routes.get("/admin", permission=SIGNED_IN, query=PageArgs, media_type=PAGE)
async def home(call: Call) -> Raw:
    """The first page of whoever signs in: an authority its enterprises, the platform its register."""
    if call.actor.must_change_password:
        raise PasswordChangeRequired
    if call.actor.is_regulator:
        return await enterprises_page(call)
    if call.actor.tenant_id is None:
        return await tenants_page(call)
    return await today_page(call, "today")


@routes.get("/admin/enterprise", permission="access.read", query=PageArgs, media_type=PAGE)
async def enterprise(call: Call) -> Raw:
    """The same for one enterprise, as its authority sees it."""
    return await today_page(call, "enterprise")


async def today_page(call: Call, section: str) -> Raw:
    tenant = call.actor.tenant
    certificates = await master.expiring_certificates(tenant, SOON_DAYS, 100)
    figures = await _figures(tenant, len(certificates))
    if "scans.complaints" in seen_permissions(call):
        figures.insert(
            -5, Figure("complaints", await complaints.open_count(tenant), "/admin/complaints", {"state": "open"})
        )
    if "quality.check" in seen_permissions(call) and (conflicts := await phone.count_conflicts(tenant)):
        figures.append(Figure("phone_conflicts", conflicts, "/admin/phone-entries", {}, "#conflicts"))
    facts = await db.fetchrow("SELECT name, credit_code, division_code, address FROM tenant WHERE id = $1", tenant)
    return await show(
        call, "home.html", section=section, figures=figures, failed=await db.fetch(_FAILED, tenant),
        certificates=certificates, quiet=not any(figure.number for figure in figures), facts=facts,
        days=SOON_DAYS, is_new=not await db.fetchval("SELECT EXISTS (SELECT FROM lot WHERE tenant_id = $1)", tenant),
    )  # fmt: skip


async def _figures(tenant: UUID, certificates: int) -> list[Figure]:
    counts: Any = await db.fetchrow(_COUNTS, tenant)
    inspections = await inspection.count_inspections(tenant)
    return [
        Figure("waiting", await quality.count_waiting(tenant), "/admin/releases", {}),
        Figure("missed", inspections["missed"], "/admin/inspections", {"state": "missed"}),
        Figure("due", inspections["due"], "/admin/inspections", {"state": "due"}),
        Figure("held", counts["held"], "/admin/lots", {"state": "held"}),
        Figure("nonconformities", counts["nonconformities"], "/admin/nonconformities", {"state": "open"}),
        Figure("urgent", counts["urgent"], "/admin/releases", {}, "#urgent"),
        Figure("failed_today", counts["failed_today"], "", {}, "#failed"),
        Figure("recalls", counts["recalls"], "/admin/recalls", {}),
        Figure("deliveries", counts["deliveries"], "/admin/deliveries", {"state": "announced"}),
        Figure("not_delivered", counts["not_delivered"], "/admin/deliveries", {"state": "partial"}),
        Figure("samples", counts["samples"], "/admin/samples", {}),
        Figure("abnormal_samples", len(await quality.all_abnormal(tenant)), "/admin/samples", {}),
        Figure("gauges", counts["gauges"], "/admin/gauges", {"state": "overdue"}),
        Figure("certificates", certificates, "", {}, "#certificates"),
    ]
