"""Examples: lots and what becomes of them, shipments, holds, recalls."""

from server.open_api.examples import demo

LOT = {
    "kind": "material", "product_id": demo.RAW_MILK, "lot_no": "RN20260315-1", "supplier_id": demo.FARM,
    "supplier_lot_no": "10315早", "quantity": "5200", "unit": "kg", "received_at": "2026-03-15T05:40:00+08:00",
}  # fmt: skip
LOT_CHANGE = {"delivery_note": "SN20260315-01", "remark": "外箱一角受潮，已拍照"}
SPLIT = {"lot_no": "FL20260315P2-1", "quantity": "20000", "place_id": demo.LINE}
REWORK = {"lot_no": "M20260315A1-R1", "quantity": "12", "remark": "瓶身喷码模糊，擦除后重新喷码"}
OPEN = {"reason": "拆托零发"}
MERGE = {
    "lot_no": "SJ20260315-YL", "remark": "余料合并，转作饲料用奶",
    "parts": [{"lot_id": demo.BASE_LOT_OF_LAST_WEEK, "quantity": "200"}, {"lot_id": demo.BASE_LOT, "quantity": "300"}],
}  # fmt: skip
PACKAGE = {
    "lot_no": "X20260315-001", "unit": "case", "contents": [{"lot_id": demo.MILK_LOT, "quantity": "12", "unit": "pcs"}],
}  # fmt: skip
COUNT = {"quantity": "17.9", "reason": "月末盘点"}
SCRAP = {"quantity": "50", "unit": "pcs", "reason": "瓶身压痕", "defect": "压痕"}
MOVE = {"place_id": demo.COLD_STORE}
LINK = {
    "from_lot": demo.CULTURE_LOT, "to_lot": demo.WAITING_YOGHURT_LOT, "kind": "consumed", "quantity": "0.1", "unit": "kg",
}  # fmt: skip
LINK_END = {"reason": "取下一箱"}
LINK_REVERSAL = {"reason": "录错批号"}
OPERATION = {
    "step_id": demo.FERMENTING,
    "lots_in": [demo.CULTURE_LOT],
    "lots_out": [demo.WAITING_YOGHURT_LOT],
    "device_ids": [demo.THERMOMETER],
    "line_place_id": demo.LINE,
    "shift": "早班",
    "parameters": [{"name": "灌装温度", "value": "4.2", "unit": "°C", "high": "8"}],
    "unit": "pcs",
    "quantity_in": "4008",
    "quantity_good": "4000",
    "quantity_reworked": "0",
    "quantity_scrapped": "8",
    "scrapped_by_defect": {"封口不良": "8"},
}
OPERATION_END = {
    "unit": "kg",
    "quantity_in": "600",
    "quantity_good": "598",
    "quantity_reworked": "0",
    "quantity_scrapped": "2",
}

SHIPMENT = {
    "shipment_no": "CK20260315-01", "customer_id": demo.CUSTOMER, "outlet_id": demo.OUTLET, "delivery_note": "SH20260315-01",
    "temperature_low": "2", "temperature_high": "6", "lines": [{"lot_id": demo.MILK_LOT, "quantity": "48", "packages": 4}],
}  # fmt: skip
DEPARTURE = {"vehicle": "浙A·演示02", "seal": "FQ000123"}
RECEIPT = {
    "receiver": "门店收货员", "temperature": "4.1", "lines": [{"line_id": demo.MILK_LINE, "accepted": True}],
}  # fmt: skip
LINE_CANCELLATION = {"reason": "客户减量"}

HOLD = {
    "lot_ids": [demo.REWORKED_YOGHURT_LOT],
    "kind": "under_review",
    "cause": "客户投诉",
    "reason": "口感偏酸，复检留样",
}
HOLD_END = {"reason": "评审完毕，转不合格品处理"}
RECALL = {
    "level": 3, "reason": "外包装标签净含量标示有误", "advice": "不影响食用；如需退换，请联系购买门店。",
    "lots": [demo.EXPIRED_MILK_LOT],
}  # fmt: skip
RECALL_END = {"outcome": "completed", "reason": "召回产品已全部收回并销毁"}
