"""Promise: what is installed is pinned to the last package, no file names the host of a registry, and what is installed keeps
the groups of tests that share a costly thing on one worker."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = ("requirements.txt", "requirements-demo.txt", "tests/requirements.txt")
INSTALLED = (*PINNED, "tests/requirements.in", "Makefile", ".ci/run", "package.json", "package-lock.json")


def pins(path: str) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / path).read_text("utf-8").splitlines()]
    found = {}
    for line in filter(None, lines):
        name, equals, version = line.partition("==")
        assert equals, f"{path}: {line} is not pinned"
        found[normal(name)] = version
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name).group()).lower()  # type: ignore[union-attr]


@pytest.mark.parametrize("path", PINNED)
def test_every_line_is_a_pin(path: str) -> None:
    assert pins(path)


def test_every_direct_dependency_is_pinned_and_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    direct = tomllib.loads(text)["project"]["dependencies"]
    assert {normal(name) for name in direct} <= pins("requirements.txt").keys()
    for name in direct:
        assert re.search(rf'"{re.escape(name)}",\s+# \S', text), f"{name} has no reason"


def test_both_lists_agree() -> None:
    run, test = pins("requirements.txt"), pins("tests/requirements.txt")
    assert all(run[name] == version for name, version in test.items() if name in run)


@pytest.mark.parametrize("path", INSTALLED)
def test_no_file_names_a_registry(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert not re.search(
        r"index-url|find-links +\S|registry\.|https?://(?!127\.0\.0\.1)", re.sub("--no-emit-\\S+", "", text)
    )


@pytest.mark.xdist_group("pins")
def test_groups_of_tests_have_an_effect(request: pytest.FixtureRequest) -> None:
    if not hasattr(request.config, "workerinput"):
        pytest.skip("runs on several workers only (make test)")
    assert request.node.nodeid.endswith("@pins")
