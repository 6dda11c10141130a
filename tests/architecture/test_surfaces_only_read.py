"""Promise: surfaces (pages, the API, what mini-programs call) change nothing by themselves: whatever changes goes through a
domain's service, which writes the audit trail in the same transaction."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SURFACES = ("admin", "server/open_api", "server/http", "miniprogram_api")
WRITES = re.compile(
    r"\bdb\.(execute|executemany|copy_records|bulk_copy)|\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b"
    r"|\b[A-Z]\w+\.(bulk_)?(create|update)\(|\.(save|delete)\(\)"
)


def test_no_surface_writes_to_the_database() -> None:
    sources = [path for surface in SURFACES for path in (ROOT / surface).rglob("*.py")]
    assert len(sources) > 60
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if WRITES.search(line)
    ]
    assert found == []
