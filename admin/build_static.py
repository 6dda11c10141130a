"""Copy the few front-end files the pages need from node_modules into admin/static/vendor.

Run after ``npm ci --ignore-scripts``; stops with one clear line where a file is missing.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = Path(__file__).parent / "static" / "vendor"
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "echarts.LICENSE": "echarts/LICENSE",
}


def build(modules: Path = ROOT / "node_modules", target: Path = TARGET) -> list[Path]:
    """Copy FILES into ``target`` and return what is there now; raises FileNotFoundError for a missing one."""
    for source in FILES.values():
        if not (modules / source).is_file():
            raise FileNotFoundError(f"{modules / source} is missing: run npm ci --ignore-scripts first")
    target.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(modules / source, target / name)) for name, source in FILES.items()]


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
