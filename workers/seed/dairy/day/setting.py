"""What the day needs beside what the dairy has: the detector on its line, its forms and plans, more customers, a driver."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server.core.actor import Actor
from server.domains import devices, quality
from server.domains.access.commands import NewPlace
from server.domains.access.tenants import create_place
from server.domains.chain import models
from server.domains.chain.master import commands as master_commands
from server.domains.quality import inspection
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.papers import picture_png
from workers.seed.people import credit_code
from workers.seed.plant import ADMIN, INSPECTOR, MANAGER

# code, name, contact, address, where it may sell, its shop
_CUSTOMERS = (
    ("SCHOOL", "杭州文岚里小学食堂（演示）", "郑师傅", "杭州市西湖区文岚里 3 号", ["3301"], "文岚里小学食堂"),
    ("HOTEL", "杭州栖屿湖畔酒店有限公司", "何经理", "杭州市西湖区栖屿路 18 号", ["3301"], "栖屿湖畔酒店后厨"),
    ("MARKET", "杭州拾禾巷生鲜超市有限公司", "金店长", "杭州市西湖区拾禾巷 66 号", ["3301"], "拾禾巷生鲜超市总店"),
)
# code, name, English name, options with their English, those allowed
_CHECKS = (
    ("FE", "铁 φ1.5 mm 测试块", "Iron test piece 1.5 mm", {"检出": "Found", "未检出": "Not found"}, ["检出"]),
    (
        "SUS",
        "不锈钢 φ2.5 mm 测试块",
        "Stainless steel test piece 2.5 mm",
        {"检出": "Found", "未检出": "Not found"},
        ["检出"],
    ),
    (
        "RECHECK",
        "复过金属检测机",
        "Through the detector again",
        {"通过": "Passed", "剔除后通过": "Passed once sorted", "未通过": "Not passed"},
        ["通过", "剔除后通过"],
    ),
)
_FORMS = (
    ("JL-10", "CCP2 金属检测机点检记录", "Metal detector check", "device", ("FE", "SUS")),
    ("JL-11", "金属检测复检记录", "Passed through the detector again", "lot", ("RECHECK",)),
)


@dataclass
class Day:
    """The day, and what it is told with. `signature`: the drawn name of a driver."""

    dairy: Dairy
    signature: UUID
    plans: dict[str, UUID]
    forms: dict[str, UUID]
    days_ago: int = 1

    def at(self, clock: str) -> datetime:
        return self.dairy.at(self.days_ago, clock)

    @property
    def date(self) -> date:
        return self.dairy.day(self.days_ago)

    def no(self, prefix: str, suffix: str = "") -> str:
        return self.dairy.number(prefix, self.days_ago, suffix)


async def prepare(dairy: Dairy) -> Day:
    """In force from the first minute of the day: what was there before is asked for nothing."""
    plant = dairy.plant
    plant.tell(dairy.at(30, "09:00"))
    await _parties(dairy)
    await _line(dairy)
    most = plant.keys.attachment_max_bytes
    drawn = await plant.do(
        INSPECTOR,
        quality.store_attachment,
        plant.keys.files,
        picture_png("YOG230"),
        "driver.png",
        "司机签名（演示）",
        most_bytes=most,
    )
    await _checks(dairy)
    plant.tell(dairy.at(1, "00:00"))
    forms = {row["code"]: row["id"] for row in await _forms_of(dairy)}
    return Day(dairy, drawn.id, await _plans(dairy, forms), forms)


async def _parties(dairy: Dairy) -> None:
    values = {
        "code": "CULT2", "name": "温州禾曦生物菌种有限公司", "address": "浙江省温州市禾曦路 12 号", "contact": "林工", "origin": "浙江温州",
        "credit_code": credit_code("330302", 15),
    }  # fmt: skip
    dairy.suppliers["CULT2"] = await dairy.plant.supplier(**values)
    await dairy.plant.certificate(
        supplier_id=dairy.suppliers["CULT2"], kind="食品生产许可证", number="SC20133030200000", valid_from=dairy.day(700), valid_to=dairy.day(-1100)
    )  # fmt: skip
    for code, name, contact, address, areas, shop in _CUSTOMERS:
        customer = master_commands.NewCustomer(
            code=code, name=name, contact=contact, address=address, sales_areas=areas
        )
        dairy.customers[code] = await dairy.plant.create(models.Customer, customer)
        outlet = master_commands.NewOutlet(name=shop, division_code="330106", address=address)
        dairy.outlets[code] = await dairy.plant.create(models.Outlet, outlet, customer_id=dairy.customers[code])


async def _line(dairy: Dairy) -> None:
    site_id = await dairy.plant.do(ADMIN, _site_of, dairy.places["line"])
    for key, kind, name in (
        ("gate", "workshop", "收奶台"),
        ("line2", "line", "灌装二线"),
        ("metal", "line", "金属检测工位"),
    ):
        place = NewPlace.model_validate({"site_id": site_id, "kind": kind, "name": name})
        dairy.places[key] = await dairy.plant.do(ADMIN, create_place, place)
    detector = devices.NewDevice(code="MD-02", name="金属检测机", kind="金属检测", place_id=dairy.places["metal"])
    dairy.devices["detector"] = await dairy.plant.do(ADMIN, devices.create_device, detector)


async def _site_of(actor: Actor, place_id: UUID) -> UUID:
    from server.core import db

    found: UUID = await db.fetchval(
        "SELECT site_id FROM place WHERE tenant_id = $1 AND id = $2", actor.tenant, place_id
    )
    return found


async def _checks(dairy: Dairy) -> None:
    known: dict[str, UUID] = {}
    for code, name, name_en, options, allowed in _CHECKS:
        new = quality.NewCharacteristic(
            code=code,
            name=name,
            name_en=name_en,
            result_kind="option",
            options=tuple(options),
            options_en=tuple(options.values()),
        )
        known[code] = await dairy.plant.do(MANAGER, quality.define_characteristic, new)
        limits = quality.Limits.model_validate({"internal": {"allowed": allowed}})
        specification = quality.NewSpecification(
            characteristic_id=known[code], limits=limits, standard="企业内控", standard_edition="示例"
        )
        await dairy.plant.do(MANAGER, quality.define_specification, specification)
    titles = {row[0]: row[1] for row in _CHECKS}
    for code, name, name_en, subject, fields in _FORMS:
        schema = {
            "type": "object",
            "properties": {each: {"title": titles[each]} for each in fields},
            "required": list(fields),
        }
        hints = {each: quality.FieldHints(characteristic_id=known[each]) for each in fields}
        form = {
            "code": code, "name": name, "name_en": name_en, "stage": "production", "subject_kind": subject, "document_no": f"YQL-{code}", "keep_years": 2,
            "schema": schema, "ui": quality.FormUi(order=fields, fields=hints),
        }  # fmt: skip
        await dairy.plant.do(MANAGER, quality.define_form, quality.NewForm.model_validate(form))


async def _forms_of(dairy: Dairy) -> list[quality.Row]:
    async def listed(actor: Actor) -> list[quality.Row]:
        return await quality.list_forms(actor.tenant, None, None, None, 500)

    return await dairy.plant.do(MANAGER, listed)


async def _plans(dairy: Dairy, forms: dict[str, UUID]) -> dict[str, UUID]:
    plans: dict[str, UUID] = {}
    detector = {"device_id": dairy.devices["detector"]}
    for code, name, trigger, form, minutes, more in (
        ("JH-04", "生乳进货查验", "receipt", "JL-01", 60, {"product_id": dairy.products["RAW"]}),
        ("JH-05", "金属检测机开机首检", "first_piece", "JL-10", 30, detector | {"first_piece_on": ["shift_start"]}),
        ("JH-06", "金属检测机每 2 小时点检", "hours", "JL-10", 30, detector | {"every_hours": "2"}),
        ("JH-07", "鲜牛奶出厂检验", "end_of_lot", "JL-08", 4 * 1440, {"product_id": dairy.products["MILK950"]}),
        ("JH-08", "酸奶出厂检验", "end_of_lot", "JL-09", 4 * 1440, {"product_id": dairy.products["YOG230"]}),
    ):
        values: dict[str, Any] = {
            "code": code,
            "name": name,
            "trigger": trigger,
            "form_id": forms[form],
            "within_minutes": minutes,
        }
        command = inspection.NewPlan.model_validate(values | more)
        plans[code], _ = await dairy.plant.do(MANAGER, inspection.define_plan, command)
    return plans
