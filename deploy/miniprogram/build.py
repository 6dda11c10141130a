"""Complete projects for the vendors' tools: the shared code, the rules of the phone's page, the words of both languages and this
installation's address go in.

    python deploy/miniprogram/build.py https://trace.example.com build/miniprogram --wechat-app-id wx… --alipay-app-id 2021…

Then open build/miniprogram/wechat in WeChat's developer tools and build/miniprogram/alipay in Alipay's.
"""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
PREFIX = "mini."
SHARED_WORDS = (
    "scan.", "verdict.", "limit_set.", "unit.", "service.", "report.", "ticket.", "complaint_topic.", "recall_lookup.", "inspector_page.", "value.",
)  # fmt: skip
"""Said in the same words as on the pages of the platform."""

PAGE = FOLDER.parents[1] / "miniprogram_api" / "inspector" / "static"
RULES = ("limits", "schema", "entry", "answers", "pins")
"""Of the phone's page: what judges, draws and sends there does so here."""

PLATFORMS = ("wechat", "alipay")
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)


def words() -> dict[str, dict[str, str]]:
    """The texts of the mini-programs by language and key, out of the catalogs."""
    from i18n import LANGUAGES, all_keys, catalog

    keys = sorted(key for key in all_keys() if key.startswith((PREFIX, *SHARED_WORDS)))
    return {
        language: {key.removeprefix(PREFIX): catalog._TEXTS[language][key] for key in keys} for language in LANGUAGES
    }


def as_module(source: str) -> str:
    """An ES module as a CommonJS one: both platforms understand that without their compilers. Imports and exports stand at the
    beginning of their lines, as ours do."""
    names = _EXPORT.findall(source)
    plain = _EXPORT.sub("", _IMPORT.sub(r'const \1 = require("./\2");', source))
    return f"{plain}\nmodule.exports = {{ {', '.join(names)} }};\n"


def build(base: str, target: Path, wechat_app_id: str = "", alipay_app_id: str = "") -> list[Path]:
    """Write both projects below `target`; what stood there is replaced. ValueError unless `base` is an https address."""
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?", base):
        raise ValueError("the address of the platform is https://host, without a path")
    return [
        _project(platform, target / platform, base, {"wechat": wechat_app_id, "alipay": alipay_app_id}[platform])
        for platform in PLATFORMS
    ]


def _project(platform: str, target: Path, base: str, app_id: str) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(FOLDER / platform, target, ignore=shutil.ignore_patterns("README*"))
    shutil.copytree(FOLDER / "common", target / "lib")
    for name in RULES:
        (target / "lib" / f"{name}.js").write_text(as_module((PAGE / f"{name}.js").read_text("utf-8")), "utf-8")
    _module(target / "lib" / "words.js", words())
    _module(target / "config.js", {"base": base})
    if platform == "wechat" and app_id:
        file = target / "project.config.json"
        project = json.loads(file.read_text("utf-8")) | {"appid": app_id}
        file.write_text(json.dumps(project, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if platform == "alipay" and app_id:
        (target / ".tea").mkdir()
        (target / ".tea" / "config.json").write_text(json.dumps({"appId": app_id}) + "\n", "utf-8")
    return target


def _module(path: Path, value: object) -> None:
    path.write_text(f"module.exports = {json.dumps(value, ensure_ascii=False, indent=1)};\n", "utf-8")


def main() -> int:
    """Build for the command line: 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("target", type=Path)
    parser.add_argument("--wechat-app-id", default="")
    parser.add_argument("--alipay-app-id", default="")
    given = parser.parse_args()
    try:
        made = build(given.base.rstrip("/"), given.target, given.wechat_app_id, given.alipay_app_id)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{path}\n" for path in made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
