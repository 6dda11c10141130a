"""Examples: products, suppliers, certificates, customers, devices."""

from server.open_api.examples import demo

PRODUCT = {
    "kind": "finished", "sku": "MILK250", "name": "云畦岭鲜牛奶", "spec": "250 mL/瓶", "brand": "云畦岭", "gtin": "9520000000301",
    "standard": "GB 19645", "unit": "pcs", "shelf_life_days": 15, "label": [{"name": "配料", "value": "生牛乳"}],
    "publish_allow": ["product", "producer", "lot", "inspections"],
}  # fmt: skip
PRODUCT_CHANGE = {"shelf_life_days": 18, "publish_on_release": True}
STEP = {"sequence": 40, "name": "装箱", "critical": False}
STEP_CHANGE = {"name": "灌装封盖（CCP2）", "critical": True}
SUPPLIER = {"code": "FARM3", "name": "德清溪坞牧场", "origin": "浙江湖州德清", "contact": "钱场长"}
SUPPLIER_CHANGE = {"contact": "周场长 0572-0000000"}
CERTIFICATE = {
    "supplier_id": demo.FARM, "kind": "检疫合格证", "number": "示例-2026-0315", "valid_from": "2026-01-01",
    "valid_to": "2027-12-31",
}  # fmt: skip
CERTIFICATE_CHANGE = {"number": "示例-浙0523-001（换证）"}
CUSTOMER = {"code": "DIST3", "name": "湖州苕溪岸食品有限公司", "sales_areas": ["3305"]}
CUSTOMER_CHANGE = {"sales_areas": ["3301", "3304"]}
OUTLET = {"name": "谷岚里鲜食（古墩路店）", "division_code": "330106", "address": "杭州市西湖区古墩路 77 号"}
OUTLET_CHANGE = {"address": "杭州市西湖区文岚路 110 号"}
DEVICE = {
    "code": "TT-102", "name": "成品冷库温度计", "kind": "温度", "place_id": demo.COLD_STORE, "calibration_required": True,
}  # fmt: skip
DEVICE_CHANGE = {"place_id": demo.LINE}
DEVICE_MOVE = {"place_id": demo.COLD_STORE}
CALIBRATION = {
    "certificate_no": "示例-TT-101-2026", "calibrated_at": "2026-01-05T10:00:00+08:00", "valid_to": "2027-01-04", "passed": True,
}  # fmt: skip
