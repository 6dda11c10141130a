"""Copy the few front-end files the pages need from node_modules into the ignored vendor folders of the surfaces.

Run after ``npm ci --ignore-scripts``; stops with one clear line where a file is missing.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEUI = "weui/dist/style/"
FILES: dict[str, tuple[str, ...]] = {
    "admin/static/vendor/htmx.min.js": ("htmx.org/dist/htmx.min.js",),
    "admin/static/vendor/htmx.LICENSE": ("htmx.org/LICENSE",),
    "admin/static/vendor/echarts.min.js": ("echarts/dist/echarts.min.js",),
    "admin/static/vendor/echarts.LICENSE": ("echarts/LICENSE",),
    "miniprogram_api/static/vendor/jsQR.js": ("jsqr/dist/jsQR.js",),
    "miniprogram_api/static/vendor/jsQR.LICENSE": ("jsqr/LICENSE",),
    "miniprogram_api/static/vendor/jweixin.js": ("weixin-js-sdk/index.js",),
    "miniprogram_api/static/vendor/jweixin.LICENSE": ("weixin-js-sdk/LICENSE",),
    # of WeUI only what the phone's page uses; its licence stands at the head of each part
    "miniprogram_api/static/vendor/weui.css": tuple(
        f"{WEUI}{name}.min.css"
        for name in ("base/base", "widget/weui-button/weui-button", "widget/weui-cell/weui-cell",
                     "widget/weui-cell/weui-cell-form", "widget/weui-tips/weui-badge")
    ),
}  # fmt: skip


def build(modules: Path = ROOT / "node_modules", root: Path = ROOT) -> list[Path]:
    """Write FILES below ``root``, each of its sources one behind the other, and return what is there now; raises
    FileNotFoundError for a missing one."""
    for source in (each for sources in FILES.values() for each in sources):
        if not (modules / source).is_file():
            raise FileNotFoundError(f"{modules / source} is missing: run npm ci --ignore-scripts first")
    written = []
    for name, sources in FILES.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"\n".join((modules / source).read_bytes() for source in sources))
        written.append(target)
    return written


def main() -> int:
    """Build for the command line: 0, or 1 with one line on stderr."""
    try:
        build()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
