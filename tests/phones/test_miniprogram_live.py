"""Promise: the mini-programs' code, run in Node against the real server, shows a scan, reports a problem with a photo and reads its ticket, signs an inspector in by WeChat and invitation, takes the pack of
the day, records without a network with a photo, and delivers both once there is one; a shared terminal signs by badge and PIN."""

import asyncio
import importlib.util
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from server.core import db
from tests.fixtures.api import Api
from tests.fixtures.inspections import make_line
from tests.fixtures.phones import Phones
from tests.fixtures.scans import coded_lot

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(sys.executable).with_name("node")


@pytest.mark.skipif(not NODE.exists(), reason=f"no node at {NODE}")
async def test_from_a_scan_to_a_record(api: Api, phones: Phones, tmp_path: Path) -> None:
    build(tmp_path)
    line = await make_line(api)
    await line.plan("receipt", await line.form(), sampling={"aql": "2.5", "level": "II"})
    lot = await line.lot(quantity=90)
    code = (await coded_lot(api.settings, line.plant.tenant_id)).codes[0]
    (tmp_path / "a.jpg").write_bytes(picture())
    told = {
        "BUILT": str(tmp_path), "BASE": api.base_url, "WECHAT_CODE": phones.wechat_code("openid-mini"), "PICTURE": str(tmp_path / "a.jpg"),
        "INVITATION": await phones.invitation(line.plant), "ADDRESS": f"https://t.example.com/t/{code}",
    }  # fmt: skip
    seen = await node("live.js", told)
    assert (seen["scan"]["status"], seen["scan"]["tone"]) == ("genuine", "good")
    assert [tab["key"] for tab in seen["scan"]["tabs"]] == ["scan", "genuine"]
    reported = seen["reported"]
    assert reported["message"] == ""
    assert (reported["found"]["state"], reported["found"]["words"], reported["recall"]) == (
        "open",
        "盒子鼓包",
        "not_listed",
    )
    assert reported["towns"] == ["北京市"]
    async with db.transaction(line.plant.actor("quality_manager").scope()):
        filed = await db.fetch(
            "SELECT code_text, city_code, (SELECT count(*) FROM complaint_photo p WHERE p.complaint_id = c.id) AS photos FROM complaint c"
            " WHERE tenant_id = $1",
            line.plant.tenant_id,
        )
    assert [tuple(row) for row in filed] == [(code, "110000", 1)]
    assert seen["opened"] == ["/pages/entry/entry"], seen["said"]
    assert seen["red"]
    assert (seen["due"], seen["offline"], seen["unsent"], seen["problems"]) == (1, 2, 0, [])
    async with db.transaction(line.plant.actor("operator").scope()):
        records = await db.fetch(
            "SELECT id, lot_id::text, verdict FROM record WHERE tenant_id = $1", line.plant.tenant_id
        )
        photos = await db.fetchval("SELECT count(*) FROM record_attachment WHERE tenant_id = $1", line.plant.tenant_id)
    assert [(row["lot_id"], row["verdict"]) for row in records] == [(lot, "pass")]
    assert photos == 1


@pytest.mark.skipif(not NODE.exists(), reason=f"no node at {NODE}")
async def test_a_terminal_signs_by_badge_and_pin(api: Api, tmp_path: Path) -> None:
    build(tmp_path)
    line = await make_line(api)
    await line.plan("receipt", await line.form())
    await line.lot(quantity=90)
    admin = line.plant.client("enterprise_admin")
    offered = await line.post("terminals", {"name": "灌装线终端", "place_id": line.ids["line"]}, client=admin)
    inspector = line.plant.person("inspector").user_id
    badge = await line.post("badges", {"user_id": str(inspector), "pin": "802714"}, client=admin)
    told = {"CODE": offered["code"], "BADGE": badge["text"], "PIN": "802714"}
    seen = await node("live_terminal.js", {"BUILT": str(tmp_path), "BASE": api.base_url} | told)
    assert seen["problems"] == [], seen
    assert (seen["waiting"], seen["unsent"], seen["untold"]) == (1, 0, 0), seen
    assert "PIN" in seen["said"][0]
    async with db.transaction(line.plant.actor("operator").scope()):
        records = await db.fetch("SELECT operator_id, verdict FROM record WHERE tenant_id = $1", line.plant.tenant_id)
        tries = await db.fetchval("SELECT count(*) FROM pin_try WHERE tenant_id = $1", line.plant.tenant_id)
    assert [(row["operator_id"], row["verdict"]) for row in records] == [(inspector, "pass")]
    assert tries == 1


def build(target: Path) -> None:
    spec = importlib.util.spec_from_file_location("miniprogram_build", ROOT / "deploy" / "miniprogram" / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build("https://t.example", target)


async def node(script: str, told: dict[str, str]) -> dict[str, Any]:
    """What the script said."""
    running = await asyncio.create_subprocess_exec(
        NODE, ROOT / "tests" / "miniprogram" / script, env={**os.environ, **told},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 0, errors.decode()
    found: dict[str, Any] = json.loads(out)
    return found


def picture() -> bytes:
    """Larger than one part, so that several go up."""
    out = io.BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()
