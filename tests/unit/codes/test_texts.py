"""Every problem this domain raises has its text in both languages, with the placeholders it is given."""

import re
from pathlib import Path

import pytest

from i18n import has_key, text

ROOT = Path(__file__).parents[3]
SOURCES = [*sorted((ROOT / "server" / "domains" / "codes").glob("*.py")), ROOT / "server" / "open_api" / "codes.py"]
RAISED = re.compile(
    r'(?:code = |FieldError\([^"]*"[^"]*", |f"segments\.\{at\}", |field, )"(code_[a-z_]+|too_many_labels)"'
)
CODES = sorted({code for source in SOURCES for code in RAISED.findall(source.read_text())})
PARAMS = {
    "bits": 1, "needed": 1, "rule": "x", "longest": 1, "limit": 1, "value": "x", "width": 1, "left": 1, "ordered": 1,
    "first": 1, "last": 1, "count": 1, "stored": 1, "segment": "x", "ending": ".txt",
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_problem_has_its_text(code, language):
    assert len(CODES) > 20
    assert has_key(f"error.{code}", language)
    assert text(f"error.{code}", language, **PARAMS)
