"""Promise: nothing that serves can enter anything at another time than now; only the demo's seed tells of the past."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TELLS = re.compile(r"\btold_at\b|story_time|story\.(now|at)\b|\btelling\(")


def test_only_the_seed_tells_the_past() -> None:
    sources = [p for top in ("server", "workers", "admin", "miniprogram_api") for p in (ROOT / top).rglob("*.py")]
    assert len(sources) > 300
    found = {str(p.relative_to(ROOT)) for p in sources if TELLS.search(p.read_text(encoding="utf-8"))}
    assert {path for path in found if not path.startswith("workers/seed/")} == {"server/core/clock.py"}


def test_what_serves_imports_no_seed_but_a_first_start() -> None:
    sources = [p for top in ("server", "workers", "admin", "miniprogram_api") for p in (ROOT / top).rglob("*.py")]
    importing = {str(p.relative_to(ROOT)) for p in sources if "workers.seed" in p.read_text(encoding="utf-8")}
    assert {path for path in importing if not path.startswith("workers/seed/")} == {"workers/demo.py"}
