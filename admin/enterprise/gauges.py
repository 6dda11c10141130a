"""Gauges and devices: how their calibration stands, each with its certificates, and what a failed one had measured."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from admin.enterprise import choices
from admin.frame import PAGE, PAGE_ROWS, PageArgs, Wrong, attempt, back, form, show, typed
from admin.navigation import seen_permissions
from server.core import db
from server.core.clock import now
from server.core.errors import FieldError, Invalid, NotFound
from server.core.ids import parse_id
from server.domains import chain, devices
from server.domains.quality import nonconformity
from server.http.answers import Raw, Redirect
from server.http.paging import decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_gauges")
MOST = 1_000
STATES = ("overdue", "soon", "required")
TAKEN = {"already_exists": "code"}
# Each with its newest certificate. Those that must be calibrated and are not come first, then by the day it ends.
_LIST = """
SELECT d.id, d.code, d.name, d.kind, d.place_id, d.calibration_required, p.name AS place_name, c.certificate_no, c.valid_until, c.passed,
       d.calibration_required AND (c.id IS NULL OR NOT c.passed OR c.valid_until <= now()) AS overdue,
       d.calibration_required AND c.passed AND c.valid_until > now() AND c.valid_until <= now() + interval '30 days' AS soon
FROM device d LEFT JOIN place p ON p.tenant_id = $1 AND p.id = d.place_id
LEFT JOIN LATERAL (SELECT * FROM calibration k WHERE k.tenant_id = $1 AND k.device_id = d.id ORDER BY k.calibrated_at DESC, k.id DESC LIMIT 1) c ON true
WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR d.id = $2)
ORDER BY overdue DESC, d.calibration_required DESC, c.valid_until NULLS FIRST, d.code LIMIT $3
"""


class GaugesArgs(PageArgs):
    state: Literal["overdue", "soon", "required"] | None = None


class GaugeArgs(PageArgs):
    """`calibration`: the failed one whose reach is shown; without it the newest."""

    calibration: UUID | None = None


@routes.get("/admin/gauges", permission="chain.read", query=GaugesArgs, media_type=PAGE)
async def list_gauges(call: Call) -> Raw:
    return await _list_page(call)


async def _list_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant, wanted = call.actor.tenant, call.query.state
    rows = await db.fetch(_LIST, tenant, None, MOST)
    name = "calibration_required" if wanted == "required" else wanted
    counts = {state: sum(bool(row[state]) for row in rows) for state in ("overdue", "soon")}
    return await show(
        call, "gauges.html", section="gauges", status=wrong.status if wrong else 200, rows=[row for row in rows if name is None or row[name]],
        counts=counts, wanted=call.query, states=STATES, cut=len(rows) >= MOST, total=len(rows), wrong=wrong, open_form="new" if wrong else "",
        kept=form(call) if wrong else {}, places=await choices.places(tenant),
    )  # fmt: skip


def _device(given: dict[str, str]) -> devices.NewDevice:
    return devices.NewDevice.model_validate(
        typed(given, devices.NewDevice, calibration_required="calibration_required" in given)
    )


@routes.post("/admin/gauges", permission="chain.master", query=GaugesArgs, media_type=PAGE)
async def create_gauge(call: Call) -> Raw | Redirect:
    done = await attempt(call, lambda: _create(call), TAKEN)
    return await _list_page(call, done) if isinstance(done, Wrong) else back(call, f"/admin/gauges/{done}", "created")


async def _create(call: Call) -> UUID:
    return await devices.create_device(call.actor, _device(form(call)))


@routes.get("/admin/gauges/{id}", permission="chain.read", query=GaugeArgs, media_type=PAGE)
async def show_gauge(call: Call) -> Raw:
    return await _page(call)


async def _gauge(call: Call) -> dict[str, Any]:
    row = await db.fetchrow(_LIST, call.actor.tenant, call.id(), 1)
    if row is None:
        raise NotFound
    return dict(row)


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "") -> Raw:
    """The reach of a failed calibration is shown to who may read results."""
    tenant, found = call.actor.tenant, await _gauge(call)
    standing = (await devices.calibration_at(tenant, [call.id()], now()))[call.id()]
    reads_results = "quality.read" in seen_permissions(call)
    return await show(
        call, "gauge.html", section="gauges", status=wrong.status if wrong else 200, d=found, standing=standing, wrong=wrong,
        open_form=open_form, kept=form(call) if wrong else {}, calibrations=await devices.list_calibrations(tenant, call.id()),
        placements=await devices.placements(tenant, call.id()),
        reach=await nonconformity.affected_by(call.actor, call.id(), call.query.calibration) if reads_results else None, places=await choices.places(tenant),
    )  # fmt: skip


async def _act(
    call: Call, act: Callable[[], Awaitable[object]], open_form: str, done: str, at: dict[str, str] | None = None
) -> Raw | Redirect:
    await _gauge(call)
    tried = await attempt(call, act, at or {})
    if isinstance(tried, Wrong):
        return await _page(call, tried, open_form)
    return back(call, f"/admin/gauges/{call.path['id']}", done)


@routes.post("/admin/gauges/{id}", permission="chain.master", query=GaugeArgs, media_type=PAGE)
async def change_gauge(call: Call) -> Raw | Redirect:
    async def act() -> None:
        whole = _device(form(call))
        await devices.change_device(call.actor, call.id(), devices.DeviceChanges.model_validate(whole.model_dump()))

    return await _act(call, act, "change", "saved", TAKEN)


@routes.post("/admin/gauges/{id}/calibrations", permission="chain.master", query=GaugeArgs, media_type=PAGE)
async def calibrate(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = devices.NewCalibration.model_validate(typed(form(call), devices.NewCalibration))
        await devices.calibrate(call.actor, call.id(), command)

    return await _act(call, act, "calibrate", "calibrated")


@routes.post("/admin/gauges/{id}/hold", permission="chain.hold", query=GaugeArgs, media_type=PAGE)
async def hold_reached(call: Call) -> Raw | Redirect:
    """Stop what is still here of what the failed gauge had measured."""

    async def act() -> None:
        reach = await nonconformity.affected_by(call.actor, call.id(), call.query.calibration)
        if reach is None or reach.hold is None:
            raise NotFound
        await chain.open_hold(call.actor, reach.hold)

    return await _act(call, act, "hold", "reach_held")


@routes.get("/admin/gauges/{id}/results", permission="quality.read", query=GaugeArgs, media_type=PAGE)
async def results(call: Call) -> Raw:
    """The results in doubt, page by page."""
    found = await _gauge(call)
    rows = await nonconformity.affected_results(
        call.actor.tenant, call.id(), _after(call.query.after), PAGE_ROWS, call.query.calibration
    )
    last = rows[-1] if len(rows) == PAGE_ROWS else None
    following = encode_cursor([last["record_id"], last["position"]]) if last else None
    return await show(
        call,
        "gauge_results.html",
        section="gauges",
        d=found,
        rows=rows,
        following=following,
        calibration=call.query.calibration,
    )


def _after(cursor: str | None) -> tuple[UUID, int] | None:
    values = decode_cursor(cursor, 2)
    if values is None:
        return None
    record = parse_id(str(values[0]))
    if record is None or not isinstance(values[1], int) or not 0 <= values[1] < 2**15:
        raise Invalid([FieldError("after", "cursor_invalid")])
    return record, values[1]
