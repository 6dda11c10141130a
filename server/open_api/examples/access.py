"""Examples: signing in, enterprises, people, authorities. Passwords and tokens are random: "…" stands for one's own."""

from server.open_api.examples import demo

OWN = "…"
LOGIN = {"username": "dairy.operator", "password": OWN, "tenant": demo.DAIRY_NAME}
REFRESH = {"refresh_token": OWN}
PASSWORD = {"current_password": OWN, "new_password": "青山绿水-鲜奶-2026"}

TENANT = {"name": "示例食品有限公司", "credit_code": "91350100M000100Y43", "division_code": "350100"}
TENANT_CHANGE = {"address": "江苏省苏州市吴中区澄砚路 2 号"}
TENANT_STATE = {"state": "active"}  # whoever tries the examples one after another ends with a demo that works
TENANT_DIVISION = {"division_code": "320507", "edition": "2023"}
MEMBER = {"username": "zhou.ning", "display_name": "周宁", "roles": ["enterprise_admin"]}
ENTERPRISE_CHANGE = {"address": "浙江省杭州市西湖区云畦岭路 3 号"}
ENTERPRISE_SETTINGS = {"label_origin": "https://t.example.com", "label_space": "milk", "inspector_may_release": False}
SITE = {"name": "余杭工厂", "division_code": "330110"}
SITE_CHANGE = {"address": "浙江省杭州市西湖区云畦岭路 3 号"}
SITE_DIVISION = {"division_code": "330110", "edition": "2023"}
PLACE = {"site_id": demo.SITE, "kind": "cold_store", "name": "成品冷库 B（2–6 ℃）"}
PLACE_CHANGE = {"name": "成品冷库 A（一期）"}

USER = {"username": "zhang.wei", "display_name": "张伟", "roles": ["inspector"], "workshop": "一车间", "shift": "早班"}
USER_CHANGE = {"shift": "晚班"}
DISABLED = {"disabled": True}
API_KEY = {"name": "LIMS", "roles": ["operator"]}

AUTHORITY = {"name": "示例市市场监督管理局", "division_codes": ["330100"]}
JURISDICTION = {"division_code": "330500"}
REGULATOR = {"username": "lin.jing", "display_name": "林静"}
VERIFICATION_FILE = {"folder": "space", "name": "Kd83jfLq02.txt", "content": "5f1c0a7be2d94b6f8a7710c3e4d2b9a6"}
PLATFORM_VERIFICATION_FILE = {"folder": "root", "name": "a9f3c1e27b.txt", "content": "a9f3c1e27b6d45f0"}
TERMINAL = {"name": "灌装线 1 号终端", "place_id": demo.LINE}
BADGE = {"user_id": demo.INSPECTOR, "pin": "802714"}
