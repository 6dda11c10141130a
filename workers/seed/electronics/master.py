"""The master data of the board maker: suppliers, materials and products, process steps, places, gauges, its customer."""

from typing import Any

from server.domains import devices
from server.domains.access.commands import NewPlace, NewSite
from server.domains.access.tenants import create_place, create_site
from server.domains.chain import models
from server.domains.chain.master import commands as master_commands
from workers.seed.house import House
from workers.seed.people import credit_code
from workers.seed.plant import ADMIN

_SUPPLIERS: tuple[dict[str, Any], ...] = (
    {"code": "CCL", "name": "苏州苏澜基材有限公司", "address": "江苏省苏州市苏澜路 9 号", "contact": "钱经理", "origin": "江苏苏州",
     "credit_code": credit_code("320505", 21)},
    {"code": "CONN", "name": "东莞昊屿连接器有限公司", "address": "广东省东莞市昊屿路 31 号", "contact": "黎工", "origin": "广东东莞",
     "credit_code": credit_code("441900", 22)},
    {"code": "CHIP", "name": "深圳禾芯原器件有限公司", "address": "广东省深圳市禾芯路 5 号", "contact": "邱经理", "origin": "广东深圳",
     "credit_code": credit_code("440305", 23)},
)  # fmt: skip
_PRODUCTS: tuple[dict[str, Any], ...] = (
    {"sku": "CCL", "kind": "material", "name": "FR-4 覆铜板 1.6 mm 1 oz", "name_en": "FR-4 copper-clad laminate 1.6 mm 1 oz", "unit": "张"},
    {"sku": "CONN", "kind": "material", "name": "板对板连接器 40P", "name_en": "Board-to-board connector, 40 pins", "unit": "pcs"},
    {"sku": "MCU", "kind": "material", "name": "主控芯片 HX32", "name_en": "Controller HX32", "unit": "pcs"},
    {"sku": "PNL", "kind": "intermediate", "name": "CB-210 在制板（PNL）", "name_en": "CB-210 panel in process", "unit": "板"},
    {"sku": "PCB", "kind": "finished", "name": "CB-210 控制板光板", "name_en": "CB-210 bare control board", "spec": "双面 120 × 80 mm",
     "category": "印制电路板", "standard": "GB/T 4588.2", "unit": "片"},
    {"sku": "BOARD", "kind": "finished", "name": "CB-210 控制板（已贴装）", "name_en": "CB-210 control board, assembled", "spec": "HX32 主控",
     "category": "电子组件", "unit": "pcs"},
)  # fmt: skip
_STEPS = (
    ("PNL", 10, "CUT", "开料", False), ("PNL", 20, "DRILL", "钻孔", True), ("PNL", 30, "PLATE", "沉铜与板镀", True),
    ("PNL", 40, "ETCH", "外层图形与蚀刻", False), ("PNL", 50, "AOI", "AOI 检查", True), ("PCB", 60, "MASK", "阻焊与字符", False),
    ("PCB", 70, "ROUT", "成型与电测", True), ("BOARD", 80, "SMT", "贴装与回流焊", True), ("BOARD", 90, "TEST", "功能测试", True),
)  # fmt: skip
_PLACES = (
    ("store", "store", "板材与元器件库"), ("drill", "line", "数控钻孔间"), ("bath", "tank", "沉铜电镀线 2 号镀铜槽"), ("aoi", "line", "AOI 工位"),
    ("smt", "line", "贴装一线"), ("goods", "store", "成品库"),
)  # fmt: skip
# key, code, name, kind, days since it was calibrated, days it still holds (from the day after the working day)
_GAUGES = (
    ("copper", "CMI-05", "孔铜测厚仪", "测厚", 186, 179), ("micrometer", "MIC-11", "板厚千分尺", "长度", 392, -27),
    ("pin", "PG-03", "孔径规（0.20–0.60 mm）", "长度", 60, 305),
)  # fmt: skip


async def make_master(works: House) -> None:
    """Everything that lots refer to."""
    plant = works.plant
    for values in _SUPPLIERS:
        works.suppliers[values["code"]] = await plant.supplier(**values)
        await plant.certificate(
            supplier_id=works.suppliers[values["code"]], kind="ISO 9001 体系认证", kind_en="ISO 9001 certification", number=f"示例-QMS-{values['code']}",
            valid_from=works.day(500), valid_to=works.day(-595),
        )  # fmt: skip
    for values in _PRODUCTS:
        works.products[values["sku"]] = await plant.product(**values)
    for sku, sequence, key, name, critical in _STEPS:
        works.steps[key] = await plant.step(works.products[sku], sequence, name, critical=critical)
    site = NewSite(name="江北工厂", division_code="330205", address="浙江省宁波市江北区岚芯屿路 1 号")
    site_id = await plant.do(ADMIN, create_site, site)
    for key, kind, name in _PLACES:
        place = NewPlace.model_validate({"site_id": site_id, "kind": kind, "name": name})
        works.places[key] = await plant.do(ADMIN, create_place, place)
    await _gauges(works)
    customer = master_commands.NewCustomer(
        code="DRIVE", name="宁波屿澜传动控制有限公司", contact="葛工", address="宁波市北仑区屿澜路 77 号"
    )
    works.customers["DRIVE"] = await plant.create(models.Customer, customer)


async def _gauges(works: House) -> None:
    for key, code, name, kind, *_ in _GAUGES:
        device = devices.NewDevice(code=code, name=name, kind=kind, calibration_required=True)
        works.devices[key] = await works.plant.do(ADMIN, devices.create_device, device)
    for key, code, _, _, since, still in _GAUGES:
        calibration = devices.NewCalibration(
            certificate_no=f"示例-{code}-1",
            calibrated_at=works.at(since, "10:00"),
            valid_to=works.day(-still),
            passed=True,
        )
        works.plant.tell(works.at(since, "16:00"))
        await works.plant.do(ADMIN, devices.calibrate, works.devices[key], calibration)
    works.plant.tell(works.at(45, "09:00"))
