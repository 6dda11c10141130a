"""Promise: the platform's first page says what waits for its operator: complaints of nobody's products, and work in the
background that is late or was given up; where nothing waits it says nothing of it."""

import re
from html import unescape

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from tests.fixtures.api import Api


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def page(api: Api, language: str = "zh-CN") -> str:
    answer = await api.platform.client(accept_language=language).get("/admin")
    assert answer.status_code == 200
    return answer.text


async def test_what_waits_for_the_operator_is_on_the_first_page(api: Api) -> None:
    found = re.search(r"(\d+) 待答复的消费者反映", shown(await page(api)))
    assert found
    assert "/admin/platform/complaints?state=open" in await page(api)
    late, dead = new_id(), new_id()
    async with db.transaction(Scope.system()):
        await db.execute(
            "INSERT INTO outbox (id, topic, key, payload, due_at, dead_at, claimed_by) VALUES"
            " ($1, 'Nothing', $3, '{}', now() - interval '1 hour', NULL, 'nobody'),"
            " ($2, 'Nothing', $3, '{}', now() - interval '1 hour', now(), 'nobody')",
            late, dead, str(new_id()),
        )  # fmt: skip
    try:
        text = shown(await page(api))
        said = re.search(r"后台任务：(\d+) 项超过 10 分钟未处理，(\d+) 项多次失败", text)
        assert said, text
        assert (int(said[1]) >= 1, int(said[2]) >= 1) == (True, True)
        assert "RUNBOOK.md" in shown(await page(api, "en"))
    finally:
        async with db.transaction(Scope.system()):
            await db.execute("DELETE FROM outbox WHERE id = ANY($1::uuid[])", [late, dead])
