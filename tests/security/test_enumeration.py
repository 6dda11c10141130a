"""Promise (T14): trying codes finds none, tells nothing about which exist, and is slowed down — with Valkey or without."""

import random
import time
from types import SimpleNamespace

import pytest
from redis import Redis

from server.core import limits
from server.core.ids import new_id
from server.domains.codes.alphabet import ALPHABET
from server.domains.codes.checks import Classifier, Verdict
from server.settings import Settings
from tests.fixtures.api import Api
from tests.fixtures.scans import coded_lot, mint_codes

HEADERS_THAT_MAY_DIFFER = {"date"}


@pytest.fixture(autouse=True)
def fresh_limits(api: Api, monkeypatch: pytest.MonkeyPatch, server: object) -> None:
    """Counters of nobody else, in one window that does not end while the test runs."""
    moment = new_id().int % 10**9
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: moment, monotonic=time.monotonic))
    Redis.from_url(api.settings.valkey_url.replace("valkey://", "redis://", 1)).flushdb()
    ctx = server.app.ctx  # type: ignore[attr-defined]
    if hasattr(ctx, "scan_path"):
        ctx.scan_path._unknowns._over.clear()


def forged(settings: Settings, rng: random.Random) -> str:
    """Random text in the form of a code with a right unkeyed check, whose keyed check is wrong."""
    classifier = Classifier({key.version: key.key for key in settings.code_keys})
    real = mint_codes(settings, 1)[0]
    while True:
        text = real[:2] + "".join(rng.choice(ALPHABET) for _ in range(18))
        if classifier.classify(text).verdict is Verdict.UNKNOWN:
            return text


async def test_a_code_never_issued_and_a_made_up_text_get_the_same_bytes(api: Api) -> None:
    rng = random.Random(14)
    for prefix in ("/t/", "/api/v1/public/codes/"):
        never_issued = await api.anonymous.get(prefix + mint_codes(api.settings, 1)[0])
        made_up = await api.anonymous.get(prefix + forged(api.settings, rng))
        foreign = await api.anonymous.get(prefix + f"X{new_id().hex}")
        assert never_issued.content == made_up.content == foreign.content
        assert never_issued.status_code == made_up.status_code == foreign.status_code
        assert _headers(never_issued) == _headers(made_up) == _headers(foreign)


def _headers(answer: object) -> dict[str, str]:
    headers = answer.headers  # type: ignore[attr-defined]
    return {name: value for name, value in headers.items() if name not in HEADERS_THAT_MAY_DIFFER}


async def test_neighbours_of_real_codes_are_not_codes(api: Api) -> None:
    rng = random.Random(15)
    codes = mint_codes(api.settings, 200)
    classifier = Classifier({key.version: key.key for key in api.settings.code_keys})
    hits = 0
    for code in codes:
        for _ in range(50):
            position = rng.randrange(2, 17)
            near = code[:position] + rng.choice(ALPHABET) + code[position + 1 :]
            hits += near != code and classifier.classify(near).verdict is Verdict.MINTED
    assert hits == 0


async def test_unknown_codes_are_limited_by_address_and_real_ones_are_still_answered(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    statuses = [
        (await api.anonymous.get(f"/api/v1/public/codes/{code}")).status_code for code in mint_codes(api.settings, 33)
    ]
    assert statuses[:30] == [200] * 30
    assert statuses[30:] == [429] * 3
    page = await api.anonymous.get(f"/t/{mint_codes(api.settings, 1)[0]}")
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) >= 1
    assert "这不代表产品有问题" in page.text
    assert (await api.anonymous.get(f"/t/{lot.codes[0]}")).status_code == 200


async def test_texts_that_are_not_minted_are_refused_before_the_look_up(api: Api) -> None:
    for code in mint_codes(api.settings, 31):
        await api.anonymous.get(f"/t/{code}")
    assert (await api.anonymous.get("/t/PLANT-SEQUENCE-0001")).status_code == 429


async def test_still_limited_while_valkey_is_down(api: Api, server: object, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = server.app.ctx.services.limiter  # type: ignore[attr-defined]
    monkeypatch.setattr(limiter, "_broken_until", float("inf"))
    codes = mint_codes(api.settings, 33)
    statuses = [(await api.anonymous.get(f"/t/{code}")).status_code for code in codes]
    assert statuses == [200] * 30 + [429] * 3


async def test_typing_slips_are_answered_freely_but_not_without_end(api: Api) -> None:
    code = mint_codes(api.settings, 1)[0]
    slip = code[:-1] + ("A" if code[-1] != "A" else "B")
    statuses = [(await api.anonymous.get(f"/t/{slip}")).status_code for _ in range(122)]
    assert statuses == [200] * 120 + [429] * 2
