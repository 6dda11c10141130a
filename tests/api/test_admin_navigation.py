"""Promise: the side bar stands in few groups, folded without a script; the group of the page one is on is open, and no other;
who sees one line of a group sees that line."""

import re

import pytest

from tests.fixtures.api import Api

FOLDED = re.compile(
    r'<details name="nav"( open)?>\s*<summary>.*?<span>(.*?)</span></summary>(.*?)</details>', re.DOTALL
)


async def side_of(api: Api, role: str, path: str) -> str:
    plant = await api.plant()
    page = (await plant.client(role).get(path)).text
    return page[page.index('<nav class="side"') : page.index("</nav>", page.index('<nav class="side"'))]


@pytest.mark.parametrize("role", ["enterprise_admin", "quality_manager", "viewer"])
async def test_few_lines_are_seen_at_once(api: Api, role: str) -> None:
    side = await side_of(api, role, "/admin/plans")
    groups = FOLDED.findall(side)
    assert [name for opened, name, _ in groups if opened] == ["检验"]
    assert all(len(re.findall("<a ", lines)) >= 2 for _, _, lines in groups)
    (current,) = (lines for opened, _, lines in groups if opened)
    assert 'aria-current="page"' in current
    seen = side.count("<a ") - sum(lines.count("<a ") for opened, _, lines in groups if not opened) + len(groups)
    assert seen <= 16, seen


async def test_a_page_outside_the_groups_opens_none(api: Api) -> None:
    side = await side_of(api, "enterprise_admin", "/admin")
    assert [name for opened, name, _ in FOLDED.findall(side) if opened] == []
    assert side.count('aria-current="page"') == 1
