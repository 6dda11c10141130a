"""Promise: every route x every role x {own, other enterprise, other district, no token, expired token} answers as
`matrix.yaml` says, which is written apart; router, route table and matrix name the same routes."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from server.app import create_app, tables
from server.core.ids import new_id
from server.domains.access import tokens
from server.domains.access.permissions import ROLES, TENANT_ROLES
from server.http.routes import PUBLIC, Route
from server.settings import Settings
from tests.fixtures.api import Api, Plant
from tests.fixtures.cluster import Database
from tests.security.strangers import stranger_row

MATRIX = yaml.safe_load((Path(__file__).parent / "matrix.yaml").read_text(encoding="utf-8"))
EXPECTED: dict[str, list[str]] = {key: str(value).split() for key, value in MATRIX["routes"].items()}
ROUTES: dict[str, Route] = {f"{route.method} {route.path}": route for table in tables() for route in table}
GUARDED = sorted(key for key in ROUTES if EXPECTED.get(key, ["?"])[0] != PUBLIC)
OWN_ROOMS = ("signed_in", "regulators")  # a regulator needs no `enterprise` there


def may(key: str) -> set[str]:
    """The roles that a line lets in."""
    group = EXPECTED[key][0]
    return set(ROLES) if group == "signed_in" else set(MATRIX["groups"][group])


def test_router_table_and_matrix_name_the_same_routes(settings: Settings) -> None:
    app = create_app(settings, f"matrix_{new_id().hex}")
    routed = set()
    for route in app.router.routes:
        path = "/" + re.sub(r"<(\w+)(:\w+)?>", r"{\1}", route.path)
        routed |= {f"{method} {path}" for method in route.methods - {"HEAD"}}
    assert sorted(routed - set(EXPECTED)) == [], "routes without a line in tests/security/matrix.yaml"
    assert sorted(set(EXPECTED) - routed) == [], "lines without a route"
    assert routed == set(ROUTES)


def test_every_role_is_expected_somewhere() -> None:
    assert {role for group in MATRIX["groups"].values() for role in group} == set(ROLES)


@pytest.mark.parametrize("key", sorted(key for key in ROUTES if EXPECTED.get(key, ["?"])[0] == PUBLIC))
async def test_a_public_route_asks_nobody_who_he_is(api: Api, key: str) -> None:
    answer = await send(api.anonymous, replace(ROUTES[key], example=None), str(new_id()))
    assert answer.status_code not in (401, 403), answer.text
    assert answer.status_code < 500


@pytest.mark.parametrize("key", GUARDED)
async def test_a_route_opens_to_whom_the_matrix_names(api: Api, database: Database, key: str) -> None:
    route, plant, other = ROUTES[key], await api.plant(), await api.plant()
    await strangers_without_a_token(api, route, plant)
    for role in sorted(TENANT_ROLES | {"platform_admin"}):
        office = api.platform if role == "platform_admin" else plant
        answer = await send(office.client(role), route, str(new_id()))
        judge(answer, key, role)
    await regulators(api, route, plant, key)
    if len(EXPECTED[key]) > 1:
        await another_enterprise(api, database, route, plant, other, key)


def judge(answer: httpx.Response, key: str, role: str) -> None:
    """Refused as `forbidden`, or let in, whatever the answer then is."""
    assert answer.status_code < 500, (key, role, answer.text)
    assert answer.status_code != 401, (key, role)
    refused = answer.status_code == 403 and (ROUTES[key].is_page or answer.json()["code"] == "forbidden")
    assert refused == (role not in may(key)), (key, role, answer.status_code, answer.text)


async def strangers_without_a_token(api: Api, route: Route, plant: Plant) -> None:
    person = plant.person("enterprise_admin")
    claims = tokens.Claims(person.actor.session_id or new_id(), person.user_id, plant.tenant_id, None)
    past = datetime.now(UTC) - timedelta(hours=1)
    for token in (
        None,
        tokens.encode(claims, api.settings.token_key, now=past),
        tokens.encode(claims, b"another key of thirty-two bytes!"),
        "nonsense",
        tokens.new_api_key(plant.tenant_id)[0],
    ):
        answer = await send(api.client(token), route, str(new_id()))
        if route.is_page:
            assert answer.status_code in (303, 307, 401), (route.path, answer.status_code)
            assert answer.status_code == 401 or answer.headers["location"].startswith(
                ("/admin/sign-in", "/admin/session")
            ), route.path
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (route.path, token)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def regulators(api: Api, route: Route, plant: Plant, key: str) -> None:
    """Let in for an enterprise of the own district; for another district's nothing is there at all."""
    inside, outside = await api.regulator("330100"), await api.regulator("310000")
    if "regulator" not in may(key) or EXPECTED[key][0] in OWN_ROOMS:
        judge(await send(inside.client(), route, str(new_id())), key, "regulator")
        return
    same_id = str(new_id())
    judge(await send(inside.client(), route, same_id, enterprise=str(plant.tenant_id)), key, "regulator")
    refused = await send(outside.client(), route, same_id, enterprise=str(plant.tenant_id))
    missing = await send(outside.client(), route, same_id, enterprise=str(new_id()))
    assert refused.status_code == 404, (key, refused.text)
    assert without_request_id(refused) == without_request_id(missing)
    if not route.is_page:
        nameless = await send(inside.client(), route, same_id)
        assert nameless.status_code == 422, (key, nameless.text)


async def another_enterprise(api: Api, database: Database, route: Route, plant: Plant, other: Plant, key: str) -> None:
    """What belongs to another is not there: the answer is the one to an id that nobody has."""
    theirs, nobodys = str(await object_of(database, other, EXPECTED[key][1])), str(new_id())
    role = sorted(may(key) & TENANT_ROLES)[0]
    foreign = await send(plant.client(role), route, theirs)
    missing = await send(plant.client(role), route, nobodys)
    assert foreign.status_code in (404, 422), (key, foreign.text)
    assert foreign.status_code == 404 or route.body is not None, (key, foreign.text)
    assert without_request_id(foreign).replace(theirs, nobodys) == without_request_id(missing), key
    if "regulator" in may(key):
        watcher = await api.regulator("330000")
        elsewhere = await api.plant("310101")
        theirs = str(await object_of(database, elsewhere, EXPECTED[key][1]))
        params = {"enterprise": str(plant.tenant_id)}
        assert (await send(watcher.client(), route, theirs, **params)).status_code == 404


async def object_of(database: Database, plant: Plant, kind: str) -> Any:
    if kind == "user":
        return plant.person("viewer").user_id
    if kind == "session":
        return plant.person("viewer").actor.session_id
    return await stranger_row(database.superuser_dsn, kind, plant.tenant_id)


async def send(client: httpx.AsyncClient, route: Route, id: str, **params: str) -> httpx.Response:
    """The route with this id in every placeholder; its example as the body, where it takes one."""
    path = re.sub(r"{\w+}", id, route.path)
    files = {"file": ("a.pdf", b"%PDF-1.4 tiny", "application/pdf")} if route.upload else None
    json = (route.example or {}) if route.body and not route.upload else None
    origin = {"Origin": str(client.base_url).rstrip("/")}
    return await client.request(route.method, path, json=json, params=params, files=files, headers=origin)


def without_request_id(answer: httpx.Response) -> str:
    return re.sub(r'"request_id":"[^"]*"', "", answer.text)
