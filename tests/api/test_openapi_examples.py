"""Promise: every JSON body that /openapi.json shows works as it stands against the demo, sent with the parameters shown
beside it by somebody whom the matrix lets; what the parameters of readings name is there; and each of these writes leaves
its entry in the audit trail, with those that test_audit.py makes every changing route of the API; each reading of a
regulator stands in the enterprise's log (T27)."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
import yaml

from server.app import tables
from server.core import db
from server.core.actor import worker
from server.core.scope import Scope
from server.domains.messages import Sender, on_one_time_code_requested
from server.open_api.examples.demo import INSPECTOR
from server.settings import Settings
from server.wiring import MODELS, open_vendors
from tests.fixtures.demo import Demo, seeded_demo

pytestmark = pytest.mark.xdist_group("seeded")  # one seeding
MATRIX = yaml.safe_load((Path(__file__).parents[1] / "security" / "matrix.yaml").read_text(encoding="utf-8"))
# What ends something comes after what needs it, in this order: a line is cancelled before the goods leave, and so on.
ENDING = (
    "/links/{id}/end", "/lots/{id}/open", "/links/{id}/reverse", "/dispositions/{id}/reverse", "/lines/{line_id}/cancel", "/deliveries/{id}/cancel", "/depart", "/receipt", "/releases",
    "/rejections", "/holds/{id}/close", "/recalls/{id}/close", "/auth/password", "/auth/logout", "/{id}/password", "/disabled", "/state",
)  # fmt: skip
ONE_OF = {  # exactly one of them is given
    "GET /api/v1/trace": ("code", "lot_no", "supplier_lot_no", "produced_on"),
    "GET /api/v1/handovers": ("delivery_id", "shipment_id"),
    "GET /api/v1/phone/lookup": ("text", "last"),
}


# Change nothing that lasts: a pair of tokens is exchanged for the next of the same session; a preview stores nothing.
# A code by short message is asked for by nobody in particular. Wrong PINs are told by terminals.
LEAVE_NOTHING = (
    "POST /api/v1/auth/refresh",
    "POST /api/v1/code-rules/preview",
    "POST /api/v1/auth/sms-codes",
    "POST /api/v1/phone/pin-tries",
)
# Change several things at once: an entry for each, so that each has its own whole history. Everything else leaves one.
BOUND = {"identity.bound", "session.opened"}
SEVERAL: dict[str, Collection[str]] = {
    "POST /api/v1/auth/wechat/mini-program": BOUND,
    "POST /api/v1/auth/wechat/official-account": BOUND,
    "POST /api/v1/auth/alipay": BOUND,
    "POST /api/v1/auth/alipay/page": BOUND,
    "POST /api/v1/auth/phone": BOUND,
    "POST /api/v1/code-orders": {"code_order.created", "code_order.ready"},  # minted at once, being small
    "POST /api/v1/specifications/{id}/versions": {"specification.version_added", "form.version_added"},
    "POST /api/v1/lots/{id}/split": {"lot.created", "link.created"},
    "POST /api/v1/lots/{id}/rework": {"lot.created", "link.created"},
    "POST /api/v1/merges": {"lot.created", "link.created_many"},
    "POST /api/v1/inspections/{id}/lots": [
        "inspection.parted",
        "link.created",
        "link.created",
        "lot.created",
        "lot.created",
        "lot.rejected",
    ],
    "POST /api/v1/packages": {"lot.created", "link.created"},
    "POST /api/v1/dispositions/{id}/reverse": {
        "disposition.reversed",
        "link.reversed",
        "lot.changed",
        "nonconformity.reopened",
    },
    "POST /api/v1/deliveries/{id}/receive": {"delivery.received", "lot.created"},
    "POST /api/v1/shipments/{id}/handover": {"shipment.departed", "shipment.handed_over"},
    "POST /api/v1/lots/{id}/labels": {
        "code_rule.created",
        "code_order.created",
        "code_order.ready",
        "label.printed",
    },  # its first
    "POST /api/v1/urgent-requests/{id}/decision": {"urgent.approved", "lot.released"},
    "POST /api/v1/recalls": {"recall.opened", "hold.opened"},
    "POST /api/v1/nonconformities": {"nonconformity.opened", "hold.opened", "lot.created", "link.created"},
    "POST /api/v1/dispositions/{id}/carry-out": {"disposition.carried_out", "lot.scrapped"},
    "POST /api/v1/shipments/{id}/lines/{line_id}/cancel": {"shipment.line_cancelled", "codes.unshipped"},
}
# No JSON example: uploads, which are forms, and deletions, whose examples name what the demo lives on (the key, the session
# and the authority of whoever tries the page) or nothing. test_audit.py sends them, and tests/phones.
ELSEWHERE = {
    "DELETE /api/v1/api-keys/{id}", "DELETE /api/v1/auth/sessions/{id}", "DELETE /api/v1/users/{id}",
    "DELETE /api/v1/authorities/{id}/jurisdictions/{jurisdiction_id}", "POST /api/v1/attachments",
    "POST /api/v1/imports", "POST /api/v1/document-templates", "POST /api/v1/receiver-links/{id}/revoke",
    "POST /api/v1/public/tickets/{ticket}/photos", "DELETE /api/v1/verification-files/{id}", "DELETE /api/v1/platform/verification-files/{id}",
    "DELETE /api/v1/invitations/{id}", "DELETE /api/v1/identities/{id}", "PATCH /api/v1/phone/photos/{id}", "POST /api/v1/phone/photos/{id}/parts",
    "DELETE /api/v1/phone/handovers/{id}", "DELETE /api/v1/terminals/{id}", "DELETE /api/v1/badges/{id}", "DELETE /api/v1/phones/{id}",
}  # fmt: skip


class Operation(NamedTuple):
    """One operation as it is described."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def query(self) -> dict[str, Any]:
        """The examples of a query; of those of which one is given, the first."""
        left_out = ONE_OF.get(self.key, ())[1:]
        own = (each for each in self.described["parameters"] if each["in"] == "query" and each["name"] not in left_out)
        return {each["name"]: each["example"] for each in own}

    def queries(self) -> Iterator[dict[str, Any]]:
        """Each parameter by itself, with those that must be there; and all together."""
        needed = {each["name"] for each in self.described["parameters"] if each["in"] == "query" and each["required"]}
        one_of = ONE_OF.get(self.key, ())
        for name, example in {**self.query, **self.examples("query")}.items():
            beside = {*needed, *(one_of[:1] if name not in one_of else ())}
            yield {each: self.query[each] for each in beside} | {name: example}
        yield self.query

    def examples(self, where: str) -> dict[str, Any]:
        return {each["name"]: each["example"] for each in self.described["parameters"] if each["in"] == where}

    @property
    def content(self) -> dict[str, Any] | None:
        """Of the JSON body, where it takes one."""
        content: dict[str, Any] = self.described.get("requestBody", {}).get("content", {})
        return content.get("application/json")

    @property
    def sends_json(self) -> bool:
        """A JSON body or none; no form with a file."""
        return self.content is not None or "requestBody" not in self.described

    def url(self) -> str:
        """The path with its parameters' examples."""
        examples = self.examples("path")
        return re.sub(r"{(\w+)}", lambda name: str(examples[name[1]]), self.path)

    def turn(self) -> int:
        return next((n for n, end in enumerate(ENDING, 1) if self.path.endswith(end)), 0)


