"""The dairy's master data: suppliers with their papers, products with their labels, customers, places, devices."""

from typing import Any

from server.domains import devices
from server.domains.access.commands import NewPlace, NewSite
from server.domains.access.tenants import create_place, create_site
from server.domains.chain import models
from server.domains.chain.master import commands as master_commands
from workers.seed.dairy.house import Dairy
from workers.seed.people import credit_code
from workers.seed.plant import ADMIN

_SUPPLIERS: tuple[dict[str, Any], ...] = (
    {"code": "FARM1", "name": "安吉岭坪湾奶牛牧场", "address": "浙江省湖州市安吉县岭坪湾 1 号", "contact": "周场长",
     "origin": "浙江湖州安吉", "credit_code": credit_code("330523", 11)},
    {"code": "FARM2", "name": "临安石畦坞奶农专业合作社", "address": "浙江省杭州市临安区石畦坞 8 号", "contact": "童理事长",
     "origin": "浙江杭州临安", "credit_code": credit_code("330112", 12)},
    {"code": "PACK", "name": "嘉兴禾屿叠包装材料有限公司", "address": "浙江省嘉兴市禾屿叠路 66 号", "contact": "沈经理",
     "origin": "浙江嘉兴", "credit_code": credit_code("330402", 13)},
    {"code": "CULT", "name": "湖州溪曦菌种技术有限公司", "address": "浙江省湖州市溪曦路 20 号", "contact": "吴工",
     "origin": "浙江湖州", "credit_code": credit_code("330502", 14)},
)  # fmt: skip
# supplier (None: the dairy itself), kind, number, days since it began, days it still holds
_CERTIFICATES: tuple[tuple[str | None, str, str, int, int], ...] = (
    (None, "食品生产许可证", "SC10533010600000", 700, 1125),
    (None, "HACCP 体系认证", "示例-HACCP-0001", 300, 795),
    ("FARM1", "生鲜乳收购许可证", "示例-浙0523-001", 400, 330),
    ("FARM1", "动物防疫条件合格证", "示例-动防合字 0523001", 900, 925),
    ("FARM2", "生鲜乳收购许可证", "示例-浙0112-006", 700, 20),
    ("PACK", "食品相关产品生产许可证", "示例-XK16-204-00001", 500, 1325),
    ("CULT", "食品生产许可证", "SC20133050200000", 1835, -5),
)
_KINDS_IN_ENGLISH = {
    "食品生产许可证": "Food production licence",
    "HACCP 体系认证": "HACCP certification",
    "生鲜乳收购许可证": "Raw milk purchasing licence",
    "动物防疫条件合格证": "Animal epidemic prevention certificate",
    "食品相关产品生产许可证": "Production licence for food-related products",
}
_ALLOW = [
    "product", "producer", "lot", "materials.name", "materials.supplier", "materials.origin", "materials.received_at",
    "materials.verdict", "inspections", "reports", "certificates", "logistics",
]  # fmt: skip
_MILK_LABEL = (
    ("配料", "生牛乳"), ("致敏物质提示", "含有乳及乳制品"), ("净含量", "950 mL"),
    ("保质期", "15 天（到期日见瓶身）"), ("贮存条件", "2–6 ℃ 冷藏；开启后请于 2 日内饮用"),
    ("营养成分（每 100 mL）", "能量 276 kJ 3% · 蛋白质 3.2 g 5% · 脂肪 3.7 g 6% · 饱和脂肪 2.3 g 12% · 碳水化合物 4.8 g 2% · 糖 4.8 g · 钠 55 mg 3% · 钙 105 mg 13%"),
    ("饮用提示", "乳脂上浮属正常现象，摇匀后饮用；可隔水温热，不宜煮沸"), ("服务电话", "0571-0000 0000（演示）"),
)  # fmt: skip
_YOGHURT_LABEL = (
    ("配料", "生牛乳、嗜热链球菌、保加利亚乳杆菌"), ("致敏物质提示", "含有乳及乳制品"),
    ("净含量", "230 g"), ("保质期", "21 天（到期日见瓶身）"), ("贮存条件", "2–6 ℃ 冷藏"),
    ("营养成分（每 100 g）", "能量 283 kJ 3% · 蛋白质 3.3 g 6% · 脂肪 3.6 g 6% · 饱和脂肪 2.2 g 11% · 碳水化合物 5.1 g 2% · 糖 5.1 g · 钠 58 mg 3% · 钙 110 mg 14%"),
    ("服务电话", "0571-0000 0000（演示）"),
)  # fmt: skip
_PRODUCTS: tuple[dict[str, Any], ...] = (
    {"sku": "RAW", "kind": "material", "name": "生牛乳", "name_en": "Raw cow's milk", "unit": "kg", "standard": "GB 19301"},
    {"sku": "BOTTLE", "kind": "packaging", "name": "950 mL PET 瓶及瓶盖", "name_en": "950 mL PET bottle and cap", "unit": "pcs"},
    {"sku": "CUP", "kind": "packaging", "name": "230 g 酸奶瓶及封膜", "name_en": "230 g yoghurt bottle and lid", "unit": "pcs"},
    {"sku": "CULTURE", "kind": "material", "name": "发酵菌种", "name_en": "Starter culture", "unit": "kg"},
    {"sku": "TANK", "kind": "intermediate", "name": "贮奶罐混合生乳", "name_en": "Blended raw milk in the tank", "unit": "kg"},
    {"sku": "BASE", "kind": "intermediate", "name": "巴氏杀菌乳（待灌装）", "name_en": "Pasteurised milk, to be bottled", "unit": "kg"},
    {"sku": "MILK950", "kind": "finished", "name": "云畦岭鲜牛奶", "name_en": "Yunqiling fresh milk", "spec": "950 mL/瓶",
     "brand": "云畦岭", "category": "巴氏杀菌乳", "category_en": "Pasteurised milk", "gtin": "9520000000103", "standard": "GB 19645", "unit": "pcs",
     "shelf_life_days": 15, "publish_allow": _ALLOW, "show_investigation": True,
     "label": [{"name": name, "value": value} for name, value in _MILK_LABEL]},
    {"sku": "YOG230", "kind": "finished", "name": "云畦岭原味酸奶", "name_en": "Yunqiling plain yoghurt", "spec": "230 g/瓶",
     "brand": "云畦岭", "category": "发酵乳", "category_en": "Fermented milk", "gtin": "9520000000202", "standard": "GB 19302", "unit": "pcs",
     "shelf_life_days": 21, "publish_allow": _ALLOW, "show_investigation": True,
     "trade_secrets": ["formula", "parameter:发酵温度"],
     "label": [{"name": name, "value": value} for name, value in _YOGHURT_LABEL]},
)  # fmt: skip
_STEPS = (
    ("TANK", 10, "收奶与贮存", False), ("BASE", 20, "巴氏杀菌（CCP1）", True), ("MILK950", 30, "灌装封盖", True),
    ("YOG230", 30, "接种发酵与灌装", True),
)  # fmt: skip
# code, name, where it may sell, its shop, the shop's division and address
_CUSTOMERS = (
    ("DIST1", "杭州谷岚里冷链配送有限公司", ["3301"], "谷岚里鲜食（文岚路店）", "330106", "杭州市西湖区文岚路 108 号"),
    ("DIST2", "绍兴越溪亭商贸有限公司", ["3306"], "越溪亭生活超市（柯桥店）", "330603", "绍兴市柯桥区越溪亭路 5 号"),
)
_PLACES = (
    ("tank", "tank", "1 号贮奶罐（10 t）"), ("line", "line", "杀菌灌装一线"), ("store", "cold_store", "成品冷库 A（2–6 ℃）"),
    ("dry", "store", "包材库"),
)  # fmt: skip


