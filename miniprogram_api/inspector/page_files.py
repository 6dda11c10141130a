"""The phone's page as it is served: one version for all its files, so that scripts that import one another fit together."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from i18n import LANGUAGES, all_keys
from i18n.catalog import read_area
from server.http.pages import Pages, StaticFile, StaticFiles

FOLDER = Path(__file__).parent
PREFIX = "/static/phone"
AREA = "inspector_page"
_OWN = StaticFiles(PREFIX, FOLDER / "static")
_VENDOR = (
    StaticFiles(PREFIX, FOLDER.parent / "static" / "vendor") if (FOLDER.parent / "static" / "vendor").is_dir() else None
)
PAGES = Pages([FOLDER / "templates"], _OWN)
_TEMPLATES = sorted((FOLDER / "templates").glob("*"))
_LAZY = frozenset({"jweixin.js"})  # inside WeChat alone, never without a network


def static_file(name: str) -> StaticFile | None:
    """A file of ours or of a vendor."""
    return _OWN.get(name) or (_VENDOR.get(name) if _VENDOR else None)


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The page's texts by language, as templates with named placeholders."""
    folder = Path(__file__).parents[2] / "i18n"
    found = {language: read_area(folder / language / f"{AREA}.po") for language in LANGUAGES}
    assert all(set(texts) <= all_keys(language) for language, texts in found.items())
    return found


@cache
def words_json() -> str:
    """The texts as they stand in the page: no sequence in them ends a script element."""
    return orjson.dumps(words()).decode().replace("<", "\\u003c")


@cache
def names() -> tuple[str, ...]:
    """Every file that the page needs without a network."""
    found = [path.relative_to(FOLDER / "static").as_posix() for path in sorted((FOLDER / "static").glob("*.*"))]
    vendor = [] if _VENDOR is None else ["weui.css", "jsQR.js"]
    return tuple(name for name in [*found, *vendor] if name not in _LAZY and name != "worker.js")


@cache
def version() -> str:
    """Changes with any of it: scripts, style, words, templates."""
    digest = hashlib.blake2b(words_json().encode(), digest_size=8)
    for name in (*names(), "worker.js"):
        file = static_file(name)
        digest.update(f"{name}:{file.digest if file else ''};".encode())
    for path in _TEMPLATES:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def url(name: str) -> str:
    """The address of a file of this version; raises FileNotFoundError where there is none."""
    if static_file(name) is None:
        raise FileNotFoundError(f"static file {name}: run admin/build_static.py if it is a vendor file")
    return f"{PREFIX}/{version()}/{name}"


def worker_script() -> bytes:
    """The service worker, behind the list of what it keeps."""
    kept: dict[str, Any] = {
        "version": version(),
        "files": ["/phone/", "/phone/manifest.webmanifest", *map(url, names())],
    }
    script = static_file("worker.js")
    assert script is not None
    imported = f'import {{ deliverAll }} from "{url("deliver.js")}";\n'
    return imported.encode() + b"const KEPT = " + orjson.dumps(kept) + b";\n" + script.body
