"""Promise: the rest of an inspector's day on the page: many items under one check, samples in a grid that goes on by itself, evidence
before numbers, what was refused put right, a correction, a task handed over, practice that counts nothing, a code read off a photo,
a shared terminal signed by badge and PIN without a network, and a warning before signing out on what is unsent."""

import io
from uuid import UUID

import pytest
import qrcode

from server.core import db
from tests.browser.test_inspector_page import line_with_lots, picture
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import make_line
from tests.fixtures.inspector import ledger, records
from tests.fixtures.phone_page import CHROMIUM, measured_form, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
PIN = "405918"
SPOIL_PHOTO = """() => new Promise((done) => { const open = indexedDB.open("quality-phone"); open.onsuccess = () => {
  const store = open.result.transaction("photos", "readwrite").objectStore("photos"); const all = store.getAll();
  all.onsuccess = () => { const [photo] = all.result; photo.sha256 = "0".repeat(64); store.put(photo);
    store.transaction.oncomplete = () => { open.result.close(); done(); }; }; }; })"""

SPOIL_ENTRY = """() => new Promise((done) => { const open = indexedDB.open("quality-phone"); open.onsuccess = () => {
  const store = open.result.transaction("entries", "readwrite").objectStore("entries"); const all = store.getAll();
  all.onsuccess = () => { const held = all.result.find((each) => each.about.photos); held.entry.late_reason = String.fromCharCode(0xd800); store.put(held);
    store.transaction.oncomplete = () => { open.result.close(); done(); }; }; }; })"""


