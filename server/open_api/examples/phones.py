"""Examples: signing in from a phone. In the sandbox `sandbox-PERSON-ANYTHING` is a code of that person, once."""

OWN = "…"
MINI_PROGRAM = {"code": "sandbox-wechat.li-1", "invitation": OWN}
ALIPAY = {"code": "sandbox-alipay.li-1", "invitation": OWN}
ALIPAY_PAGE = {"code": "sandbox-alipay.li-2", "state": OWN, "invitation": OWN}
OFFICIAL_ACCOUNT = {"code": "sandbox-wechat.li-2", "state": OWN, "invitation": OWN}
ASK_FOR_CODE = {"phone": "13800000000"}
PHONE = {"request_id": "019b76da-a800-7000-8002-000000000000", "code": "000000", "invitation": OWN}
