"""Promise: every JSON body that /openapi.json shows works as it stands against the demo, sent with the parameters shown
beside it by somebody whom the matrix lets; and what the parameters of readings name is there."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from tests.fixtures.demo import Demo, seeded_demo

pytestmark = pytest.mark.xdist_group("openapi_examples")  # one seeding for the file
MATRIX = yaml.safe_load((Path(__file__).parents[1] / "security" / "matrix.yaml").read_text(encoding="utf-8"))
# What ends something comes after what needs it, in this order: a line is cancelled before the goods leave, and so on.
ENDING = (
    "/links/{id}/end", "/lots/{id}/open", "/links/{id}/reverse", "/lines/{line_id}/cancel", "/depart", "/receipt", "/releases",
    "/rejections", "/holds/{id}/close", "/recalls/{id}/close", "/auth/password", "/auth/logout", "/{id}/password", "/disabled", "/state",
)  # fmt: skip
ASK_FOR_A_NAME = (
    "GET /api/v1/trace",
    "GET /api/v1/search",
    "GET /api/v1/scans",
)  # of a lot or a code, which no two demos share


class Operation(NamedTuple):
    """One operation as it is described."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def query(self) -> dict[str, str]:
        """The examples of a query; `enterprise` is for regulators alone."""
        own = (each for each in self.described["parameters"] if each["in"] == "query" and each["name"] != "enterprise")
        return {each["name"]: each["example"] for each in own if "example" in each}

    @property
    def content(self) -> dict[str, Any] | None:
        """Of the JSON body, where it takes one."""
        content: dict[str, Any] = self.described.get("requestBody", {}).get("content", {})
        return content.get("application/json")

    @property
    def sends_json(self) -> bool:
        """A JSON body or none; no form with a file."""
        return self.content is not None or "requestBody" not in self.described

    def url(self) -> str | None:
        """The path with its parameters' examples; None where one of them has none."""
        examples = {each["name"]: each.get("example") for each in self.described["parameters"] if each["in"] == "path"}
        if None in examples.values():
            return None
        return re.sub(r"{(\w+)}", lambda name: str(examples[name[1]]), self.path)

    def turn(self) -> int:
        return next((n for n, end in enumerate(ENDING, 1) if self.path.endswith(end)), 0)


class Company:
    """Everybody of the demo, signed in when first needed. Of the enterprises the dairy."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.clients: dict[str, httpx.Client] = {}
        accounts = demo.info["accounts"]
        self.accounts = {each["role"]: each for each in accounts if "制药" not in (each["tenant"] or "")}

    def client(self, role: str) -> httpx.Client:
        if role not in self.clients:
            self.clients[role] = self.demo.sign_in_as(self.accounts[role])
        return self.clients[role]

    def refresh_token(self, role: str) -> str:
        account = self.accounts[role]
        body = {name: account[name] for name in ("username", "password", "tenant")}
        answer = httpx.post(f"{self.demo.base_url}/api/v1/auth/login", json=body, trust_env=False, timeout=60)
        return str(answer.json()["refresh_token"])

    def completed(self, body: dict[str, Any], role: str) -> dict[str, Any]:
        """The body with what is random in every demo and so stands as "…" in the example: the sender's password, and
        a refresh token. All else is sent as it is shown."""
        own: dict[str, Callable[[], str]] = {
            "password": lambda: self.accounts[body.get("username", "." + role).partition(".")[2]]["password"],
            "current_password": lambda: self.accounts[role]["password"],
            "refresh_token": lambda: self.refresh_token(role),
        }
        return {name: own[name]() if value == "…" else value for name, value in body.items()}


def role_of(key: str) -> str:
    """The first whom the matrix lets; an inspector stands for anybody."""
    group = str(MATRIX["routes"][key]).split()[0]
    return "inspector" if group in ("public", "signed_in") else str(MATRIX["groups"][group][0])


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    with seeded_demo() as served:
        company = Company(served)
        yield company
        for client in company.clients.values():
            client.close()


@pytest.fixture(scope="module")
def operations(company: Company) -> list[Operation]:
    described = httpx.get(f"{company.demo.base_url}/openapi.json", trust_env=False).json()
    found = [Operation(m, path, each) for path, methods in described["paths"].items() for m, each in methods.items()]
    return [operation for operation in found if operation.path.startswith("/api/v1/")]


def test_every_json_body_has_an_example(operations: list[Operation]) -> None:
    bodies = [each for each in operations if each.content is not None]
    assert len(bodies) >= 77
    assert [each.key for each in bodies if "example" not in (each.content or {})] == []
    assert [each.key for each in bodies if each.url() is None] == []


def test_what_readings_name_is_there(company: Company, operations: list[Operation]) -> None:
    readings = {each.key: each for each in operations if each.method == "get" and each.url()}
    assert len(readings) > 60
    sent = {
        key: company.client(role_of(key)).get(each.url() or "", params=each.query) for key, each in readings.items()
    }
    assert {
        key: answer.text for key, answer in sent.items() if not answer.is_success and key not in ASK_FOR_A_NAME
    } == {}


def test_every_example_works(company: Company, operations: list[Operation]) -> None:
    """After the readings: this changes the demo. What takes no body at all is sent as well."""
    writings = [each for each in operations if each.method in ("post", "put", "patch") and each.url()]
    refused = {}
    for each in sorted((each for each in writings if each.sends_json), key=Operation.turn):
        role = role_of(each.key)
        body = company.completed(each.content["example"], role) if each.content else None
        answer = company.client(role).request(each.method, each.url() or "", json=body)
        if not answer.is_success:
            refused[each.key] = (role, answer.status_code, answer.text)
    assert refused == {}