async def make_master(dairy: Dairy) -> None:
    """Everything that lots refer to."""
    for values in _SUPPLIERS:
        dairy.suppliers[values["code"]] = await dairy.plant.supplier(**values)
    for values in _PRODUCTS:
        dairy.products[values["sku"]] = await dairy.plant.product(**values)
    for sku, sequence, name, critical in _STEPS:
        dairy.steps[sku] = await dairy.plant.step(dairy.products[sku], sequence, name, critical=critical)
    for supplier, kind, number, since, still in _CERTIFICATES:
        await dairy.plant.certificate(
            supplier_id=dairy.suppliers[supplier] if supplier else None,
            kind=kind,
            kind_en=_KINDS_IN_ENGLISH[kind],
            number=number,
            valid_from=dairy.day(since),
            valid_to=dairy.day(-still),
        )
    await _customers(dairy)
    await _places(dairy)
    await _devices(dairy)


async def _customers(dairy: Dairy) -> None:
    for code, name, areas, shop, division, address in _CUSTOMERS:
        customer = master_commands.NewCustomer(code=code, name=name, sales_areas=areas)
        customer_id = await dairy.plant.create(models.Customer, customer)
        outlet = master_commands.NewOutlet(name=shop, division_code=division, address=address)
        dairy.customers[code] = customer_id
        dairy.outlets[code] = await dairy.plant.create(models.Outlet, outlet, customer_id=customer_id)


async def _places(dairy: Dairy) -> None:
    site = NewSite(name="西湖工厂", division_code="330106", address="浙江省杭州市西湖区云畦岭路 1 号")
    site_id = await dairy.plant.do(ADMIN, create_site, site)
    for key, kind, name in _PLACES:
        place = NewPlace.model_validate({"site_id": site_id, "kind": kind, "name": name})
        dairy.places[key] = await dairy.plant.do(ADMIN, create_place, place)


async def _devices(dairy: Dairy) -> None:
    """The thermometer of the pasteuriser and the logger of the car, both calibrated."""
    for key, code, name, place, valid_days in (
        ("thermometer", "TT-101", "杀菌机出口温度计", "line", 200),
        ("logger", "TL-07", "冷藏车温度记录仪", None, 60),
    ):
        device = devices.NewDevice(
            code=code,
            name=name,
            kind="温度",
            place_id=dairy.places[place] if place else None,
            calibration_required=True,
        )
        dairy.devices[key] = await dairy.plant.do(ADMIN, devices.create_device, device)
        calibration = devices.NewCalibration(
            certificate_no=f"示例-{code}",
            calibrated_at=dairy.at(165, "10:00"),
            valid_to=dairy.day(-valid_days),
            passed=True,
        )
        await dairy.plant.do(ADMIN, devices.calibrate, dairy.devices[key], calibration)