class Company:
    """Everybody of the demo, signed in when first needed. Of the enterprises the dairy."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.clients: dict[str, httpx.Client] = {}
        accounts = demo.info["accounts"]
        others = ("制药", "电子")
        self.accounts = {
            each["role"]: each for each in accounts if not any(o in (each["tenant"] or "") for o in others)
        }

    def client(self, role: str) -> httpx.Client:
        if role not in self.clients:
            self.clients[role] = self.demo.sign_in_as(self.accounts[role])
        return self.clients[role]

    def refresh_token(self, role: str) -> str:
        account = self.accounts[role]
        body = {name: account[name] for name in ("username", "password", "tenant")}
        answer = httpx.post(f"{self.demo.base_url}/api/v1/auth/login", json=body, trust_env=False, timeout=60)
        return str(answer.json()["refresh_token"])

    def invitation(self) -> str:
        answer = self.client("enterprise_admin").post(f"/api/v1/users/{INSPECTOR}/invitations")
        return str(answer.json()["token"])

    def terminal_code(self) -> str:
        """Of a terminal that an admin has just set up."""
        answer = self.client("enterprise_admin").post("/api/v1/terminals", json={"name": "T"})
        return str(answer.json()["code"])

    def state(self) -> str:
        """Of a redirect to WeChat and back."""
        answer = self.client("inspector").get("/api/v1/auth/wechat/authorization", params={"page": "/m/sign-in"})
        return parse_qs(urlsplit(answer.json()["url"]).query)["state"][0]

    def by_short_message(self, body: dict[str, Any]) -> dict[str, Any]:
        """The code that the workers would have sent to this invitation's number."""
        invitation = self.invitation()
        asked = {"phone": "13900000001", "invitation": invitation}
        request_id = self.client("inspector").post("/api/v1/auth/sms-codes", json=asked).json()["request_id"]
        asyncio.run(bring(self.demo.settings, request_id))
        code = self.demo.sandbox.inbox.all()[-1].parameters["code"]
        return body | {"request_id": request_id, "code": code, "invitation": invitation}

    def completed(self, body: dict[str, Any], role: str) -> dict[str, Any]:
        """The body with what is random in every demo and so stands as "…" in the example: the sender's password, and
        a refresh token. All else is sent as it is shown."""
        own: dict[str, Callable[[], str]] = {
            "password": lambda: self.accounts[body.get("username", "." + role).partition(".")[2]]["password"],
            "current_password": lambda: self.accounts[role]["password"],
            "refresh_token": lambda: self.refresh_token(role),
            "invitation": self.invitation,
            "state": self.state,
            "code": self.terminal_code,
        }
        if "request_id" in body:
            return self.by_short_message(body)
        return {name: own[name]() if value == "…" else value for name, value in body.items()}


