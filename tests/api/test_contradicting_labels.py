"""Promise: a Digital Link whose GTIN or lot is not that of its code is never called genuine and is no scan of that piece,
in every way in; a recalled piece is called recalled all the same; what is not known contradicts nothing."""

import pytest

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from tests.fixtures.api import Api
from tests.fixtures.scans import VOIDED, CodedLot, coded_lot, stored

GTIN, OTHER_GTIN = "06901234567892", "06909999999996"


def lot_no(lot: CodedLot) -> str:
    return f"L{lot.lot_id.hex[-8:]}"


async def with_gtin(lot: CodedLot) -> None:
    async with db.transaction(Scope.tenant(lot.tenant_id)):
        await db.execute("UPDATE product SET gtin = $2 WHERE id = $1", lot.product_id, GTIN)


async def statuses(api: Api, path: str) -> set[str]:
    """What the page (by its title) and both ways of the API say."""
    page = await api.anonymous.get(path)
    url = f"https://elsewhere.example{path}"
    answers = [
        (await api.anonymous.get("/api/v1/public/codes", params={"url": url})).json()["status"],
        (await api.anonymous.get("/api/v1/public/codes/-", params={"url": url})).json()["status"],
    ]
    return {*answers, "unknown" if "查无此码" in page.text else "recalled" if "召回中" in page.text else "genuine"}


@pytest.mark.parametrize("said", ["gtin", "lot"])
async def test_a_label_that_contradicts_its_code_is_unknown_and_no_scan(api: Api, said: str) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await with_gtin(lot)
    code = lot.codes[0]
    path = f"/01/{OTHER_GTIN}/21/{code}" if said == "gtin" else f"/01/{GTIN}/10/OTHER/21/{code}"
    assert await statuses(api, path) == {"unknown"}
    row = await stored(code, plant.tenant_id)
    assert (row["scan_count"], row["first_scan_at"]) == (0, None)
    assert await statuses(api, f"/01/{GTIN}/10/{lot_no(lot)}/21/{code.lower()}") == {"genuine"}
    assert (await stored(code, plant.tenant_id))["scan_count"] == 3


async def test_a_recalled_piece_is_recalled_whatever_its_label_says(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, state=VOIDED)
    await with_gtin(lot)
    path = f"/01/{OTHER_GTIN}/10/OTHER/21/{lot.codes[0]}"
    assert await statuses(api, path) == {"unknown"}
    async with db.transaction(Scope.tenant(lot.tenant_id)):
        await db.execute(
            "INSERT INTO public_notice (tenant_id, kind, lot_id, level, reason, advice, cause) VALUES ($1, 'recall', $2, 1, '异物', '停止食用', 'recall:1')",
            lot.tenant_id, lot.lot_id,
        )  # fmt: skip
    assert await statuses(api, path) == {"recalled"}


async def test_a_label_printed_before_a_split_stays_good(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await with_gtin(lot)
    part = new_id()
    async with db.transaction(Scope.tenant(lot.tenant_id)):
        await db.execute(
            "UPDATE code_order SET handed_down = jsonb_build_object('printed', jsonb_build_object('lot_no', $2::text, 'gtin', $3::text)) WHERE id = $1",
            lot.order_id, lot_no(lot), GTIN,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no, state) VALUES ($1, $2, 'finished', $3, 'PART', 'released')",
            lot.tenant_id, part, lot.product_id,
        )  # fmt: skip
        await db.execute("UPDATE code SET lot_id = $2 WHERE text = $1", lot.codes[0], part)
    for said in (lot_no(lot), "PART"):
        assert await statuses(api, f"/01/{GTIN}/10/{said}/21/{lot.codes[0]}") == {"genuine"}
    assert await statuses(api, f"/01/{GTIN}/10/PART/21/{lot.codes[1]}") == {"unknown"}


async def test_what_is_not_known_or_not_said_contradicts_nothing(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    assert await statuses(api, f"/01/{OTHER_GTIN}/21/{lot.codes[0]}") == {"genuine"}
    assert await statuses(api, f"/t/{lot.codes[0]}") == {"genuine"}
