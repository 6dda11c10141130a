"""Promise: past every service the database itself refuses what no signature allows: release or concession outside a legal
limit, effect without signatures, destruction without evidence, more than was conceded, signed words rewritten."""

import asyncpg
import pytest

from server.core.constraints import problem_of
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.failing import Floor

SOON = "2099-12-31"


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def refusal(floor: Floor, sql: str, *args: object) -> str:
    """The code of the problem behind the constraint that refuses it."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await floor.database(sql, *args)
    problem = problem_of(caught.value)
    assert problem is not None
    return problem.code


async def test_outside_a_legal_limit_nothing_is_released_or_conceded(floor: Floor) -> None:
    lot = await floor.lot("0.06")
    release = "UPDATE lot SET state = 'released' WHERE tenant_id = $1 AND id = $2"
    assert await refusal(floor, release, lot) == "lot_outside_law"
    part = (await floor.call("operator", "POST", f"lots/{lot}/split", {"lot_no": "T", "quantity": "5"}))["id"]
    await floor.record(part, "0.01")  # a lucky sample of the same goods changes nothing
    assert await refusal(floor, release, part) == "lot_outside_law"
    assert await floor.release(part, status=409) == ["release_legal_limit_failed"]
    made = (await floor.call("operator", "POST", f"lots/{lot}/rework", {"lot_no": "R", "quantity": "5"}))["id"]
    assert await refusal(floor, release, made) == "lot_outside_law"
    await floor.record(made, "0.01")
    await floor.release(made)
    opened = await floor.open(lot)
    body = {"kind": "concession", "reason": "x", "expires_at": SOON}
    path = f"nonconformities/{opened['id']}/dispositions"
    for more in (
        {},
        {"kind": "sort", "expires_at": None},
        {"kind": "downgrade", "expires_at": None, "product_id": floor.feed},
    ):
        assert await floor.refused("quality_manager", path, body | more) == "disposition_legal_limit_failed"
    for kind in ("scrap", "destroy", "rework"):
        await floor.propose(opened["id"], kind, quantity="10")


async def test_a_concession_proposed_before_the_law_failed_takes_no_effect(floor: Floor) -> None:
    lot = await floor.lot("0.035")
    opened = await floor.open(lot)
    disposition = await floor.propose(opened["id"], "concession", expires_at=SOON)
    await floor.record(lot, "0.06")
    path = f"dispositions/{disposition}/signatures"
    assert await floor.refused("quality_manager", path, {"password": PASSWORD}) == "disposition_legal_limit_failed"
    sql = (
        "INSERT INTO disposition_signature (tenant_id, disposition_id, decision, signer_id, signer_name, roles)"
        " VALUES ($1, $2, 'approve', uuidv7(), 'x', '{}')"
    )
    await floor.database(sql, disposition)
    approve = "UPDATE disposition SET state = 'approved' WHERE tenant_id = $1 AND id = $2"
    assert await refusal(floor, approve, disposition) == "disposition_legal_limit_failed"
    concede = (
        "UPDATE lot SET concession_id = $3, conceded_until = now() + interval '1 day', conceded_quantity = 100"
        " WHERE tenant_id = $1 AND id = $2"
    )
    assert await refusal(floor, concede, lot, disposition) == "lot_outside_law"


async def test_nothing_takes_effect_unsigned_or_without_evidence(floor: Floor) -> None:
    lot = await floor.lot("0.035")
    opened = await floor.open(lot)
    disposition = await floor.propose(opened["id"], "concession", expires_at=SOON, quantity="10")
    scrap = await floor.propose(opened["id"], "scrap", quantity="10")
    concede = (
        "UPDATE lot SET concession_id = $3, conceded_until = now() + interval '1 day', conceded_quantity = 100"
        " WHERE tenant_id = $1 AND id = $2"
    )
    assert await refusal(floor, concede, lot, disposition) == "concession_unsigned"
    for state in ("approved", "carried_out"):
        sql = "UPDATE disposition SET state = $3, accounted = 10 WHERE tenant_id = $1 AND id = $2"
        assert await refusal(floor, sql, scrap, state) in ("disposition_not_approved", "check_failed")
    await floor.sign(scrap)
    done = "UPDATE disposition SET state = 'carried_out', accounted = 10 WHERE tenant_id = $1 AND id = $2"
    assert await refusal(floor, done, scrap) == "disposition_evidence_needed"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await floor.database("UPDATE disposition SET quantity = 99 WHERE tenant_id = $1 AND id = $2", scrap)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await floor.database("UPDATE nonconformity SET defect = 'x' WHERE tenant_id = $1 AND id = $2", opened["id"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await floor.database("DELETE FROM disposition_signature WHERE tenant_id = $1")


async def test_the_books_go_no_further_than_the_concession(floor: Floor) -> None:
    lot = await floor.lot("0.035", release=True)
    opened = await floor.open(lot)
    await floor.decide(opened["id"], "concession", expires_at=SOON)
    await floor.call("operator", "POST", f"lots/{lot}/count", {"quantity": "120"})
    assert (
        await refusal(floor, "UPDATE lot SET used_quantity = 101 WHERE tenant_id = $1 AND id = $2", lot)
        == "concession_used_up"
    )
    forever = "UPDATE lot SET concession_id = NULL, conceded_until = NULL, conceded_quantity = NULL WHERE tenant_id = $1 AND id = $2"
    assert await refusal(floor, forever, lot) == "concession_unsigned"


async def test_a_legal_failure_after_release_stops_all_that_became_of_the_goods_until_it_is_corrected(
    floor: Floor,
) -> None:
    lot = await floor.lot("0.01", release=True)
    part = (await floor.call("operator", "POST", f"lots/{lot}/split", {"lot_no": "T", "quantity": "5"}))["id"]
    record = await floor.record(lot, "0.06")
    assert [await floor.ship_code(each, "1") for each in (lot, part)] == ["lot_on_hold", "lot_on_hold"]
    (hold,) = (await floor.call("viewer", "GET", f"lots/{part}/holds"))["items"]
    assert (
        await floor.refused("quality_manager", f"holds/{hold['id']}/close", {"reason": "x"}) == "legal_failure_stands"
    )
    await floor.correct(lot, record, {"Pb": "0.02"})
    assert [await floor.ship_code(each, "1") for each in (lot, part)] == ["ok", "ok"]
