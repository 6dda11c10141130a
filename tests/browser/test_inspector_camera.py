"""Promise: the camera reads a code out of its live picture, and the same code in sight counts once."""

from pathlib import Path

import pytest
import qrcode
from PIL import Image

from tests.browser.test_inspector_page import line_with_lots
from tests.fixtures.api import Api
from tests.fixtures.phone_page import CHROMIUM, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
WIDTH, HEIGHT, FRAMES = 640, 480, 4


def film(text: str, file: Path) -> Path:
    """A film of a label with this code on it, as a camera gives it: YUV 4:2:0."""
    code = qrcode.make(text, box_size=8).convert("L")
    picture = Image.new("L", (WIDTH, HEIGHT), 200)
    picture.paste(code, ((WIDTH - code.width) // 2, (HEIGHT - code.height) // 2))
    frame = b"FRAME\n" + picture.tobytes() + b"\x80" * (WIDTH * HEIGHT // 2)
    file.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * FRAMES)
    return file


def camera(file: Path) -> tuple[str, ...]:
    return (
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={file}",
    )  # fmt: skip


async def test_a_code_is_read_out_of_the_live_picture(api: Api, tmp_path: Path) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api, flags=camera(film(number, tmp_path / "label.y4m"))) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await page.click("#scan")
        await page.wait_for_selector("#all-pass")
        assert number in await page.inner_text("h1")
        assert await page.locator(".scanner").count() == 0


async def test_the_same_code_in_sight_counts_once(api: Api, tmp_path: Path) -> None:
    line, (number,) = await line_with_lots(api, 1)
    (task,) = await line.open()
    await line.post(f"lots/{task['lot_id']}/split", {"lot_no": f"{number}-P1", "quantity": "1"})
    async with phone(api, flags=camera(film(f"{number}-P1", tmp_path / "label.y4m"))) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge(number)
        await page.click("#many")
        await page.click("#scan-items")
        await page.wait_for_selector(".scanner .scan-news.good")
        heard = await page.inner_text(".scan-news")
        await page.evaluate(  # in sight all the while: a dozen more pictures
            "async () => { const video = document.querySelector('video'); const begun = video.currentTime;"
            " while (video.currentTime < begun + 1) await new Promise((done) => setTimeout(done, 50)); }"
        )
        assert await page.inner_text(".scan-news") == heard
        await screen.picture("camera")
        await page.click(".scanner .round")
        assert await page.locator("#items .item").count() == 1
