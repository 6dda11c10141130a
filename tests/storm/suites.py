"""Tests whose short form is already the whole: every route, role, field and file is tried; here they run by number."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.storm.registry import Storm, acceptance

ROOT = Path(__file__).resolve().parents[2]


def suite(*files: str, only: str = "") -> Mapping[str, object]:
    """Run these test files with servers of their own; how many passed and were skipped. Raises when one failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", *files]
    done = subprocess.run([*command, *(("-k", only) if only else ())], cwd=ROOT, capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise AssertionError("\n".join(line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR", "E  "))))  # fmt: skip
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|skipped)", done.stdout)}
    return {"tests": counts.get("passed", 0), "skipped": counts.get("skipped", 0), "failed": 0}


@acceptance("T22", "routes x roles")
def routes(storm: Storm) -> Mapping[str, object]:
    return suite("tests/security/test_route_matrix.py", "tests/security/test_regulators.py")


@acceptance("T23", "scopes")
def scopes(storm: Storm) -> Mapping[str, object]:
    return suite("tests/security/test_scopes.py")


@acceptance("T25", "fields")
def fields(storm: Storm) -> Mapping[str, object]:
    return suite(
        "tests/security/test_mass_assignment.py", "tests/unit/consumer/test_scan_page.py",
        "tests/api/test_publication.py", "tests/api/test_scan_page.py",
    )  # fmt: skip


@acceptance("T26", "revocation")
def revocation(storm: Storm) -> Mapping[str, object]:
    return suite("tests/security/test_revocation.py")


@acceptance("T27", "audit")
def audit(storm: Storm) -> Mapping[str, object]:
    return suite(
        "tests/security/test_audit.py", "tests/security/test_regulators.py", "tests/security/test_scopes.py",
        "tests/api/test_openapi_examples.py", "tests/architecture/test_surfaces_only_read.py",
    )  # fmt: skip


@acceptance("T30", "imports")
def imports(storm: Storm) -> Mapping[str, object]:
    return suite("tests/unit/integrations", "tests/api/test_imports.py", "tests/security/test_import_bombs.py")


@acceptance("T39", "backup and bundle")
def comes_back(storm: Storm) -> Mapping[str, object]:
    return suite("tests/ops/test_backup_and_restore.py", "tests/ops/long_demo_comes_back.py")
