"""T14, the long form: an attacker who holds 10,000 codes of 100,000 tries a million neighbours; time tells nothing.

A guess that passes both checks is still no code: it must have been issued. The ten bits of the keyed check let some
of the guesses through to the look-up; those are counted as `looked_up`.
"""

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping

import httpx

from server import wiring
from server.core import db
from server.domains.codes.alphabet import ALPHABET
from server.domains.codes.checks import Classifier, Verdict
from server.settings import Settings
from tests.fixtures.api import Api, Server
from tests.fixtures.scans import coded_lot, mint_codes
from tests.security.test_enumeration import forged
from tests.storm.faults import settings_of
from tests.storm.registry import Storm, acceptance

ISSUED, HELD, TRIES, SAMPLES = 100_000, 10_000, 1_000_000, 400
BEGINNING = 2  # format mark and key number, the same in all codes of a key
PER_ADDRESS = 20  # below the limit of misses a minute


@acceptance("T14", "neighbours")
def neighbours(storm: Storm) -> Mapping[str, object]:
    settings, rng = settings_of(storm.servers(durable=False)), random.Random(storm.seed)
    issued = mint_codes(settings, ISSUED)
    held, others = issued[:: ISSUED // HELD], set(issued)
    others.difference_update(held)
    classifier = Classifier({key.version: key.key for key in settings.code_keys})
    verdicts: Counter[Verdict] = Counter()
    hits = 0
    for number in range(TRIES):
        near = _near(held[number % HELD], number // HELD, rng)
        verdicts[classifier.classify(near).verdict] += near != held[number % HELD]
        hits += near in others
    assert hits <= 1
    assert verdicts[Verdict.MINTED] < TRIES // 10_000
    return {"issued": ISSUED, "held": HELD, "tries": verdicts.total(), "hits": hits,
            "slips": verdicts[Verdict.TYPING_SLIP], "looked_up": verdicts[Verdict.MINTED]}  # fmt: skip


def _near(code: str, turn: int, rng: random.Random) -> str:
    """The next or last of a character, another character, or another end to the same beginning."""
    position = BEGINNING + turn % (len(code) - BEGINNING)
    if turn % 3 == 0:
        step = ALPHABET[(ALPHABET.index(code[position]) + rng.choice((1, -1))) % len(ALPHABET)]
        return code[:position] + step + code[position + 1 :]
    if turn % 3 == 1:
        return code[:position] + rng.choice(ALPHABET) + code[position + 1 :]
    return code[:position] + "".join(rng.choices(ALPHABET, k=len(code) - position))


@acceptance("T14", "same answer, same time")
def same_time(storm: Storm) -> Mapping[str, object]:
    return asyncio.run(_same_time(settings_of(storm.servers()), random.Random(storm.seed)))


async def _same_time(settings: Settings, rng: random.Random) -> Mapping[str, object]:
    await db.open_pool(settings.database_dsn, wiring.MODELS, size=2)
    try:
        with Server(settings) as server:
            api = Api(server.base_url, server.settings)
            await coded_lot(settings, (await api.plant()).tenant_id, count=HELD)
            texts = {
                "never_issued": [mint_codes(settings, 1)[0] for _ in range(SAMPLES)],
                "made_up": [forged(settings, rng) for _ in range(SAMPLES)],
            }
            seconds, bodies = await _asked(api, texts, rng)
            await api.close()
    finally:
        await db.close()
    medians = {name: statistics.median(values) * 1000 for name, values in seconds.items()}
    delta = abs(medians["never_issued"] - medians["made_up"])
    assert len(bodies) == 1
    assert delta < 5
    return {"samples": 2 * SAMPLES, "bodies": 1, "delta_median_ms": round(delta, 2), "median_ms": round(medians["made_up"], 2)}  # fmt: skip


async def _asked(api: Api, texts: Mapping[str, list[str]], rng: random.Random) -> tuple[dict[str, list[float]], set[bytes]]:  # fmt: skip
    """In random order, from addresses that stay below their limit; a text over its prefix's limit is not measured."""
    order = [(name, text) for name, group in texts.items() for text in group]
    rng.shuffle(order)
    seconds: dict[str, list[float]] = {name: [] for name in texts}
    bodies: set[bytes] = set()
    for start in range(0, len(order), PER_ADDRESS):
        number = start // PER_ADDRESS + 1
        transport = httpx.AsyncHTTPTransport(local_address=f"127.1.{number // 250}.{number % 250 + 1}")
        async with httpx.AsyncClient(base_url=api.base_url, transport=transport) as client:
            for name, text in order[start : start + PER_ADDRESS]:
                began = time.perf_counter()
                answer = await client.get(f"/t/{text}")
                if answer.status_code == 200:
                    seconds[name].append(time.perf_counter() - began)
                    bodies.add(answer.content)
    assert min(map(len, seconds.values())) > SAMPLES // 2
    return seconds, bodies
