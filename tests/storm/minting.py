"""T13, the long form: eight processes mint a million codes while one is killed again and again."""

from collections.abc import Awaitable, Mapping

from tests.fault.minting_kill import Shape, storm
from tests.storm.registry import Storm, acceptance


@acceptance("T13", "minting under kills")
def minting(test: Storm) -> Awaitable[Mapping[str, object]]:
    running = test.servers()
    return storm(running.dsn("trace_app"), Shape(8, 125_000, processes=8, kills=40, chunk=10_000), test.seed)
