"""Examples: recipes, charging, deliveries and handovers, retained samples, internal labels."""

from server.open_api.examples import demo

RECIPE_VERSION = {
    "batch_quantity": "1000", "unit": "pcs", "outside": "warn", "remark": "发酵剂用量下调",
    "lines": [
        {"product_id": demo.BASE, "quantity": "230", "unit": "kg", "below_percent": "1", "above_percent": "1"},
        {"product_id": demo.CULTURE, "quantity": "190", "unit": "g", "below_percent": "2", "above_percent": "2"},
        {"product_id": demo.CUP, "quantity": "1000", "unit": "pcs", "above_percent": "3", "balanced": False},
    ],
}  # fmt: skip
RECIPE = RECIPE_VERSION | {"product_id": demo.YOGHURT, "name": "原味酸奶 230 g（夏季）", "outside": "refuse"}
LOT_RECIPE = {"version_id": demo.RECIPE_VERSION, "batch_quantity": "1000"}

DELIVERY = {
    "supplier_id": demo.PACKER, "purchase_order": "CG20260316", "expected_on": "2026-03-17",
    "items": [{"product_id": demo.CUP, "quantity": "30000", "unit": "pcs"}],
}  # fmt: skip
DELIVERY_LINK = {"valid_hours": 48}
DELIVERY_LOT = {
    "product_id": demo.CUP, "supplier_lot_no": "20260310-P2", "quantity": "30000", "produced_on": "2026-03-10",
    "expires_on": "2027-03-09",
}  # fmt: skip
DELIVERY_CANCELLATION = {"reason": "供应商停产，改向另一家采购"}
DELIVERY_RECEIPT = {
    "vehicle": "浙A·演示07", "carrier": "德邦物流", "temperature": "18.5", "seal": "PK-0071", "seal_intact": True,
    "counterpart_name": "王师傅", "signature_id": demo.SIGNATURE, "place_id": demo.COLD_STORE,
    "lines": [{"line_id": demo.ANNOUNCED_LINE, "quantity": "29950", "refused_quantity": "450", "remark": "一托外箱受潮，拒收"}],
}  # fmt: skip
HANDOVER = {
    "stage": "loading", "vehicle": "浙A·演示05", "seal": "FQ000456", "seal_intact": True, "temperature": "3.5",
    "counterpart_name": "刘师傅", "signature_id": demo.SIGNATURE,
    "lines": [{"line_id": demo.HANDOVER_LINE, "accepted": True, "core_temperature": "4.2"}],
}  # fmt: skip

RETAINED = {
    "quantity": "6", "unit": "pcs", "place_id": demo.COLD_STORE, "conditions": "2–6 ℃ 避光",
    "observe_on": ["2026-04-15", "2026-05-15"],
}  # fmt: skip
OBSERVATION = {"result": "normal", "remark": "色泽、气味正常，无分层"}
RETAINED_USE = {"quantity": "1", "reason": "客户投诉，复检酸度"}
DISPOSAL = {"disposal": "高压灭菌后作餐厨垃圾处理", "witness_name": "许青"}
LABEL = {"kind": "status"}
