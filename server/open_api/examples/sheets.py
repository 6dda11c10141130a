"""Examples: documents and links for receivers."""

from server.open_api.examples import demo

DOCUMENT = {"kind": "test_report", "subject_id": demo.MILK_LOT, "language": "zh_CN"}
RECEIVER_LINK = {"valid_days": 30}