async def bring(settings: Settings, request_id: str) -> None:
    """What dispatcher and messenger do with the news of a code."""
    vendors = open_vendors(settings)
    assert vendors.sms is not None
    await db.open_pool(settings.database_dsn, MODELS, size=1)
    try:
        async with db.transaction(Scope.system()):
            await on_one_time_code_requested(worker("test", None, request_id), {"one_time_code_id": request_id})
        while await Sender(vendors.sms, settings.token_key, settings.sms_day_limit).round():
            pass
    finally:
        await db.close()
        vendors.close()


def role_of(key: str) -> str:
    """The first whom the matrix lets; an inspector stands for anybody."""
    group = str(MATRIX["routes"][key]).split()[0]
    return "inspector" if group in ("public", "signed_in") else str(MATRIX["groups"][group][0])


@pytest.fixture(scope="module")
def company(seeded_home: Path) -> Iterator[Company]:
    with seeded_demo(seeded_home) as served:
        company = Company(served)
        yield company
        for client in company.clients.values():
            client.close()


@pytest.fixture(scope="module")
def operations(company: Company) -> list[Operation]:
    described = httpx.get(f"{company.demo.base_url}/openapi.json", trust_env=False, timeout=60).json()
    found = [Operation(m, path, each) for path, methods in described["paths"].items() for m, each in methods.items()]
    return [operation for operation in found if operation.path.startswith("/api/v1/")]


def test_every_json_body_has_an_example(operations: list[Operation]) -> None:
    bodies = [each for each in operations if each.content is not None]
    assert len(bodies) >= 77
    assert [each.key for each in bodies if "example" not in (each.content or {})] == []


def test_every_parameter_has_an_example(operations: list[Operation]) -> None:
    parameters = [(each.key, parameter) for each in operations for parameter in each.described["parameters"]]
    assert len(parameters) > 430
    assert [(key, parameter["name"]) for key, parameter in parameters if parameter.get("example") in (None, "")] == []
    keys = [parameter["example"] for _, parameter in parameters if parameter["name"] == "Idempotency-Key"]
    assert len(keys) == len(set(keys))  # one key stands for one request


def test_what_readings_name_is_there(company: Company, operations: list[Operation]) -> None:
    """With each example of a query by itself, and with all of them."""
    readings = [each for each in operations if each.method == "get"]
    assert len(readings) > 90
    sent = {
        (each.key, str(query)): company.client(role_of(each.key)).get(each.url(), params=query)
        for each in readings
        for query in each.queries()
    }
    assert {asked: answer.text for asked, answer in sent.items() if not answer.is_success} == {}


def test_every_reading_of_a_regulator_is_in_the_log_of_the_enterprise(
    company: Company, operations: list[Operation]
) -> None:
    enterprise = company.client("enterprise_admin").get("/api/v1/enterprise").json()["id"]
    sent = {}
    for each in operations:
        group = str(MATRIX["routes"][each.key]).split()[0]
        if each.method == "get" and "regulator" in MATRIX["groups"].get(group, ()) and group != "regulators":
            query = each.query | {"enterprise": enterprise}
            sent[each.key] = company.client("regulator").get(each.url(), params=query)
    answered = {answer.headers["x-request-id"]: key for key, answer in sent.items() if answer.is_success}
    assert len(answered) > 40
    assert {key: answer.text for key, answer in sent.items() if not answer.is_success} == {}
    log = Counter(entry["request_id"] for entry in read_log(company))
    assert {key: log[request_id] for request_id, key in answered.items()} == dict.fromkeys(answered.values(), 1)


