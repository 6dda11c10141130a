"""Promise: whoever uses a browser gets a page in his language with a way on, also where nothing is, where a method does
not fit, and where the server fails; programs get problem details. Another site's form does nothing."""

from typing import Any

import httpx
import pytest

from admin.enterprise import lot_reads
from server.core.errors import Unavailable
from server.domains.access import queries
from tests.fixtures.api import Api

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def is_page(answer: httpx.Response, language: str) -> bool:
    head = answer.headers
    assert "unsafe" not in head["content-security-policy"]
    assert head["cache-control"] == "no-store"
    return head["content-type"].startswith("text/html") and f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize("path", ["/admin/nothing", "/admin/lots/x/y/z", "/administrators", "/nothing"])
async def test_an_unknown_address_is_a_page_with_a_way_back(api: Api, path: str) -> None:
    answer = await api.anonymous.get(path, headers={**BROWSER, "accept-language": "zh-CN"})
    assert answer.status_code == 404
    assert is_page(answer, "zh-CN")
    assert "核对地址" in answer.text
    assert 'href="/admin"' in answer.text
    english = await api.anonymous.get(path, headers={**BROWSER, "accept-language": "en"})
    assert is_page(english, "en")
    assert "Check the address" in english.text


@pytest.mark.parametrize("path", ["/admin/nothing", "/admin/lots/x/y/z"])
@pytest.mark.parametrize("accept", ["*/*", ""])
async def test_in_the_back_office_nobody_needs_to_ask_for_a_page(api: Api, path: str, accept: str) -> None:
    answer = await api.anonymous.get(path, headers={"accept": accept})
    assert answer.status_code == 404
    assert is_page(answer, "zh-CN")


async def test_the_back_office_is_found_with_a_slash_behind_it(api: Api) -> None:
    answer = await api.anonymous.get("/admin/", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    home = await (await api.plant()).client("viewer").get("/admin/", headers=BROWSER, follow_redirects=True)
    assert (home.status_code, home.url.path) == (200, "/admin")
    assert (await api.anonymous.post("/admin/", headers=BROWSER)).status_code == 405
    for path in ("/admin/lots/", "/admin/sign-in/", "/api/v1/lots/", "/api/"):  # nothing else is forgiven
        assert (await api.anonymous.get(path)).status_code == 404, path


async def test_what_only_takes_forms_leads_to_the_page_of_the_form(api: Api) -> None:
    plant = await api.plant()
    answer = await plant.client("viewer").get(f"/admin/lots/{plant.tenant_id}/release", headers=BROWSER)
    assert answer.status_code == 405
    assert answer.headers["Allow"]
    assert is_page(answer, "zh-CN")
    assert f'href="/admin/lots/{plant.tenant_id}"' in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/t/", 404), ("GET", "/t", 404), ("GET", "/t/a/b/c", 404),
                                                        ("POST", "/t/ABC", 405), ("GET", "/01/0690", 404)])  # fmt: skip
async def test_a_scan_address_without_a_code_casts_no_doubt(api: Api, method: str, path: str, status: int) -> None:
    answer = await api.anonymous.request(method, path, headers={**BROWSER, "accept-language": "zh-CN"})
    assert answer.status_code == status
    assert is_page(answer, "zh-CN")
    assert "与您手中的产品无关" in answer.text


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/nothing"), ("GET", "/api/nothing"), ("PUT", "/api/v1/lots")]
)
async def test_programs_get_problem_details_whatever_they_accept(api: Api, method: str, path: str) -> None:
    for headers in (BROWSER, {}):
        answer = await api.anonymous.request(method, path, headers=headers)
        assert answer.headers["content-type"].startswith("application/problem+json")
    plain = await api.anonymous.get("/admin/nothing", headers={"accept": "application/json"})
    assert plain.json()["code"] == "not_found"


async def test_a_failing_page_says_so_with_its_request_number(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    plant = await api.plant()

    async def broken(*_: Any) -> Any:
        raise RuntimeError("a defect")

    monkeypatch.setattr(queries, "list_users", broken)
    answer = await plant.client("viewer").get("/admin/users", headers=BROWSER)
    assert answer.status_code == 500
    assert is_page(answer, "zh-CN")
    assert answer.headers["x-request-id"] in answer.text
    assert "a defect" not in answer.text
    assert 'href="/admin/users"' in answer.text


async def test_a_database_that_is_away_is_said_and_may_be_tried_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = await api.plant()

    async def away(*_: Any) -> Any:
        raise Unavailable(retry_after_seconds=1)

    monkeypatch.setattr(lot_reads, "list_lots", away)
    answer = await plant.client("viewer").get("/admin/lots", headers=BROWSER)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert is_page(answer, "zh-CN")
    assert "重新打开本页" in answer.text


async def test_the_bare_address_leads_in(api: Api) -> None:
    answer = await api.anonymous.get("/", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")


async def test_another_sites_form_changes_nothing(api: Api) -> None:
    plant = await api.plant()
    token = plant.person("enterprise_admin").token
    new = {"username": f"csrf-{plant.tenant_id.hex[-8:]}", "display_name": "外来", "roles": "viewer"}
    for origin in ("https://evil.example", "null", ""):
        client = api.client(origin=origin) if origin else api.client()
        client.cookies.set("qt_session", token)
        answer = await client.post("/admin/users", data=new)
        assert answer.status_code == 403, origin
    async with api.client(token) as owner:
        assert new["username"] not in (await owner.get("/admin/users")).text


async def test_the_language_switch_of_a_refused_form_leads_to_its_page(api: Api) -> None:
    plant = await api.plant()
    refused = await plant.client("enterprise_admin").post("/admin/users", data={"username": "x"})
    assert refused.status_code == 422
    assert "next=%2Fadmin%2Fusers" in refused.text
    lot = f"/admin/users/{plant.person('viewer').user_id}"
    wrong = await plant.client("enterprise_admin").post(f"{lot}/nothing")
    assert wrong.status_code == 404
