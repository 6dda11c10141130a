"""Promise: whoever holds a pack learns without a code whether it is recalled, by product, bar code, lot, day or serial; nothing is ever
called safe, nothing that is not published comes out, and who asks too often waits, also while Valkey is away."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.scans.recall_lookup import RecallQuery, judge
from tests.fixtures.api import Api, Plant
from tests.fixtures.scans import CodedLot, coded_lot

ADVICE = "请停止食用，凭包装到购买处退货。"
MADE = datetime(2026, 3, 10, 2, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("fresh_limits")
EXPIRES = datetime(2026, 9, 6, 16, tzinfo=UTC)  # the end of that day at the edge


class Pack:
    """A recalled lot of a product with a name of its own, and another lot that is not."""

    def __init__(self, plant: Plant, lot: CodedLot, name: str, gtin: str) -> None:
        self.plant, self.lot, self.name, self.gtin = plant, lot, name, gtin
        self.lot_no = f"L{lot.lot_id.hex[-8:]}"


async def a_product(api: Api, plant: Plant | None = None) -> Pack:
    plant = plant or await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, count=20, expires_at=EXPIRES)
    mark = new_id().int % 10**10  # no name of another test is part of this one, nor the other way about
    name, gtin = f"霁蓝梅子冻{mark}", f"0690{mark:010d}"
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute(
            "UPDATE product SET name = $3, name_en = $4, gtin = $5, spec = 'X200' WHERE tenant_id = $1 AND id = $2",
            plant.tenant_id, lot.product_id, name, f"Jilan plum jelly {mark}", gtin,
        )  # fmt: skip
        await db.execute(
            "UPDATE lot SET produced_at = $3 WHERE tenant_id = $1 AND id = $2", plant.tenant_id, lot.lot_id, MADE
        )
        await db.execute(
            "INSERT INTO code_range (tenant_id, id, order_id, lot_id, serials) VALUES ($1, gen_random_uuid(), $2, $3, int4range(1, 21))",
            plant.tenant_id, lot.order_id, lot.lot_id,
        )  # fmt: skip
    return Pack(plant, lot, name, gtin)


async def recall(pack: Pack, **scope: Any) -> UUID:
    body = {"level": 2, "reason": "菌落总数超标", "advice": ADVICE, "reason_en": "germs", "advice_en": "Return it."}
    scope = scope or {"lots": [str(pack.lot.lot_id)]}
    answer = await pack.plant.client("quality_manager").post("/api/v1/recalls", json=body | scope)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


@pytest.fixture
async def pack(api: Api) -> Pack:
    made = await a_product(api)
    await recall(made)
    return made


async def ask(api: Api, **said: str) -> dict[str, Any]:
    answer = await api.anonymous.get("/api/v1/public/recalls", params=said)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_affected_and_what_to_do(api: Api, pack: Pack) -> None:
    for said in (
        {"product": pack.name, "lot": pack.lot_no},
        {"product": pack.name[:-2].replace("霁蓝", "霁蓝 "), "lot": pack.lot_no.lower(), "produced_on": "2026-03-10"},
        {"gtin": pack.gtin[1:], "lot": f"{pack.lot_no[:3]}-{pack.lot_no[3:]}", "expires_on": "2026-09-06"},
        {"serial": pack.lot.codes[4]},
        {"serial": pack.lot.codes[4].lower()},
    ):
        answer = await ask(api, **said)
        assert answer["outcome"] == "affected", said
        assert answer["matches"][0]["what_to_do"] == ADVICE
        assert answer["matches"][0]["lot_no"] == pack.lot_no
    english = await api.anonymous.get(
        "/api/v1/public/recalls", params={"product": pack.name, "lot": pack.lot_no}, headers={"Accept-Language": "en"}
    )
    assert english.json()["matches"][0]["what_to_do"] == "Return it."


async def test_what_differs_is_not_listed_and_what_is_missing_may_be(api: Api, pack: Pack) -> None:
    other = await ask(api, product=pack.name, lot="ANOTHER-1")
    assert (other["outcome"], other["matches"]) == ("not_listed", [])
    assert [each["lot_no"] for each in other["others"]] == [pack.lot_no]  # a slip shows beside what is recalled
    for said in (
        {"product": pack.name},
        {"gtin": pack.gtin},
        {"product": pack.name, "produced_on": "2026-03-10"},
        {"lot": pack.lot_no},
    ):
        answer = await ask(api, **said)
        assert (answer["outcome"], answer["matches"][0]["lot_no"]) == ("maybe", pack.lot_no), said
    assert (await ask(api, product=pack.name, produced_on="2026-03-11"))["outcome"] == "not_listed"
    assert (await ask(api, produced_on="2026-03-10"))["outcome"] == "too_little"
    assert (await ask(api, product="奶"))["outcome"] == "too_little"
    assert (await ask(api))["outcome"] == "too_little"


async def test_nothing_is_called_safe_and_nothing_unpublished_comes_out(api: Api) -> None:
    made = await a_product(api)
    answer = await ask(api, product=made.name, lot=made.lot_no)
    assert (answer["outcome"], answer["matches"], answer["others"]) == ("not_listed", [], [])
    assert answer["as_of"]
    page = await api.anonymous.get("/recall", params={"product": made.name, "lot": made.lot_no})
    assert "未列入已公布的召回" in page.text
    assert "截至" in page.text
    assert "不是对产品安全的保证" in page.text
    assert "放心" not in page.text
    assert (await ask(api, serial=made.lot.codes[0]))["outcome"] == "not_listed"
    recalled = await recall(made)
    assert (await ask(api, product=made.name, lot=made.lot_no))["outcome"] == "affected"
    ended = await made.plant.client("quality_manager").post(
        f"/api/v1/recalls/{recalled}/close", json={"outcome": "withdrawn", "reason": "误报"}
    )
    assert ended.status_code == 204
    assert (await ask(api, product=made.name, lot=made.lot_no))["outcome"] == "not_listed"


async def test_some_serials_of_a_lot(api: Api) -> None:
    made = await a_product(api)
    await recall(made, ranges=[{"order_id": str(made.lot.order_id), "first": 3, "last": 5}])
    known = {"product": made.name, "lot": made.lot_no}
    assert (await ask(api, **known))["outcome"] == "maybe"
    assert (await ask(api, **known, serial="4"))["outcome"] == "affected"
    assert (await ask(api, **known, serial="6"))["outcome"] == "not_listed"
    assert (await ask(api, serial=made.lot.codes[3]))["outcome"] == "affected"
    assert (await ask(api, serial=made.lot.codes[10]))["outcome"] == "not_listed"


async def test_a_serialised_item_by_its_number(api: Api) -> None:
    made = await a_product(api)
    async with db.transaction(Scope.tenant(made.plant.tenant_id)):
        await db.execute(
            "UPDATE lot SET kind = 'unit' WHERE tenant_id = $1 AND id = $2", made.plant.tenant_id, made.lot.lot_id
        )
    await recall(made, lots=[str(made.lot.lot_id)], exactly=True)
    assert (await ask(api, product=made.name, serial=made.lot_no))["outcome"] == "affected"
    assert (await ask(api, serial=made.lot_no))["outcome"] == "maybe"
    assert (await ask(api, product=made.name, serial="SN-1"))["outcome"] == "not_listed"


async def test_the_page_without_a_script_in_both_languages(api: Api, pack: Pack) -> None:
    asked = {"product": pack.name, "lot": pack.lot_no}
    page = await api.anonymous.get("/recall", params=asked)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "script-src" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert ADVICE in page.text
    assert "在召回范围内" in page.text
    english = await api.anonymous.get("/recall", params=asked, headers={"Accept-Language": "en"})
    assert "It is recalled" in english.text
    assert (await api.anonymous.get("/recall")).status_code == 200
    wrong = await api.anonymous.get("/recall", params={"product": pack.name, "produced_on": "gestern", "gtin": "12"})
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') == 2
    nasty = await api.anonymous.get("/recall", params={"product": "<script>alert(1)</script>\x00'--", "lot": "%_'"})
    assert nasty.status_code == 200
    assert "<script" not in nasty.text


async def test_who_asks_too_often_waits(api: Api) -> None:
    async with httpx.AsyncClient(base_url=api.base_url) as client:
        answers = [(await client.get("/api/v1/public/recalls", params={"lot": "X1"})).status_code for _ in range(80)]
        assert 429 in answers
        page = await client.get("/recall", params={"lot": "X1"})
        assert page.status_code == 429
        assert int(page.headers["retry-after"]) > 0
        assert (await client.get("/recall")).status_code == 200  # the empty form costs nothing


ROW: dict[str, Any] = {
    "company": "c", "product_name": "p", "product_name_en": None, "brand": None, "spec": None, "lot_no": "L1", "is_unit": False,
    "lot_fits": False, "serial_fits": False, "produced_on": None, "expires_at": None, "first_serial": None, "last_serial": None,
    "level": 1, "reason": "r", "advice": "a", "reason_en": None, "advice_en": None, "opened_at": MADE,
}  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.booleans(), st.sampled_from(["L1", "L2", None]), st.sampled_from([None, date(2026, 3, 10), date(2026, 3, 11)]),
    st.sampled_from([None, "4", "9", "SN"]), st.booleans(),
)  # fmt: skip
def test_a_recall_that_fits_is_never_answered_with_not_listed(
    named: bool, lot: str | None, made: date | None, serial: str | None, ranged: bool
) -> None:
    """The oracle knows the pack: lot L1 made on the 10th, serial 4. Whatever true part of that is said, the recall shows."""
    row = ROW | {"lot_fits": lot == "L1", "produced_on": date(2026, 3, 10)}
    if ranged:
        row |= {"first_serial": 3, "last_serial": 5}
    query = RecallQuery(product="p1" if named else None, lot=lot, produced_on=made, serial=serial)
    found = judge([row], query, "zh_CN")
    true = lot in (None, "L1") and made in (None, date(2026, 3, 10)) and (not ranged or serial in (None, "4", "SN"))
    assert (found.outcome != "not_listed") == true
    if found.outcome == "affected":
        assert named
        assert lot == "L1"
