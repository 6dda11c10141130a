"""Promise: an adapter knows of a domain what its ports say and nothing else, and vendors' SDKs are imported there alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SDKS = ("wechatpy", "alipay", "aliyunsdkcore", "requests")


def imported(folder: str) -> Iterator[tuple[Path, str]]:
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            yield from ((path.relative_to(ROOT), name) for name in names)


def test_of_a_domain_an_adapter_imports_its_ports() -> None:
    found = {name for _, name in imported("server/adapters") if name.startswith("server.domains")}
    assert found
    assert {name for name in found if not (name.count(".") == 3 and name.endswith(".ports"))} == set()


def test_sdks_are_imported_by_adapters_alone() -> None:
    for folder in ("server", "workers", "admin", "miniprogram_api"):
        named = {(str(path), name) for path, name in imported(folder) if name.partition(".")[0] in SDKS}
        assert {path for path, _ in named if not path.startswith("server/adapters/")} == set()
