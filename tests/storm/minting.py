"""T13, the long form: eight processes mint a million codes while one is killed again and again; damaged labels are read."""

import random
from collections.abc import Awaitable, Mapping

from server.domains.codes.minting import mint
from server.domains.codes.urls import code_url
from tests.fault.minting_kill import Shape, storm
from tests.storm.registry import Storm, acceptance
from tests.unit.codes.damage import LEAST_READ, PROMISED, lost_codewords, share_read, stained

LABELS = 1000


@acceptance("T13", "minting under kills")
def minting(test: Storm) -> Awaitable[Mapping[str, object]]:
    running = test.servers()
    return storm(running.dsn("trace_app"), Shape(8, 125_000, processes=8, kills=40, chunk=10_000), test.seed)


@acceptance("T13", "damaged labels")
def labels(test: Storm) -> Mapping[str, object]:
    rng = random.Random(test.seed)
    urls = [
        code_url("https://q.example.com", code.decode()) for code in mint(LABELS, 3, "Q4", bytes(32), rng.randbytes)
    ]
    read: dict[str, object] = {}
    for name, damage in (("codewords", lost_codewords), ("blot", stained)):
        for level, share in PROMISED:
            found = share_read(damage, level, share, urls, rng)
            assert found >= LEAST_READ[damage], (name, level, share, found)
            read[f"{name}.{level}.{share:.0%}"] = f"{found:.2%}"
    return {"labels": LABELS * len(read), **read}
