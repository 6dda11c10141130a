"""Promise: the status is the first that applies, for every combination of what decides it.

The rule runs in SQL; the oracle here is written apart, from the order the specification names.
"""

from datetime import UTC, datetime, timedelta
from itertools import product

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import Api
from tests.fixtures.scans import CodedLot, coded_lot, put_publication

PAST, FUTURE = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)


def expected(notice: str | None, state: int, kind: int, *, released: bool, expired: bool) -> tuple[str, str | None]:
    if notice == "recall":
        return "recalled", None
    if state >= 5:
        return "voided", {5: "voided", 6: "lost", 7: "returned"}[state]
    if notice == "investigation":
        return "under_investigation", None
    if state < 3 or (kind == 2 and not released):
        return "inactive", None
    if expired:
        return "expired", None
    return ("lot_released" if kind == 2 else "genuine"), None


async def notice(lot: CodedLot, kind: str, *, serials: str | None = None) -> None:
    async with db.transaction(Scope.tenant(lot.tenant_id)):
        await db.execute(
            "INSERT INTO public_notice (tenant_id, kind, lot_id, order_id, serials, level, reason, advice, cause)"
            " VALUES ($1, $2, $3, $4, $5::text::int4range, 1, '原因', '退货', 'test')",
            lot.tenant_id, kind, lot.lot_id, lot.order_id if serials else None, serials,
        )  # fmt: skip


async def test_the_first_that_applies_in_every_combination(api: Api) -> None:
    plant = await api.plant()
    client = api.anonymous
    for kind, published, expired, told in product(
        (1, 2), (False, True), (False, True), (None, "investigation", "recall")
    ):
        for lot_state in ("released",) if published else ("released", "pending"):
            expires_at = PAST if expired else FUTURE
            lots = {
                state: await coded_lot(
                    api.settings, plant.tenant_id, kind=kind, state=state, count=1, lot_state=lot_state,
                    expires_at=expires_at,
                )
                for state in range(1, 8)
            }  # fmt: skip
            for state, lot in lots.items():
                if published:
                    await put_publication(plant.tenant_id, lot.lot_id, {}, expires_at=expires_at)
                if told:
                    await notice(lot, told)
                answer = (await client.get(f"/api/v1/public/codes/{lot.codes[0]}")).json()
                case = (kind, published, expired, told, lot_state, state)
                wanted = expected(told, state, kind, released=lot_state == "released", expired=expired)
                assert (answer["status"], answer["reason"]) == wanted, case


async def test_a_notice_about_serials_speaks_for_those_alone(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, count=4)
    await notice(lot, "recall", serials="[2,4)")
    found = [(await api.anonymous.get(f"/api/v1/public/codes/{code}")).json()["status"] for code in lot.codes]
    assert found == ["genuine", "recalled", "recalled", "genuine"]


async def test_a_recall_is_told_before_an_investigation_and_the_gravest_first(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await notice(lot, "investigation")
    await notice(lot, "recall")
    answer = (await api.anonymous.get(f"/api/v1/public/codes/{lot.codes[0]}")).json()
    assert answer["status"] == "recalled"
    assert answer["recall"] == {**answer["recall"], "level": "1", "reason": "原因", "what_to_do": "退货"}
    page = (await api.anonymous.get(f"/t/{lot.codes[0]}")).text
    assert "一级召回" in page
    assert "假" not in page
