"""Pages speak the language asked for, escape, refuse the undefined, and leave under a policy without inline code."""

import json
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from admin.build_static import FILES, build
from server.http.pages import ADMIN_HEADERS, PREVIEW_HEADERS, READ_ONLY_HEADERS, Pages, StaticFiles

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "static" / "vendor").mkdir(parents=True)
    (tmp_path / "static" / "a.css").write_text("body{}")
    (tmp_path / "static" / "vendor" / "b.js").write_text("1")
    (tmp_path / "page.html").write_text(
        "{{ html_lang }} {{ _('verdict.pass') }} {{ name }} {{ static('a.css') }} {{ 1200 | quantity('piece') }}"
    )
    return Pages([tmp_path], StaticFiles("/static/x", tmp_path / "static"))


def test_each_render_has_its_own_language_and_escapes(pages: Pages) -> None:
    chinese = pages.render("page.html", "zh_CN", name="<b>")
    english = pages.render("page.html", "en", name="<b>")
    assert chinese.startswith("zh-CN 合格 &lt;b&gt; /static/x/a.css?v=")
    assert chinese.endswith("1,200 件")
    assert english.startswith("en Pass &lt;b&gt;")
    assert english.endswith("1,200 pcs")


def test_an_undefined_name_raises(pages: Pages) -> None:
    with pytest.raises(UndefinedError):
        pages.render("page.html", "en")


def test_static_files_are_known_by_name_and_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("one")
    first = StaticFiles("/static/x/", tmp_path)
    (tmp_path / "a.css").write_text("two")
    second = StaticFiles("/static/x/", tmp_path)
    assert first.url("a.css") != second.url("a.css")
    file = first.get("a.css")
    assert file is not None
    assert (file.body, file.content_type) == (b"one", "text/css; charset=utf-8")
    for name in ("../a.css", "/etc/passwd", "b.css", ""):
        assert first.get(name) is None
    with pytest.raises(FileNotFoundError, match=r"build_static"):
        first.url("vendor/none.js")


def test_policies_allow_nothing_inline() -> None:
    for headers in (ADMIN_HEADERS, READ_ONLY_HEADERS, PREVIEW_HEADERS):
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "object-src 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert {"Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy"} <= headers.keys()
    assert "frame-ancestors 'none'" in ADMIN_HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in READ_ONLY_HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in PREVIEW_HEADERS["Content-Security-Policy"]


def test_front_end_packages_are_pinned_without_addresses() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert "://" not in json.dumps(lock)
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_vendor_files_are_copied_or_the_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="npm ci"):
        build(tmp_path / "node_modules", tmp_path)
    for source in (each for sources in FILES.values() for each in sources):
        path = tmp_path / "node_modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    assert {path.relative_to(tmp_path).as_posix() for path in build(tmp_path / "node_modules", tmp_path)} == set(FILES)


def test_back_office_templates_hold_no_inline_code() -> None:
    for path in (ROOT / "admin" / "templates").rglob("*.html"):
        source = path.read_text("utf-8")
        assert "<style" not in source, path
        assert " style=" not in source, path
        assert " hx-on" not in source, path
        assert all("src=" in tag.partition(">")[0] for tag in source.split("<script")[1:]), path
