"""Panels and their travellers (流程卡): counted in and out of every step, first pieces, patrol checks, the bath."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core.actor import Actor
from server.domains import chain
from server.domains.chain.labels.internal import PrintLabel, label_of
from server.domains.chain.operations.commands import Parameter
from server.domains.quality import inspection
from workers.seed.electronics.incoming import receive
from workers.seed.house import House
from workers.seed.plant import INSPECTOR, OPERATOR

_PANELS_A_SHEET = 4
_SCRAPPED = "工序报废，已破坏标识入废料区"
_PROGRAMS = ("DR-CB210-A03", "DR-CB210-A04")


async def run_day_before(works: House) -> None:
    """A released lot of laminate; a lot of panels that became bare boards last week, and one that waits for its AOI."""
    sheets = await receive(works, "CCL", works.number("CCL", 13), 13, "09:20", 400)
    await works.record("LJ-01", works.at(13, "10:10"), {"LOOK": "合格", "THICK": "1.60"}, lot_id=sheets)
    works.lots["reel"] = await receive(works, "MCU", works.number("MCU", 13), 13, "09:40", 500)
    await works.record("LJ-02", works.at(13, "10:30"), {"LOOK": "合格"}, lot_id=works.lots["reel"])
    await works.sign(works.at(13, "11:30"), sheets, works.lots["reel"])
    works.lots["sheets"] = sheets
    old = await _cut(works, works.number("P", 8, "-01"), 8, ("08:00", "08:30"), 60)
    for step, at in (("DRILL", ("08:40", "10:40")), ("PLATE", ("11:00", "15:00")), ("ETCH", ("15:20", "17:20"))):
        await run_step(works, old, step, 8, at, 60, 0)
    await works.record(
        "QP-04", works.at(8, "15:40"), {"HOLECU": "23.1"}, lot_id=old, gauge_ids=[works.devices["copper"]]
    )
    works.lots["last_week"] = old
    works.lots["yesterday"] = await _cut(works, works.number("P", 2, "-02"), 2, ("08:10", "08:40"), 80)
    for step, at, bad in (
        ("DRILL", ("08:50", "11:30"), 0),
        ("PLATE", ("12:00", "16:00"), 1),
        ("ETCH", ("16:20", "18:40"), 1),
    ):
        await run_step(works, works.lots["yesterday"], step, 2, at, 80 if step != "ETCH" else 79, bad)
    await works.record(
        "QP-04",
        works.at(2, "16:30"),
        {"HOLECU": "20.6"},
        lot_id=works.lots["yesterday"],
        gauge_ids=[works.devices["copper"]],
    )


async def run_day(works: House) -> None:
    """The traveller of the day's panels, and the AOI of yesterday's with one patrol check that nobody made."""
    panels = await _cut(works, works.number("P", 1, "-01"), 1, ("07:40", "08:05"), 60)
    works.lots["panels"] = panels
    await works.plant.do(OPERATOR, _traveller, panels, works)
    await _drill(works, panels)
    await _patrolled(works, works.lots["yesterday"])
    await _plate(works, panels)


async def _traveller(actor: Actor, lot_id: UUID, works: House) -> None:
    """Its internal label is printed, with a code that tells strangers only whose it is."""
    keys = works.plant.keys
    await label_of(actor, lot_id, PrintLabel(kind="traveller"), keys.code_keys, keys.minting_key, keys.origin)


async def _cut(works: House, lot_no: str, days_ago: int, times: tuple[str, str], panels: int) -> UUID:
    begun, ended = (works.at(days_ago, clock) for clock in times)
    command = chain.NewLot(
        kind="intermediate", product_id=works.products["PNL"], lot_no=lot_no, quantity=Decimal(panels), produced_at=begun,
        production_order=works.number("MO", days_ago),
    )  # fmt: skip
    works.plant.tell(begun)
    lot_id = await works.plant.do(OPERATOR, chain.create_lot, command)
    operation_id = await run_step(works, lot_id, "CUT", days_ago, times, panels, 0, lots_in=[works.lots["sheets"]])
    link = chain.NewLink(
        from_lot=works.lots["sheets"], to_lot=lot_id, kind="consumed", quantity=Decimal(panels // _PANELS_A_SHEET), unit="张", at=begun,
        operation_id=operation_id,
    )  # fmt: skip
    await works.plant.do(OPERATOR, chain.create_links, [link], all_or_nothing=True)
    works.plant.tell(ended)
    return lot_id


async def run_step(
    works: House, lot_id: UUID, step: str, days_ago: int, times: tuple[str, str], came: int, bad: int,
    lots_in: Sequence[UUID] = (), unit: str = "板", **more: Any,
) -> UUID:  # fmt: skip
    """One line of the traveller: counted in, counted out."""
    begun, ended = (works.at(days_ago, clock) for clock in times)
    operation = chain.NewOperation(
        step_id=works.steps[step], lots_in=list(lots_in), lots_out=[lot_id], shift="白班", started_at=begun, ended_at=ended, unit=unit,
        quantity_in=Decimal(came), quantity_good=Decimal(came - bad), quantity_reworked=Decimal(0), quantity_scrapped=Decimal(bad), **more,
    )  # fmt: skip
    works.plant.tell(ended)
    operation_id = await works.plant.do(OPERATOR, chain.record_operation, operation)
    await works.fall_due(operations=[operation_id])
    if bad:
        scrap = chain.ScrapLot(quantity=Decimal(bad), unit=unit, reason=_SCRAPPED, at=ended)
        await works.plant.do(OPERATOR, chain.scrap_lot, lot_id, scrap)
    return operation_id


async def _drill(works: House, panels: UUID) -> None:
    """After the change of program the holes were too wide: the trial panel is scrapped, the drill changed, and again."""

    def by(program: str) -> dict[str, Any]:
        return {"line_place_id": works.places["drill"], "parameters": [Parameter(name="程序", value=program), Parameter(name="主轴转速", value=Decimal(120), unit="krpm")]}  # fmt: skip

    gauge = [works.devices["pin"]]
    await works.record(
        "SJ-01", works.at(1, "08:22"), {"HOLE": "0.30", "POS": "0.031", "LOOK": "合格"}, lot_id=panels, gauge_ids=gauge
    )
    await run_step(works, panels, "DRILL", 1, ("08:10", "09:20"), 30, 0, **by(_PROGRAMS[0]))
    await run_step(
        works,
        panels,
        "DRILL",
        1,
        ("09:35", "09:45"),
        1,
        1,
        scrapped_by_defect={"孔径超差": Decimal(1)},
        **by(_PROGRAMS[1]),
    )
    await works.record(
        "SJ-01", works.at(1, "09:50"), {"HOLE": "0.37", "POS": "0.034", "LOOK": "合格"}, lot_id=panels, gauge_ids=gauge
    )
    works.plant.tell(works.at(1, "10:02"))
    failed = await works.plant.do(INSPECTOR, _failed)
    again = inspection.CallInspection(
        plan_id=works.rules["JH-03"],
        lot_id=panels,
        reason="again",
        reinspects=failed,
        remark="钻咀装错（0.35 mm），换 0.30 mm 后重做首件",
    )
    await works.plant.do(INSPECTOR, inspection.call_inspection, again)
    await works.record(
        "SJ-01", works.at(1, "10:08"), {"HOLE": "0.30", "POS": "0.029", "LOOK": "合格"}, lot_id=panels, gauge_ids=gauge
    )
    await run_step(works, panels, "DRILL", 1, ("10:15", "11:05"), 29, 0, **by(_PROGRAMS[1]))


async def _failed(actor: Actor) -> UUID:
    rows = await inspection.list_inspections(
        actor.tenant, inspection.InspectionFilter(state="failed", trigger="first_piece"), None, 1
    )
    found: UUID = rows[0]["id"]
    return found


async def _patrolled(works: House, panels: UUID) -> None:
    """Due at ten, twelve and two; at twelve nobody came."""
    for clock, nick in (("10:05", "6"), ("14:08", "9")):
        await works.record("XJ-02", works.at(1, clock), {"NICK": nick}, lot_id=panels)
    await run_step(
        works,
        panels,
        "AOI",
        1,
        ("08:00", "14:50"),
        78,
        2,
        line_place_id=works.places["aoi"],
        scrapped_by_defect={"线路缺口": Decimal(2)},
    )


async def _plate(works: House, panels: UUID) -> None:
    """The bath before, during and after; the chloride rises."""
    bath = works.places["bath"]
    for clock, copper, acid, chloride in (("07:50", "71.5", "198", "62"), ("11:40", "70.2", "199", "68")):
        await works.record("YS-03", works.at(1, clock), {"CU": copper, "H2SO4": acid, "CL": chloride}, place_id=bath)
    await run_step(works, panels, "PLATE", 1, ("11:45", "15:55"), 59, 0, line_place_id=bath)
    await works.record("YS-03", works.at(1, "16:05"), {"CU": "68.8", "H2SO4": "201", "CL": "77"}, place_id=bath)
    await works.record(
        "QP-04", works.at(1, "16:20"), {"HOLECU": "21.8"}, lot_id=panels, gauge_ids=[works.devices["copper"]]
    )
