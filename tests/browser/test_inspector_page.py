"""Promise: an inspector records with gloves on and no signal. Nothing that was said to be saved is lost by a dead phone or doubled by
sending again; an all-pass check takes three taps at most; what is out of limits, of another lot or in conflict is told at once."""

import struct
import zlib
from typing import Any

import pytest

from server.core import db
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, records
from tests.fixtures.phone_page import CHROMIUM, Screen, measured_form, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
ENTRIES, PHOTOS = 20, 5


def png(shade: int) -> bytes:
    """A picture unlike any other, of 64 by 64 points."""
    rows = b"".join(b"\0" + bytes((shade, 3 * each % 256, 90) * 64) for each in range(64))
    parts = (b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def picture(shade: int) -> Any:
    return {"name": f"{shade}.png", "mimeType": "image/png", "buffer": png(shade)}


async def line_with_lots(api: Api, count: int) -> tuple[Line, list[str]]:
    """Lots of a material whose incoming inspection is due; their numbers."""
    line = await make_line(api)
    await line.plan("receipt", await line.form())
    numbers = [f"RM2611{each:04d}" for each in range(count)]
    for number in numbers:
        await line.lot(lot_no=number)
    return line, numbers


async def photos_of(line: Line) -> list[Any]:
    async with db.transaction(line.plant.actor("operator").scope()):
        return await db.fetch(
            "SELECT DISTINCT p.id, p.attachment_id, e.entry_id FROM photo p LEFT JOIN entry_photo e ON e.tenant_id = p.tenant_id AND e.photo_id = p.id WHERE p.tenant_id = $1",
            line.plant.tenant_id,
        )


async def record_all_pass(screen: Screen, number: str, photo: int | None = None) -> None:
    page = screen.page
    await screen.wedge(number)
    if photo is None:
        await page.click("#all-pass")
    else:
        await page.click("#exception")
        await page.click("[data-field=look] [data-value='好']")
        await page.set_input_files("#camera-entry", picture(photo))
        await page.wait_for_selector(".photos[data-count='1']")
        await page.click("#save")
    assert number in await page.inner_text("#saved")


async def page_without_tasks(screen: Screen) -> None:
    """What was recorded is no longer due, though nobody was told of it yet."""
    await screen.page.click(".actions a")
    await screen.page.wait_for_selector("#scan")
    assert await screen.page.locator(".row[data-task]").count() == 0


async def nothing_lost(screen: Screen, line: Line) -> None:
    """What was saved is on the phone still, or went up by what the browser does in the background, which knows of no network
    that a test has taken away."""
    for _ in range(120):
        waiting = await screen.page.locator("#unsent").get_attribute("data-count")
        arrived = len(await records(line)) + sum(each["attachment_id"] is not None for each in await photos_of(line))
        if int(waiting or 0) + arrived == ENTRIES + PHOTOS:
            return
        await screen.page.wait_for_timeout(500)
    pytest.fail(f"{waiting} on the phone, {arrived} arrived")


async def test_twenty_records_and_five_photos_outlive_a_killed_phone(api: Api) -> None:
    line, numbers = await line_with_lots(api, ENTRIES)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        await screen.context.set_offline(True)
        for at, number in enumerate(numbers):
            await record_all_pass(screen, number, photo=at if at < PHOTOS else None)
        await screen.unsent(ENTRIES + PHOTOS)
        await page_without_tasks(screen)
        await screen.kill()
        await screen.open(offline=True)
        await nothing_lost(screen, line)
        await screen.context.set_offline(False)
        await screen.unsent(0)
        await screen.page.goto(f"{api.base_url}/phone/#/queue")
        await screen.page.reload()
        await screen.unsent(0)
    stored = await records(line)
    assert len(stored) == ENTRIES
    assert len({each["entry_id"] for each in stored}) == ENTRIES
    assert {each["verdict"] for each in stored} == {"pass"}
    kept = await photos_of(line)
    assert len(kept) == len({each["entry_id"] for each in kept}) == PHOTOS
    assert all(each["attachment_id"] for each in kept)


async def test_an_all_pass_check_takes_three_taps_at_most(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await page.evaluate(
            "window.taps = 0; addEventListener('click', (event) => { if (event.isTrusted) window.taps += 1; }, true)"
        )
        await page.click("#scan")
        await page.wait_for_selector(".scanner")
        await page.keyboard.type(number)
        await page.keyboard.press("Enter")
        await page.click("#all-pass")
        await page.wait_for_selector("#saved")
        assert await page.evaluate("window.taps") <= 3
        await screen.unsent(0)
    assert [each["verdict"] for each in await records(line)] == ["pass"]


async def test_a_value_out_of_limits_is_red_at_once_and_asked_about(api: Api) -> None:
    line = await make_line(api)
    await line.plan("receipt", await measured_form(line))
    await line.lot(lot_no="RM-RED")
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge("RM-RED")
        await screen.picture("glance")
        await page.click("#all-pass")
        await page.wait_for_selector("[data-field=fat]")
        assert await page.get_attribute("[data-field=look] [data-value='好']", "aria-pressed") == "true"
        assert await page.input_value("#field-fat") == ""
        await page.fill("#field-fat", "3.9")
        assert await page.get_attribute("[data-field=fat]", "data-level") == "out"
        await page.click("#save")
        assert "确认是 3.9 g/100g 吗" in await page.inner_text("[data-field=fat] .second")
        await screen.picture("red")
        assert await page.locator("#saved").count() == 0
        await page.click("[data-field=fat] .yes")
        await page.fill("#field-temp", "-18.5")
        await page.click("text=+ 尺寸偏差")
        await page.fill(".defect input", "0.2")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    (stored,) = await records(line)
    assert stored["verdict"] == "fail"


async def test_an_item_of_another_lot_is_refused_with_the_reason(api: Api) -> None:
    line, numbers = await line_with_lots(api, 2)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(numbers[0])
        await page.click("#many")
        await page.wait_for_selector("#item-count")
        await screen.wedge(numbers[1])
        said = await page.inner_text("#said .bad")
        assert numbers[1] in said
        assert numbers[0] in said
        assert await page.is_disabled("#save")
        await screen.context.set_offline(True)
        await page.evaluate("document.getElementById('said').replaceChildren()")
        await screen.wedge(numbers[1])
        assert numbers[1] in await page.inner_text("#said .bad")


async def test_the_same_entry_from_two_phones_is_a_conflict_shown_side_by_side(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("quality_manager").username)
        page = screen.page
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await page.click("#all-pass")
        await screen.unsent(1)
        entry = await page.evaluate(
            "() => new Promise((done) => { const open = indexedDB.open('quality-phone'); open.onsuccess = () => {"
            " const all = open.result.transaction('entries').objectStore('entries').getAll();"
            " all.onsuccess = () => { open.result.close(); done(all.result[0].entry); }; }; })"
        )
        other = Phone(line.plant.client("quality_manager"))
        (answer,) = await other.answers({**entry, "values": {"look": "坏"}})
        assert answer["outcome"] == "stored"
        await screen.context.set_offline(False)
        await page.goto(f"{api.base_url}/phone/#/queue")
        await page.wait_for_selector(".queued.conflict")
        await screen.picture("queue-conflict")
        await page.goto(f"{api.base_url}/phone/#/conflicts")
        await page.wait_for_selector("article.conflict")
        shown = await page.inner_text("article.conflict table")
        assert "好" in shown
        assert "坏" in shown
        await screen.picture("conflicts")
        await page.click("article.conflict .correct")
        await page.fill("#over textarea", "原始记录为好")
        await page.click("#over [data-answer=yes]")
        await page.wait_for_selector("article.conflict.done")
    assert [each["verdict"] for each in await records(line)] == ["fail", "pass"]
