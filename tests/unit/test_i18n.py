"""Every text exists in both languages with the same placeholders; a reader gets the language asked for."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, nodes

import i18n
from i18n import LANGUAGES, catalog, negotiate, retold, text
from i18n.retelling import KEPT, REMARKED

ROOT = Path(__file__).parents[2]
SOURCES = ("server", "miniprogram_api", "admin", "workers")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def area_files(language: str) -> list[Path]:
    return sorted((ROOT / "i18n" / language).glob("*.po"))


def raw_keys(path: Path) -> list[str]:
    return [key for key in re.findall(r'^msgid "(.*)"$', path.read_text("utf-8"), re.MULTILINE) if key]


def test_both_languages_have_the_same_areas_and_keys() -> None:
    chinese, english = ({p.name: set(raw_keys(p)) for p in area_files(language)} for language in LANGUAGES)
    assert chinese == english


def test_placeholders_agree_and_every_template_formats() -> None:
    for key in i18n.all_keys():
        texts = [catalog._TEXTS[language][key] for language in LANGUAGES]
        names = [set(PLACEHOLDER.findall(template)) for template in texts]
        assert names[0] == names[1], key
        for language in LANGUAGES:
            assert text(key, language, **dict.fromkeys(names[0], "x")), key


@pytest.mark.parametrize("path", [p for language in LANGUAGES for p in area_files(language)], ids=str)
def test_no_text_is_empty_or_fuzzy(path: Path) -> None:
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert [message.id for message in messages if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_in_two_places(language: str) -> None:
    counted = Counter(key for path in area_files(language) for key in raw_keys(path))
    assert [key for key, count in counted.items() if count > 1] == []


def test_every_key_the_code_names_exists() -> None:
    missing = sorted({f"{where}: {key}" for where, key in keys_in_code() if not i18n.has_key(key)})
    assert missing == []


def keys_in_code() -> Iterator[tuple[str, str]]:
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for key in keys_in_python(ast.parse(path.read_text("utf-8"))):
                yield str(path.relative_to(ROOT)), key
        for path in (ROOT / folder).rglob("templates/**/*"):
            if path.suffix in {".html", ".xml", ".txt", ".svg"}:
                for key in keys_in_template(path.read_text("utf-8")):
                    yield str(path.relative_to(ROOT)), key


def keys_in_python(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from keys_of_problem(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in {"text", "_"} and node.args and literal(node.args[0]):
                yield literal(node.args[0])
            elif node.func.id == "FieldError":
                yield from (f"error.{literal(k.value)}" for k in node.keywords if k.arg == "code" and literal(k.value))


def keys_of_problem(node: ast.ClassDef) -> Iterator[str]:
    """A business error has a ``status`` and a ``code``; its text is ``error.<code>``."""
    values: dict[str, ast.expr | None] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            values[statement.target.id] = statement.value
    status, code = values.get("status"), values.get("code")
    if isinstance(status, ast.Constant) and isinstance(status.value, int) and literal(code):
        yield f"error.{literal(code)}"


def literal(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def keys_in_template(source: str) -> Iterator[str]:
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and call.args:
            key = call.args[0]
            if isinstance(key, nodes.Const):
                yield key.value


def test_a_missing_text_raises_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, language in [("no.such.key", "en"), ("app.name", "fr")]:
        with pytest.raises(i18n.MissingTextError):
            text(key, language)
    monkeypatch.setitem(catalog._TEXTS["en"], "with.hole", "Lot %(lot_no)s")
    with pytest.raises(i18n.MissingTextError):
        text("with.hole", "en")
    assert text("with.hole", "en", lot_no="A%1") == "Lot A%1"


def test_a_missing_text_shows_its_key_in_production_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    i18n.set_strict(False)
    try:
        assert [text("no.such.text", "en") for _ in range(3)] == ["no.such.text"] * 3
        assert text("app.name", "fr") == "app.name"
    finally:
        i18n.set_strict(True)
    assert len([r for r in caplog.records if "no.such.text" in r.getMessage()]) == 1


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh_CN"),
        ("", "zh_CN"),
        ("zh-CN,zh,en", "zh_CN"),
        ("zh-Hans-CN, en;q=0.9", "zh_CN"),
        ("zh_TW", "zh_CN"),
        ("en-US,en;q=0.9", "en"),
        ("EN", "en"),
        ("en;q=0.3, zh;q=0.8", "zh_CN"),
        ("zh;q=0.3, en;q=0.8", "en"),
        ("zh;q=0, en;q=0.1", "en"),
        ("fr-FR, de;q=0.9", "zh_CN"),
        ("fr, en;q=0.5", "en"),
        ("*", "zh_CN"),
        ("en;q=wrong, zh", "zh_CN"),
        ("en;q=0", "zh_CN"),
    ],
)
def test_accept_language(header: str | None, language: str) -> None:
    assert negotiate(header) == language


@given(st.text(max_size=400))
@settings(derandomize=True, deadline=None)
def test_any_header_gives_a_language(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def test_times_are_shown_in_china() -> None:
    moment = datetime(2026, 2, 28, 16, 5, 9, tzinfo=UTC)
    assert i18n.format_datetime(moment) == "2026-03-01 00:05"
    assert i18n.format_datetime(moment, seconds=True) == "2026-03-01 00:05:09"
    assert i18n.format_date(moment) == "2026-03-01"
    assert i18n.format_date(date(2026, 2, 28)) == "2026-02-28"
    with pytest.raises(ValueError, match="zone"):
        i18n.format_datetime(datetime(2026, 1, 1))  # noqa: DTZ001


def test_quantities_keep_their_decimals() -> None:
    assert i18n.format_quantity(Decimal("8420.50"), "kg", "zh_CN") == "8,420.50 kg"
    assert i18n.format_quantity(Decimal("1E+3"), "piece", "zh_CN") == "1,000 件"
    assert i18n.format_quantity(12, "piece", "en") == "12 pcs"
    assert i18n.format_quantity(12, None, "en") == "12"


def _filled(key: str, language: str) -> str:
    return text(key, language, **{name: f"A-1 {name}" for name in PLACEHOLDER.findall(catalog.template(key, language))})


@pytest.mark.parametrize("key", [*KEPT, *REMARKED])
@pytest.mark.parametrize(("kept_in", "read_in"), [LANGUAGES, LANGUAGES[::-1], LANGUAGES[:1] * 2])
def test_a_kept_sentence_is_told_in_the_readers_language(key: str, kept_in: str, read_in: str) -> None:
    assert retold(_filled(key, kept_in), read_in) == _filled(key, read_in)
    if key in REMARKED:
        assert retold(f"{_filled(key, kept_in)} 破袋 3", read_in) == f"{_filled(key, read_in)} 破袋 3"


def test_every_sentence_that_chain_and_quality_keep_is_among_them() -> None:
    """In the language of whoever causes it a sentence is only ever said to be kept; a cause is a name, not told to anybody."""
    files = [path for room in ("chain", "quality") for path in (ROOT / "server" / "domains" / room).rglob("*.py")]
    said = re.findall(r'\btext\("([\w.]+)", actor\.language', "\n".join(path.read_text("utf-8") for path in files))
    assert set(said) - {"nonconformity.gauge_cause"} <= {*KEPT, *REMARKED}
    assert said


@given(st.text())
def test_what_a_person_wrote_stays(sentence: str) -> None:
    assert [retold(sentence, language) for language in LANGUAGES] == [sentence] * len(LANGUAGES)
