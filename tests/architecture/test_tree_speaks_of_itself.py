"""Promise: the tree names no package registry, no path of somebody's machine, and leaves nothing "to do"."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "host of a package registry": r"pypi\.org|pythonhosted\.org|registry\.npm|npmmirror|pypi\.tuna|mirrors\.[a-z]+\.(?:com|cn|edu)",
    "path of somebody's machine": r"(?<![\w.}/])/(?:home|Users)/(?!\{)\w+|(?<![\w.}/])/(?:work|root)/\w",
    "thing left to do": r"\b(?:TODO|FIXME|XXX|HACK)\b",
    "address of a private network": r"\b(?:10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+):\d+\b",
}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text that a clone would hold, this file apart."""
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path != Path(__file__).resolve() and b"\0" not in (content := path.read_bytes()):
            yield path, content.decode()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: git cannot list what belongs to the tree")
@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(FORBIDDEN[what], line)
    ]
    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    samples = {
        "host of a package registry": "https://pypi.org/simple",
        "path of somebody's machine": 'open("/home/li/x")',
        "thing left to do": "# TODO: later",
        "address of a private network": "http://192.168.1.10:8080/",
    }
    assert samples.keys() == FORBIDDEN.keys()
    assert all(re.search(FORBIDDEN[what], sample) for what, sample in samples.items())


def test_the_lock_of_npm_names_versions_and_digests_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    third_party = {name: entry for name, entry in packages.items() if name}
    assert third_party
    assert all("version" in entry and "integrity" in entry for entry in third_party.values())
    assert not any("resolved" in entry for entry in packages.values())
