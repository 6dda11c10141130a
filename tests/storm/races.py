"""T10, the long form: one first scan of a hundred, and stock that is never used twice, round after round."""

import asyncio
import random
from collections.abc import Mapping

from server import wiring
from server.core import db
from server.domains.scans import Recorder
from server.embedded import Running
from server.settings import Settings
from tests.fixtures.api import Api
from tests.fixtures.plant import new_works
from tests.fixtures.scans import coded_lot, stored
from tests.race.test_first_scan import PEOPLE, public_pool
from tests.race.test_stock import consume, scrap, ship
from tests.storm.faults import settings_of
from tests.storm.registry import Storm, acceptance

ROUNDS = 100


@acceptance("T10", "first_scan")
def first_scan(storm: Storm) -> Mapping[str, object]:
    return asyncio.run(_first_scan(settings_of(storm.servers(durable=False))))


async def _first_scan(settings: Settings) -> Mapping[str, object]:
    """A hundred codes, each scanned by a hundred people at once through four processes' recorders."""
    await db.open_pool(settings.database_dsn, wiring.MODELS, size=2)
    try:
        tenant = (await Api("", settings).plant()).tenant_id
        lot = await coded_lot(settings, tenant, count=ROUNDS)
        async with await public_pool(settings, 5) as pool:
            recorders = [Recorder(pool) for _ in range(4)]
            for code in lot.codes:
                seen = await asyncio.gather(*(recorders[n % 4].record(code, 1, b"device") for n in range(PEOPLE)))
                assert sorted(one.number for one in seen if one) == list(range(1, PEOPLE + 1))
                row = await stored(code, tenant)
                assert (row["scan_count"], row["scans"]) == (PEOPLE, PEOPLE)
            for recorder in recorders:
                await recorder.close()
    finally:
        await db.close()
    return {"codes": ROUNDS, "people": PEOPLE, "firsts": ROUNDS, "miscounted": 0}


@acceptance("T10", "stock")
def stock(storm: Storm) -> Mapping[str, object]:
    return asyncio.run(_stock(storm.servers(durable=False), storm.seed))


async def _stock(running: Running, seed: int) -> Mapping[str, object]:
    """Three draws fit; some fifty try at once, by consumption, shipment and scrapping in random order."""
    rng = random.Random(seed)
    await db.open_pool(running.dsn("trace_app"), wiring.MODELS, size=16)
    try:
        works = await new_works()
        for _ in range(ROUNDS):
            source = await works.lot()
            targets = [await works.lot("finished", released=False) for _ in range(10)]
            draws = [consume(works, source, target) for target in targets]
            draws += [ship(works, source) for _ in range(10)] + [scrap(works, source) for _ in range(10)]
            rng.shuffle(draws)
            assert sum(await asyncio.gather(*draws)) == 3
            assert await works.left(source) == 10
    finally:
        await db.close()
    return {"rounds": ROUNDS, "draws": ROUNDS * 30, "overdrawn": 0}
