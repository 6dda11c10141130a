"""Promise: without Valkey reports still come in, recalls are still answered, and a flood of both is still held back."""

from uuid import uuid4

import httpx

from tests.fixtures.api import Server
from tests.fixtures.cluster import Cluster, Database

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


async def test_reports_are_taken_and_limited_without_valkey(cluster: Cluster, database: Database, clean: None) -> None:
    with Server(cluster.settings(database, NOBODY_LISTENS)) as running:
        async with httpx.AsyncClient(base_url=running.base_url, timeout=30, trust_env=False) as client:
            reports, questions = [], []
            for number in range(14):
                body = {"entry_id": str(uuid4()), "topic": "other", "words": f"第 {number} 条"}
                reports.append((await client.post("/api/v1/public/complaints", json=body)).status_code)
            for _ in range(40):
                questions.append((await client.get("/recall", params={"lot": "X1"})).status_code)
    assert reports[:5] == [201] * 5
    assert reports[-1] == 429
    assert set(questions) == {200, 429}