def read_log(company: Company) -> Iterator[dict[str, Any]]:
    """All of it, as the enterprise reads it."""
    after: dict[str, str] = {}
    while True:
        page = company.client("quality_manager").get("/api/v1/read-log", params={"limit": "100", **after}).json()
        yield from page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


@pytest.fixture(scope="module")
def answers(company: Company, operations: list[Operation]) -> dict[str, httpx.Response]:
    """Every write with its example, once, in an order that lets each find what it names. What takes no body at all is
    sent as well. After the readings: this changes the demo."""
    writings = [each for each in operations if each.method in ("post", "put", "patch")]
    sent = {}
    for each in sorted((each for each in writings if each.sends_json), key=Operation.turn):
        role = role_of(each.key)
        body = company.completed(each.content["example"], role) if each.content else None
        headers = each.examples("header")
        sent[each.key] = company.client(role).request(each.method, each.url(), json=body, headers=headers)
    return sent


def test_every_example_works(answers: dict[str, httpx.Response]) -> None:
    refused = {key: answer.text for key, answer in answers.items() if not answer.is_success}
    assert refused == {}


def test_every_post_that_writes_business_data_takes_a_key(
    company: Company, operations: list[Operation], answers: dict[str, httpx.Response]
) -> None:
    """Sent once more under its key it does nothing and answers the same bytes; with another body it is refused. One's own
    session and password are no business data."""
    own = ("/api/v1/auth/", "/api/v1/public/")  # whoever has no account sends an id of his own with what he says
    parts = "/photos/{id}/parts"  # by its offset a part is known again, and refused
    posts = [o for o in operations if o.method == "post" and not o.path.startswith(own) and not o.path.endswith(parts)]
    assert [each.key for each in posts if "Idempotency-Key" not in each.examples("header")] == []
    wrong = {}
    for each in (each for each in posts if each.key in answers):
        role, headers = role_of(each.key), each.examples("header")
        body = company.completed(each.content["example"], role) if each.content else None
        again = company.client(role).post(each.url(), json=body, headers=headers)
        other = company.client(role).post(each.url(), params={"again": "1"}, json=body, headers=headers)
        told = (
            again.content == answers[each.key].content,
            again.headers.get("idempotency-replayed"),
            other.status_code,
        )
        if told != (True, "true", 422):
            wrong[each.key] = (*told, again.text)
    assert wrong == {}


def test_every_changing_route_is_tried(answers: dict[str, httpx.Response]) -> None:
    changing = {f"{each.method} {each.path}" for table in tables() for each in table if each.method != "GET"}
    assert {key for key in changing if " /api/v1/" in key} == {*answers, *ELSEWHERE}


def test_every_write_leaves_its_entry(company: Company, answers: dict[str, httpx.Response]) -> None:
    trail = asyncio.run(entries_by_request(company.demo.superuser_dsn))
    wrong = {
        key: fault
        for key, answer in answers.items()
        if (fault := fault_of(key, role_of(key), trail.get(answer.headers["x-request-id"], [])))
    }
    assert wrong == {}


async def entries_by_request(dsn: str) -> dict[str, list[dict[str, Any]]]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT *, at::text AS at_text FROM audit_entry ORDER BY at")
    await connection.close()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["request_id"], []).append(dict(row))
    return found


def fault_of(key: str, role: str, entries: list[dict[str, Any]]) -> str:
    """What is wrong with what this request left; empty where all is well."""
    owners = {entry["tenant_id"] for entry in entries}
    # What the platform does to an enterprise stands in both trails: neither reads the other's.
    if len(owners) > 1 and (role != "platform_admin" or owners == {None} or None not in owners):
        return f"in the trails of {owners}"
    for owner in owners or {None}:
        actions = sorted(entry["action"] for entry in entries if entry["tenant_id"] == owner)
        expected = sorted(SEVERAL[key]) if key in SEVERAL else actions[:1] if key not in LEAVE_NOTHING else []
        if actions != expected or (not actions and key not in LEAVE_NOTHING):
            return f"{actions} instead of {expected or 'one'}"
    for entry in entries:
        says_what = entry["before"] or entry["after"] or entry["action"] == "password.reset"
        if not (
            entry["actor_name"]
            and entry["actor_kind"] in ("user", "terminal", *(["anonymous"] if "/public/" in key else []))
            and entry["object_id"]
            and says_what
        ):
            return str(entry)
        if key.startswith(("PATCH", "PUT")) and not (entry["before"] and entry["after"]):
            return f"not from what to what: {entry}"
    return ""