async def test_many_items_are_one_check_with_its_exceptions(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    (task,) = await line.open()
    for part in ("P1", "P2", "P3"):
        await line.post(f"lots/{task['lot_id']}/split", {"lot_no": f"{number}-{part}", "quantity": "1"})
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(number)
        await page.click("#many")
        await page.wait_for_selector("#item-count")
        for at, part in enumerate(("P1", "P2", "P3"), 1):
            await screen.wedge(f"{number}-{part}")
            await page.wait_for_selector(f"#items .item >> nth={at - 1}")
        await screen.wedge(f"{number}-P1")
        assert "已扫过" in await page.inner_text("#said .bad")
        await page.click(f"#items .row:has-text('{number}-P2')")
        await page.click(".exception [data-value='坏']")
        await page.click(".exception .weui-btn_primary")
        await screen.picture("items")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    assert sorted(each["verdict"] for each in await records(line)) == ["fail", "pass", "pass", "pass"]
    assert len({each["check_id"] for each in await ledger(line)}) == 1


async def test_offline_the_lots_own_code_and_its_parts_are_known_and_a_stranger_is_put_right_later(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    (task,) = await line.open()
    await line.post(f"lots/{task['lot_id']}/split", {"lot_no": f"{number}-P1", "quantity": "1"})
    printed = await line.plant.client("inspector").post(
        f"/api/v1/lots/{task['lot_id']}/labels", json={"kind": "status"}
    )
    assert printed.status_code == 200
    await line.lot(lot_no="RM-STRANGE")
    async with db.transaction(line.plant.actor("operator").scope()):
        code = await db.fetchval("SELECT text FROM code WHERE lot_id = $1", UUID(task["lot_id"]))
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.context.set_offline(True)
        await screen.wedge(f"{api.base_url}/t/{code}")
        await page.wait_for_selector("#many")
        assert number in await page.inner_text("h1")
        assert await page.inner_text(".due-head b")
        await page.click("#many")
        await page.wait_for_selector("#item-count")
        for at, text in enumerate((f"{number}-P1", "STRANGER-1"), 1):
            await screen.wedge(text)
            await page.wait_for_selector(f"#items .item >> nth={at - 1}")
        await screen.wedge("RM-STRANGE")
        assert "RM-STRANGE" in await page.inner_text("#said .bad")
        await page.click("#save")
        await screen.unsent(1)
        await page.goto(f"{api.base_url}/phone/#/queue")
        await screen.context.set_offline(False)
        await page.click(".queued.refused .amend")
        await page.wait_for_selector("#items .item:has-text('已上传')")
        await page.click("#items .row:has-text('STRANGER-1')")
        await page.click(".exception button >> text=移除")
        await screen.picture("items-amended")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    assert [each["verdict"] for each in await records(line)] == ["pass", "pass"]
    assert (await line.plant.client("quality_manager").get("/api/v1/phone/conflicts")).json()["items"] == []


@pytest.mark.parametrize("offline", [False, True])
async def test_a_scanned_piece_of_a_lot_that_is_due_is_the_first_of_its_check(api: Api, offline: bool) -> None:
    line, (number,) = await line_with_lots(api, 1)
    (task,) = await line.open()
    rule = {"name": "件码", "level": "item", "segments": [{"kind": "minted"}], "unguessable": True}
    order = {"lot_id": task["lot_id"], "rule_id": (await line.post("code-rules", rule))["id"], "count": 2}
    await line.post("code-orders", order)
    async with db.transaction(line.plant.actor("operator").scope()):
        pieces = [
            row["text"] for row in await db.fetch("SELECT text FROM code WHERE lot_id = $1", UUID(task["lot_id"]))
        ]
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.context.set_offline(offline)
        await screen.wedge(f"{api.base_url}/t/{pieces[0]}")
        await page.wait_for_selector("#items .item >> nth=0")
        assert await page.inner_text("h1") == number
        await screen.wedge(f"{api.base_url}/t/{pieces[1]}")
        await page.wait_for_selector("#items .item >> nth=1")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.context.set_offline(False)
        await screen.unsent(0)
    assert [each["verdict"] for each in await records(line)] == ["pass"] * 3
    assert await line.open() == []


async def test_two_lots_of_one_number_are_told_apart_by_the_person(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    await line.lot("finished", lot_no=number)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        for offline in (False, True):
            await screen.context.set_offline(offline)
            await screen.wedge(number)
            await page.wait_for_selector("#over .choices .choice >> nth=1")
            await screen.picture("namesakes")
            await page.click("#over .weui-btn:has-text('取消')")
        await screen.wedge(number)
        await page.click("#over .choices .choice >> nth=0")
        await page.wait_for_selector("#all-pass")


async def test_an_entry_that_nobody_can_read_holds_up_no_other_and_a_photo_goes_with_what_is_put_right(
    api: Api,
) -> None:
    line, numbers = await line_with_lots(api, 2)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.context.set_offline(True)
        await screen.wedge(numbers[0])
        await page.click("#exception")
        await page.set_input_files("#camera-entry", picture(5))
        await page.wait_for_selector(".photos[data-count='1']")
        await page.click("[data-field=look] [data-value='好']")
        await page.click("#save")
        await screen.unsent(2)
        await page.click(".actions a")
        await page.wait_for_selector("#scan")
        await screen.wedge(numbers[1])
        await page.click("#all-pass")
        await screen.unsent(3)
        await page.evaluate(SPOIL_ENTRY)
        await page.goto(f"{api.base_url}/phone/#/queue")
        await screen.context.set_offline(False)
        await page.wait_for_selector(".queued.refused")
        await screen.unsent(1)
        await page.click(".queued.refused .amend")
        await page.wait_for_selector(".photos[data-count='1']")
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await page.wait_for_timeout(1500)  # a round of delivering while it is being put right
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
        assert all("400" in each for each in screen.said)
        screen.said.clear()
    assert [each["verdict"] for each in await records(line)] == ["pass", "pass"]
    async with db.transaction(line.plant.actor("operator").scope()):
        assert (
            await db.fetchval("SELECT count(*) FROM record_attachment WHERE tenant_id = $1", line.plant.tenant_id) == 1
        )


async def test_a_photo_that_nobody_can_read_is_told_at_once_and_one_the_server_refuses_can_be_given_up(
    api: Api,
) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(number)
        await page.click("#exception")
        await page.set_input_files(
            "#album-entry", {"name": "a.heic", "mimeType": "image/heic", "buffer": b"ftypheic" * 99}
        )
        assert "JPEG" in await page.inner_text("#said .bad")
        assert await page.locator(".thumb").count() == 0
        await page.set_input_files("#album-entry", picture(3))
        await page.wait_for_selector(".thumb")
        await page.evaluate(SPOIL_PHOTO)
        await page.click("[data-field=look] [data-value='好']")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await page.goto(f"{api.base_url}/phone/#/queue")
        await page.wait_for_selector("[data-photo]")
        await screen.picture("photo-refused")
        await page.click("[data-photo] button >> nth=0")
        await page.click("#over [data-answer=yes]")
        assert all("422" in each for each in screen.said)  # the browser's own words on what was refused
        screen.said.clear()
        await screen.unsent(0)
    assert [each["verdict"] for each in await records(line)] == ["pass"]


async def test_a_grid_goes_on_by_itself_and_is_never_filled_in(api: Api) -> None:
    line = await make_line(api)
    await line.plan("receipt", await measured_form(line))
    await line.lot(lot_no="RM-GRID")
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge("RM-GRID")
        await page.click("#grid")
        await page.wait_for_selector(".grid-cell")
        assert await page.evaluate("[...document.querySelectorAll('.grid-cell')].some((each) => each.value)") is False
        for value in ("3.5", "-18.5", "3.4", "-19", "3.6"):
            await screen.wedge(value)
        await page.keyboard.type("-17")
        await page.keyboard.press("Enter")
        assert "确认是 -17 °C 吗" in await page.inner_text("#over h2")
        await page.click("#over [data-answer=yes]")
        await page.click("[data-field=look] [data-value='好']")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    assert [each["verdict"] for each in await records(line)] == ["pass", "pass", "fail"]


async def test_photos_now_and_numbers_later(api: Api) -> None:
    line = await make_line(api)
    await line.plan("receipt", await measured_form(line))
    await line.lot(lot_no="RM-LATER")
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge("RM-LATER")
        await page.click(".tile >> nth=0")
        await page.set_input_files("#camera-entry", picture(7))
        await page.wait_for_selector(".photos[data-count='1']")
        await page.click("#aside")
        await page.wait_for_selector("#scan")
        await screen.kill()
        await screen.open()
        page = screen.page
        await page.click("a.row:has-text('RM-LATER')")
        await page.wait_for_selector(".thumb")
        await page.fill("#field-fat", "3.5")
        await page.fill("#field-temp", "-19")
        await page.click("[data-field=look] [data-value='好']")
        await screen.picture("later")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    (entry,) = await ledger(line)
    assert "typed_later" in entry["flags"]


async def test_what_was_refused_says_why_and_is_put_right(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(number)
        await page.click("#exception")
        await screen.context.set_offline(True)
        await page.click("#save")
        await page.click("#over [data-answer=incomplete]")
        await screen.unsent(1)
        await page.evaluate(
            "() => new Promise((done) => { const open = indexedDB.open('quality-phone'); open.onsuccess = () => {"
            " const store = open.result.transaction('entries', 'readwrite').objectStore('entries'); const all = store.getAll();"
            " all.onsuccess = () => { const [held] = all.result; held.entry.incomplete = false; store.put(held);"
            " store.transaction.oncomplete = () => { open.result.close(); done(); }; }; }; })"
        )
        await page.goto(f"{api.base_url}/phone/#/queue")
        await screen.context.set_offline(False)
        await page.click(".queued.refused .amend")
        assert await page.inner_text("[data-field=look] .wrong")
        await page.click("[data-field=look] [data-value='好']")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    assert [each["verdict"] for each in await records(line)] == ["pass"]


async def test_a_correction_gives_its_reason_and_leaves_the_original(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(number)
        await page.click("#all-pass")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
        await page.goto(f"{api.base_url}/phone/#/history")
        await page.click(".row:has-text('表单F1')")
        await page.click("#correct")
        await page.fill("#over textarea", "看错了")
        await page.click("#over [data-answer=yes]")
        await page.wait_for_selector("[data-field=look]")
        assert "好" in await page.inner_text(".original")
        await page.click("[data-field=look] [data-value='坏']")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    first, second = await records(line)
    assert (first["verdict"], second["verdict"], second["corrects"]) == ("pass", "fail", first["id"])


async def test_another_person_confirms_and_an_overdue_gauge_is_not_used(api: Api) -> None:
    line = await make_line(api)
    gauge = {"code": "G1", "name": "卡尺", "kind": "gauge", "calibration_required": True}
    gauge_id = (await line.post("devices", gauge))["id"]
    past = {
        "certificate_no": "C1",
        "calibrated_at": "2024-01-01T09:00:00+08:00",
        "valid_to": "2025-01-01",
        "passed": True,
    }
    await line.post(f"devices/{gauge_id}/calibrations", past)
    await line.plan("receipt", await measured_form(line, second_check=True))
    await line.lot(lot_no="RM-CHECK")
    colleague = line.plant.person("quality_manager")
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge("RM-CHECK")
        await page.click("#all-pass")
        assert "校准过期" in await page.inner_text(".choice.overdue")
        await page.fill("#field-fat", "3.5")
        await page.fill("#field-temp", "-19")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
        await page.goto(f"{api.base_url}/phone/#/history")
        await page.click(".row:has-text('成品理化检验')")
        await page.click("#check")
        await page.fill("#over input >> nth=0", colleague.username)
        await page.fill("#over input >> nth=1", PASSWORD)
        await page.click("#over [data-answer=yes]")
        await page.wait_for_selector("main:has-text('复核人')")


async def test_practice_counts_nothing_and_signing_out_warns_of_what_is_unsent(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await page.click(".tabs a >> nth=3")
        await page.click("#practice")
        await page.wait_for_selector(".notice.practice")
        await page.click(".tabs a >> nth=0")
        await page.wait_for_selector("#scan")
        await screen.wedge(number)
        await page.click("#all-pass")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
        assert await records(line) == []
        await page.goto(f"{api.base_url}/phone/#/me")
        await page.click("#practice")
        await page.click(".tabs a >> nth=0")
        await page.wait_for_selector(".row[data-task]")  # what was practised is still due
        await page.goto(f"{api.base_url}/phone/#/me")
        await page.click("#practice")
        await page.goto(f"{api.base_url}/phone/#/")
        await screen.context.set_offline(True)
        await page.wait_for_selector("#scan")
        await screen.wedge(number)
        await page.click("#all-pass")
        await screen.unsent(1)
        await page.goto(f"{api.base_url}/phone/#/me")
        await page.click("#sign-out")
        assert "未发送" in await page.inner_text("#over h2")
        await page.click("#over .weui-btn_primary")
        assert await page.locator("#sign-out").count() == 1


async def test_a_code_is_read_off_a_photo(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    file = io.BytesIO()
    qrcode.make(f"{api.base_url}/t/{number}").save(file)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await page.click("#scan")
        await screen.context.set_offline(True)
        await page.set_input_files("#scan-photo", {"name": "c.png", "mimeType": "image/png", "buffer": file.getvalue()})
        await page.wait_for_selector("#all-pass")
        assert number in await page.inner_text("h1")


async def test_a_task_is_handed_to_a_colleague(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    other = line.plant.person("operator")
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(number)
        await page.click(".tile:has-text('交接')")
        await page.select_option("#over select", str(other.user_id))
        await page.click("#over [data-answer=yes]")
        await page.fill("#over textarea", "我去冷库")
        await page.click("#over [data-answer=yes]")
        await page.wait_for_selector("#scan")
    pack = (await line.plant.client("operator").get("/api/v1/phone/pack")).json()
    assert pack["handovers"][0]["remark"] == "我去冷库"


async def test_a_shared_terminal_is_signed_by_badge_and_pin_offline(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    admin = line.plant.client("enterprise_admin")
    offered = await line.post("terminals", {"name": "灌装线终端", "place_id": line.ids["line"]}, client=admin)
    holder = line.plant.person("inspector")
    badge = await line.post("badges", {"user_id": str(holder.user_id), "pin": PIN}, client=admin)
    async with phone(api) as screen:
        page = screen.page
        await page.click(".foot-links .link >> nth=0")
        await page.fill("#over input", offered["code"])
        await page.click("#over [data-answer=yes]")
        await page.wait_for_selector(".row[data-task]")
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await page.click("#all-pass")
        await page.wait_for_selector(".scanner.blind")
        for pin, sign in (("000000", "#said .bad"), (PIN, "#saved")):
            if await page.locator(".scanner").count():
                await page.fill(".scanner input.weui-input", badge["text"])
                await page.press(".scanner input.weui-input", "Enter")
            await page.fill("#over input[type=password]", pin)
            await page.press("#over input[type=password]", "Enter")
            await page.wait_for_selector(sign)
        await screen.context.set_offline(False)
        await screen.unsent(0)
    (stored,) = await records(line)
    assert stored["operator_id"] == holder.user_id
