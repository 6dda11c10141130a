"""Promise: both mini-programs are whole: every page that app.json names has its files, every handler its method, every word its text, every
line of the code is understood; their logic passes its own tests in Node. They were not opened in the vendors' tools."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "deploy" / "miniprogram"
NODE = Path(sys.executable).with_name("node")
FILES = {"wechat": ("js", "json", "wxml"), "alipay": ("js", "json", "axml")}
PAGES = ("scan", "report", "ticket", "recall", "sign_in", "entry", "check", "privacy")
HANDLER = {"wechat": r'\bbind\w+="(\w+)"', "alipay": r'\bon[A-Z]\w+="(\w+)"'}
needs_node = pytest.mark.skipif(not NODE.exists(), reason=f"no node at {NODE}")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = importlib.util.spec_from_file_location("miniprogram_build", SOURCE / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target = tmp_path_factory.mktemp("miniprogram")
    module.build("https://t.example", target, "wx0123456789abcdef", "2021000000000000")
    with pytest.raises(ValueError, match="https"):
        module.build("http://t.example/x", target)
    return target


def pages(project: Path) -> list[str]:
    return list(json.loads((project / "app.json").read_text("utf-8"))["pages"])


@pytest.mark.parametrize("platform", FILES)
def test_every_page_and_component_has_its_files(built: Path, platform: str) -> None:
    project = built / platform
    assert pages(project) == [f"pages/{name}/{name}" for name in PAGES]
    named = [*pages(project), "components/verdict/verdict"]
    assert [
        f"{each}.{ending}"
        for each in named
        for ending in FILES[platform]
        if not (project / f"{each}.{ending}").is_file()
    ] == []
    for page in pages(project):
        used = json.loads((project / f"{page}.json").read_text("utf-8")).get("usingComponents", {})
        assert all((project / f"{where.lstrip('/')}.js").is_file() for where in used.values())
    for file in project.rglob("*.json"):
        json.loads(file.read_text("utf-8"))
    for file in project.rglob("*.js"):
        for wanted in re.findall(r'require\("(\.[^"]+)"\)', file.read_text("utf-8")):
            assert (file.parent / f"{wanted}.js").resolve().is_file(), (file, wanted)
    ids = {"wechat": ("project.config.json", "wx0123456789abcdef"), "alipay": (".tea/config.json", "2021000000000000")}[
        platform
    ]
    assert ids[1] in (project / ids[0]).read_text("utf-8")


@pytest.mark.parametrize("platform", FILES)
def test_every_handler_is_a_method_and_every_word_has_a_text(built: Path, platform: str) -> None:
    catalog = json.loads(
        (built / platform / "lib" / "words.js").read_text("utf-8").removeprefix("module.exports = ").rstrip(";\n")
    )
    assert catalog["zh_CN"].keys() == catalog["en"].keys()
    for page in pages(built / platform):
        name = page.rpartition("/")[2]
        code = (built / platform / "lib" / f"page_{name}.js").read_text("utf-8")
        drawn = (built / platform / f"{page}.{FILES[platform][2]}").read_text("utf-8")
        for handler in re.findall(HANDLER[platform], drawn):
            assert re.search(rf"^    (async )?{handler}\(", code, re.MULTILINE), (page, handler)
        named = {token.replace(".", "_") for token in re.findall(r"[\w.]+", code)}
        assert sorted(set(re.findall(r"\bwords\.(\w+)", drawn)) - named) == [], page
    for file in (SOURCE / "common").glob("*.js"):
        code = file.read_text("utf-8")
        said = set(re.findall(r'words\("([\w.]+)"', code))
        for prefix, names in re.findall(r'said\("([\w.]*)", (\[[^\]]*\]|\w+)', code):
            listed = names if names.startswith("[") else code.partition(f"const {names} = ")[2].partition("]")[0]
            said |= {prefix + name for name in re.findall(r'"([\w.]+)"', listed)}
        assert sorted(said - catalog["en"].keys()) == [], file.name


def test_both_projects_draw_the_same_pages(built: Path) -> None:
    def plain(text: str) -> str:
        return re.sub(r'\b(bind|on)(\w+)="', r'\2="', text.replace("wx:", "a:"), flags=re.IGNORECASE).lower()

    for page in pages(built / "wechat"):
        assert plain((built / "wechat" / f"{page}.wxml").read_text()) == plain(
            (built / "alipay" / f"{page}.axml").read_text()
        )
    styles = [built / "wechat" / "app.wxss", built / "alipay" / "app.acss"]
    assert styles[0].read_text() == styles[1].read_text()


def test_each_adapter_offers_the_same(built: Path) -> None:
    offered = [
        set(re.findall(r"^  (?:async )?(\w+)[:(]", (built / each / "platform.js").read_text(), re.MULTILINE))
        for each in FILES
    ]
    assert offered[0] == offered[1]
    wanted = {
        name
        for file in (SOURCE / "common").glob("*.js")
        for name in re.findall(r"\bplatform\.(\w+)(?=[(.,;)\s])", file.read_text("utf-8"))
    }
    assert wanted <= offered[0]


@needs_node
def test_every_line_of_the_code_is_understood(built: Path) -> None:
    for file in built.rglob("*.js"):
        done = subprocess.run([NODE, "--check", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@needs_node
@pytest.mark.parametrize("name", [file.name for file in sorted(Path(__file__).parent.glob("*.test.js"))])
def test_in_node(built: Path, name: str) -> None:
    if name == "component.test.js" and not (ROOT / "node_modules" / "miniprogram-simulate").is_dir():
        pytest.skip("no miniprogram-simulate: npm ci --ignore-scripts")
    done = subprocess.run(
        [NODE, "--test", Path(__file__).with_name(name)], cwd=ROOT, env={**os.environ, "BUILT": str(built)}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
