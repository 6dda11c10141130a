"""Promise: what a sheet prints is what the database holds; its number is the next, its version counts changes, its bytes never
change; its page confirms it and says nothing else; internal limits and secrets stay inside."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from server.core import db
from server.domains.reports.documents import _render
from server.domains.reports.facts import Stamp
from server.domains.reports.test_report import gather
from server.domains.reports.words import Words
from tests.fixtures.api import Api
from tests.fixtures.cluster import Database
from tests.fixtures.sheets import Desk, desk, text_of

__all__ = ["desk"]


def strings_of(facts: Any) -> list[str]:
    if isinstance(facts, str):
        return [facts]
    parts = facts.values() if isinstance(facts, dict) else facts
    return [each for part in parts for each in strings_of(part)]


async def facts_of(desk: Desk, document: dict[str, Any]) -> dict[str, Any]:
    async with db.transaction(desk.plant.actor("viewer").scope()):
        value = await db.fetchval(
            "SELECT facts::text FROM document WHERE tenant_id = $1 AND id = $2", desk.plant.tenant_id, document["id"]
        )
    found: dict[str, Any] = db.loads(value)
    return found


async def test_a_test_report_prints_its_facts_and_they_are_those_of_the_lot(desk: Desk) -> None:
    lot = await desk.released("PG20260301")
    document = await desk.issue("test_report", lot)
    facts, shown = await facts_of(desk, document), text_of(await desk.pdf(document))
    for value in strings_of({**facts, "company": {"name": desk.plant.name, "credit_code": desk.plant.credit_code}}):
        if value not in ("released", "已放行", "P1"):  # a report names neither the state nor our own product code
            assert "".join(value.split()) in shown, value
    said = {"lot_no": "PG20260301", "produced_on": "2026-03-01", "expires_on": "2027-03-01", "quantity": "100 kg"}
    assert facts["lot"] | said == facts["lot"]
    assert [(item["name"], item["requirement"], item["result"], item["verdict"]) for item in facts["items"]] == [
        ("铅（以 Pb 计）", "≤ 0.05", "0.012", "合格")
    ]
    people = {role: desk.plant.person(role).actor.name for role in ("inspector", "releaser")}
    assert [signer["name"] for signer in facts["signers"]] == [people["inspector"], "", people["releaser"]]
    assert document["number"] in shown
    assert "准予出厂" in shown


async def test_what_stays_inside_is_on_no_sheet_that_leaves(desk: Desk) -> None:
    lot = await desk.released()
    for language in ("zh_CN", "en"):
        report = await desk.issue("test_report", lot, language=language)
        note = await desk.issue("delivery_note", await desk.shipment(lot), language=language)
        for document in (report, note):
            shown = text_of(await desk.pdf(document))
            assert "0.03" not in shown  # the internal limit of lead
            assert "10.25" not in shown  # the internal limit of sugar
            assert "11.5" not in shown  # the result of a secret field
    inside = text_of(await desk.pdf(await desk.issue("batch_record", lot)))
    assert "0.03" in inside
    assert "11.5" in inside


async def test_digests_are_of_the_file_and_of_the_facts(desk: Desk) -> None:
    document = await desk.issue("test_report", await desk.released())
    pdf = await desk.pdf(document)
    assert hashlib.sha256(pdf).hexdigest() == document["pdf_digest"]
    facts = orjson.dumps(await facts_of(desk, document), option=orjson.OPT_SORT_KEYS)
    assert hashlib.sha256(facts).hexdigest() == document["facts_digest"]
    assert document["facts_digest"] in text_of(pdf)


async def test_nothing_changed_is_the_same_document_and_a_change_is_the_next_version(desk: Desk) -> None:
    lot = await desk.released()
    first = await desk.issue("test_report", lot)
    again = await desk.issue("test_report", lot)
    assert again == first
    assert await desk.pdf(again) == await desk.pdf(first)
    before = await desk.pdf(first)
    await desk.record(lot, "0.013")
    second = await desk.issue("test_report", lot)
    assert (second["number"], second["version"], second["newest_version"]) == (first["number"], 2, 2)
    assert await desk.pdf(first) == before
    renewed = await desk.issue("test_report", lot, renew=True)
    assert (renewed["version"], renewed["facts_digest"]) == (3, second["facts_digest"])
    listed = (await desk.manager.get("/api/v1/documents", params={"subject_id": lot})).json()["items"]
    assert [each["version"] for each in listed] == [3, 2, 1]


async def test_the_same_facts_are_one_number_and_one_version_in_both_languages(desk: Desk, api: Api) -> None:
    lot = await desk.released()
    chinese = await desk.issue("test_report", lot)
    english = await desk.issue("test_report", lot, language="en")
    assert (english["number"], english["version"]) == (chinese["number"], 1)
    assert english["pdf_digest"] != chinese["pdf_digest"]
    assert await desk.issue("test_report", lot, language="en") == english
    for each, other in ((chinese, english), (english, chinese)):
        page = (await api.anonymous.get(each["check_url"])).text
        assert each["pdf_digest"] in page
        assert other["pdf_digest"] in page
    await desk.record(lot, "0.013")
    second = await desk.issue("test_report", lot, language="en")
    assert (second["number"], second["version"]) == (chinese["number"], 2)
    assert "不是最新版本" in (await api.anonymous.get(chinese["check_url"])).text
    again = await desk.issue("test_report", lot)
    assert (again["number"], again["version"], again["newest_version"]) == (chinese["number"], 2, 2)
    next_one = await desk.issue("test_report", await desk.released(), language="en")
    assert next_one["number"] != chinese["number"]


async def test_the_same_facts_give_the_same_bytes(desk: Desk) -> None:
    lot = await desk.released()
    async with db.transaction(desk.plant.actor("viewer").scope()):
        gathered = await gather(desk.plant.tenant_id, UUID(lot), Words("zh_CN"))
    stamp = Stamp(
        title="出厂检验报告", number="CJ2026-00001", version="1", issued="2026-03-02 10:00", issuer="甲", check_url="https://x/d/1",
        open_url="", facts_digest="0" * 64,
    )  # fmt: skip
    at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    made = [await asyncio.to_thread(_render, "test_report", gathered, stamp, at, "zh_CN") for _ in range(2)]
    assert made[0] == made[1]


async def test_numbers_have_no_gap_under_a_race_and_after_a_refusal(desk: Desk) -> None:
    lots = [await desk.released() for _ in range(4)]
    pending = await desk.lot()
    body = [{"kind": "test_report", "subject_id": lot} for lot in (*lots, pending, lots[0])]
    answers = await asyncio.gather(*(desk.manager.post("/api/v1/documents", json=each) for each in body))
    assert [answer.status_code for answer in answers] == [201, 201, 201, 201, 409, 201]
    assert answers[4].json()["code"] == "sheet_lot_not_decided"
    assert answers[0].json() == answers[5].json()  # both asked at once for the same sheet
    numbers = sorted(answer.json()["number"] for answer in answers[:4])
    assert [number.split("-")[1] for number in numbers] == ["00001", "00002", "00003", "00004"]
    other = await desk.issue("delivery_note", await desk.shipment(lots[0]))
    assert other["number"].endswith("-00001")  # each kind counts for itself


async def test_a_document_is_never_changed_not_even_by_its_own_enterprise(desk: Desk) -> None:
    document = await desk.issue("test_report", await desk.released())
    for sql in ("UPDATE document SET number = 'X' WHERE tenant_id = $1", "DELETE FROM document WHERE tenant_id = $1"):
        try:
            async with db.transaction(desk.plant.actor("enterprise_admin").scope()):
                await db.execute(sql, desk.plant.tenant_id)
        except asyncpg.InsufficientPrivilegeError:
            continue
        raise AssertionError(sql)
    assert (await desk.manager.get(f"/api/v1/documents/{document['id']}")).json() == document


async def test_its_page_confirms_a_sheet_and_says_nothing_else(desk: Desk, api: Api) -> None:
    lot = await desk.released("YZ-0099")
    first = await desk.issue("test_report", lot)
    page = await api.anonymous.get(first["check_url"])
    assert page.status_code == 200
    said = [first["number"], "YZ-0099", desk.plant.name, first["pdf_digest"], first["facts_digest"], "出厂检验报告"]
    assert [value for value in said if value not in page.text] == []
    assert "0.012" not in page.text
    assert "苹果汁" not in page.text
    assert str(lot) not in page.text
    assert "不是最新版本" not in page.text
    assert "script" not in page.headers["content-security-policy"] + page.text
    await desk.issue("test_report", lot, renew=True)
    assert "不是最新版本" in (await api.anonymous.get(first["check_url"])).text
    english = await api.client(accept_language="en").get(first["check_url"])
    assert "Not the newest version" in english.text


async def test_a_true_sheet_of_a_recalled_lot_says_so(desk: Desk, api: Api) -> None:
    lot = await desk.released("YZ-0100")
    document = await desk.issue("test_report", lot)
    assert "正在召回" not in (await api.anonymous.get(document["check_url"])).text
    recall = {"level": 1, "reason": "x", "advice": "y", "lots": [str(lot)]}
    opened = await desk.manager.post("/api/v1/recalls", json=recall)
    assert opened.status_code == 201, opened.text
    assert "正在召回" in (await api.anonymous.get(document["check_url"])).text
    withdrawn = {"outcome": "withdrawn", "reason": "误报"}
    await desk.manager.post(f"/api/v1/recalls/{opened.json()['id']}/close", json=withdrawn)
    assert "正在召回" not in (await api.anonymous.get(document["check_url"])).text


async def test_no_page_is_found_by_number_id_or_guess(desk: Desk, api: Api) -> None:
    document = await desk.issue("test_report", await desk.released())
    token = document["check_url"].rsplit("/", 1)[1]
    guesses = [
        document["number"],
        document["id"],
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        token.upper(),
        "%27%20or%201",
    ]
    answers = [await api.anonymous.get(f"/d/{guess}") for guess in guesses]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_another_enterprise_finds_nothing(desk: Desk, api: Api) -> None:
    document = await desk.issue("test_report", await desk.released())
    other = (await api.plant()).client("quality_manager")
    for path in ("", "/content.pdf", "/filled"):
        assert (await other.get(f"/api/v1/documents/{document['id']}{path}")).status_code == 404
    assert (await other.get("/api/v1/documents")).json()["items"] == []
    issued = await other.post("/api/v1/documents", json={"kind": "test_report", "subject_id": document["subject_id"]})
    assert issued.status_code == 404


async def test_an_authority_sees_that_a_secret_sheet_exists_and_not_what_it_says(desk: Desk, api: Api) -> None:
    lot = await desk.released()
    report, batch = await desk.issue("test_report", lot), await desk.issue("batch_record", lot)
    authority = (await api.regulator("330000")).client()
    whose = {"enterprise": str(desk.plant.tenant_id)}
    assert (await authority.get(f"/api/v1/documents/{report['id']}/content.pdf", params=whose)).status_code == 200
    shown = await authority.get(f"/api/v1/documents/{batch['id']}", params=whose)
    assert (shown.json()["confidential"], shown.json()["signers"]) == (True, [])
    refused = await authority.get(f"/api/v1/documents/{batch['id']}/content.pdf", params=whose)
    assert (refused.status_code, refused.json()["code"]) == (403, "document_confidential")


async def test_files_are_sealed_at_rest(desk: Desk, database: Database) -> None:
    document = await desk.issue("test_report", await desk.released())
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        sealed = await connection.fetchval(
            "SELECT sealed FROM blob WHERE digest = $1", bytes.fromhex(document["pdf_digest"])
        )
    finally:
        await connection.close()
    assert b"%PDF" not in sealed


async def test_an_incoming_sheet_names_the_supplier_and_its_lot(desk: Desk) -> None:
    supplier = await desk.made(
        "/api/v1/suppliers", {"code": "S1", "name": "山里果园", "address": "果园路 9 号", "contact": "林 139"}
    )
    lot = await desk.lot(
        "YL-1", lead=None, supplier_id=supplier, supplier_lot_no="GY-77", received_at="2026-03-02T09:00:00+08:00"
    )
    refused = await desk.manager.post("/api/v1/documents", json={"kind": "incoming_inspection", "subject_id": lot})
    assert (refused.status_code, refused.json()["code"]) == (409, "sheet_nothing_to_report")
    await desk.record(lot, "0.04", form="M1")
    shown = text_of(await desk.pdf(await desk.issue("incoming_inspection", lot)))
    for value in (
        "山里果园",
        "GY-77",
        "YL-1",
        "2026-03-02",
        "内控≤0.03",
        "法定≤0.05",
        "0.04",
        "不合格",
        "QR-M1",
        "已清场",
    ):
        assert value in shown, value


async def test_a_batch_record_and_a_delivery_note_print_every_row_of_their_facts(desk: Desk) -> None:
    material = await desk.made("/api/v1/products", {"kind": "material", "sku": "R1", "name": "苹果原浆", "unit": "kg"})
    charged = await desk.made(
        "/api/v1/lots", {"kind": "material", "product_id": material, "lot_no": "YJ-9", "quantity": "80", "unit": "kg"}
    )
    await desk.release(charged)
    lot = await desk.lot("PC-1")
    await desk.made("/api/v1/links", {"from_lot": charged, "to_lot": lot, "kind": "consumed", "quantity": "33.25"})
    operation = {
        "name": "巴氏杀菌", "lots_in": [charged], "lots_out": [lot], "shift": "早班", "unit": "kg", "quantity_in": "100",
        "quantity_good": "99.5", "quantity_reworked": "0", "quantity_scrapped": "0.5",
        "parameters": [{"name": "杀菌温度", "value": "85.5", "unit": "°C", "low": "83", "high": "90"}],
        "started_at": "2026-03-01T08:00:00+08:00", "ended_at": "2026-03-01T09:30:00+08:00",
    }  # fmt: skip
    await desk.made("/api/v1/operations", operation)
    taken_in = {"kind": "material", "product_id": material, "lot_no": "YJ-10", "quantity": "8", "unit": "kg"}
    other = await desk.made("/api/v1/lots", taken_in)
    await desk.release(other)
    await desk.made("/api/v1/operations", {"name": "加料", "lots_in": [other], "lots_out": [lot]})
    await desk.release(lot)
    batch = await desk.issue("batch_record", lot)
    note = await desk.issue("delivery_note", await desk.shipment(lot))
    for document, parts in ((batch, ("materials", "operations", "records", "events", "balance")), (note, ("lines",))):
        facts, shown = await facts_of(desk, document), text_of(await desk.pdf(document))
        rows = [facts[part] for part in parts]
        assert all(rows), parts
        missing = {value for value in strings_of(rows) if "".join(value.split()) not in shown}
        assert missing <= {"GB 5009.12"}  # a record's method stands in its specification
    used = {each["lot_no"]: each["quantity"] for each in (await facts_of(desk, batch))["materials"]}
    assert used == {"YJ-9": "33.25 kg", "YJ-10": "未知"}  # the operation said nothing of how much
    assert (
        used["YJ-9"],
        (await facts_of(desk, batch))["operations"][0]["parameters"][0]["value"],
    ) == ("33.25 kg", "85.5 °C")
