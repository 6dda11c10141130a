"""The whole seed, once: accounts, three plants, example codes."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.core.files import FileBox
from server.core.ids import ids_from
from server.domains.access import BadgeKeys
from server.domains.access.commands import NewTenant
from server.settings import Settings
from workers import terminal
from workers.importer import limits_of
from workers.seed import pharma_data
from workers.seed.dairy import Dairy, Example, make_dairy, make_day
from workers.seed.dairy.consumers import make_consumers
from workers.seed.dairy.desk import fill_desk
from workers.seed.dairy.materials import make_materials
from workers.seed.dairy.phones import make_phones
from workers.seed.dairy.running import make_running
from workers.seed.electronics import make_electronics
from workers.seed.numbering import (
    AUTHORITY,
    CONSUMERS,
    DAIRY,
    DAY,
    DESK,
    ELECTRONICS,
    MATERIALS,
    PHARMA,
    PHONES,
    RUNNING,
    numbered_ids,
)
from workers.seed.people import Account, credit_code, crew, make_authority, make_plant, make_platform_admin
from workers.seed.pharma import make_pharma
from workers.seed.plant import Keys
from workers.seed.telling import story_time

MODELS = tuple(f"server.domains.{domain}.models" for domain in ("access", "codes", "devices", "chain", "quality"))
_POOL_SIZE = 4
_PHARMA = NewTenant(
    name="苏州澄砚制药有限公司（演示）",
    credit_code=credit_code("320506", 1),
    division_code="320506",
    address="江苏省苏州市吴中区澄砚路 1 号",
)
_DAIRY = NewTenant(
    name="杭州云畦岭乳业有限公司（演示）",
    credit_code=credit_code("330106", 2),
    division_code="330106",
    address="浙江省杭州市西湖区云畦岭路 1 号",
)
_ELECTRONICS = NewTenant(
    name="宁波岚芯屿电子有限公司（演示）",
    credit_code=credit_code("330205", 3),
    division_code="330205",
    address="浙江省宁波市江北区岚芯屿路 1 号",
)
_AUTHORITY = ("杭州市市场监督管理局（演示）", "330100")
_PHARMA_CREW = {
    "enterprise_admin": "顾明远", "quality_manager": "沈知微", "releaser": "程守诚", "inspector": "许青禾",
    "operator": "高建国", "viewer": "宋雨",
}  # fmt: skip
_DAIRY_CREW = {
    "enterprise_admin": "叶清源", "quality_manager": "蒋若溪", "releaser": "韩致远", "inspector": "陶小满",
    "operator": "罗大成", "viewer": "孟晚晴",
}  # fmt: skip

_ELECTRONICS_CREW = {
    "enterprise_admin": "丁思远", "quality_manager": "江映雪", "releaser": "马致和", "inspector": "石小川",
    "operator": "卢志强", "viewer": "白露",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoInfo:
    """What a person needs: accounts (role, tenant, username, password), codes to scan, the genuine one first, and
    what each of them says (code, status)."""

    accounts: list[Account]
    example_codes: list[str]
    examples: list[dict[str, str]]


async def seed(running: Any, settings: Settings, progress: Callable[[str], None]) -> DemoInfo:
    """Fill an empty, migrated database; some seconds. Everything is done through the services, as the application's own
    role; of `running`, the embedded servers, it takes only the owner's way to set the clock (`story_time`)."""
    tell = _Teller(progress)
    logging.getLogger("tortoise").setLevel(logging.WARNING)  # nobody at the terminal asked when it disconnects
    await db.open_pool(settings.database_dsn, MODELS, size=_POOL_SIZE)
    try:
        async with story_time(running.dsn("trace_owner")):
            return await _seed(_keys(settings), tell)
    finally:
        await db.close()


async def _seed(keys: Keys, tell: "_Teller") -> DemoInfo:
    platform, platform_account = await make_platform_admin()
    async with asyncio.TaskGroup() as group:
        pharma = group.create_task(_pharma(platform, keys, tell))
        dairy = group.create_task(_dairy(platform, keys, tell))
        electronics = group.create_task(_electronics(platform, keys, tell))
        authority = group.create_task(_authority(platform))
    (dairy_accounts, examples), (pharma_accounts, tablets) = dairy.result(), pharma.result()
    found = [each._asdict() for each in examples] + [{"code": code, "status": "genuine"} for code in tablets]
    accounts = [*dairy_accounts, *pharma_accounts, *electronics.result(), authority.result(), platform_account]
    return DemoInfo(accounts, [each["code"] for each in found], found)


async def _pharma(platform: Actor, keys: Keys, tell: "_Teller") -> tuple[list[Account], list[str]]:
    with ids_from(numbered_ids(PHARMA)):
        plant, accounts = await make_plant(platform, _PHARMA, "pharma", crew(_PHARMA_CREW, "固体制剂车间"), keys)
        tell("accounts", plant=plant.name, count=len(accounts))
        data = pharma_data.load()
        texts = await make_pharma(plant, data)
    lots = len(data.quality) + sum(len(table) for table in data.materials.values())
    tell("pharma", lots=lots, links=len(data.consumptions))
    return accounts, texts


async def _dairy(platform: Actor, keys: Keys, tell: "_Teller") -> tuple[list[Account], list[Example]]:
    with ids_from(numbered_ids(DAIRY)):
        plant, accounts = await make_plant(platform, _DAIRY, "dairy", crew(_DAIRY_CREW, "灌装车间"), keys)
        tell("accounts", plant=plant.name, count=len(accounts))
        dairy = Dairy(plant, now().astimezone(EDGE).date())
        examples = await make_dairy(dairy)
    with ids_from(numbered_ids(MATERIALS)):
        await make_materials(plant)
    with ids_from(numbered_ids(DESK)):
        await fill_desk(dairy)
    with ids_from(numbered_ids(DAY)):
        await make_day(dairy)
    with ids_from(numbered_ids(PHONES)):
        await make_phones(dairy)
    with ids_from(numbered_ids(CONSUMERS)):
        await make_consumers(dairy)
    with ids_from(numbered_ids(RUNNING)):
        await make_running(dairy)
    await plant.say_told()
    tell("dairy", codes=len(examples))
    return accounts, examples


async def _electronics(platform: Actor, keys: Keys, tell: "_Teller") -> list[Account]:
    with ids_from(numbered_ids(ELECTRONICS)):
        people = crew(_ELECTRONICS_CREW, "沉铜电镀车间")
        plant, accounts = await make_plant(platform, _ELECTRONICS, "electronics", people, keys)
        tell("accounts", plant=plant.name, count=len(accounts))
        await make_electronics(plant, now().astimezone(EDGE).date())
    await plant.say_told()
    tell("electronics")
    return accounts


async def _authority(platform: Actor) -> Account:
    with ids_from(numbered_ids(AUTHORITY)):
        return await make_authority(platform, *_AUTHORITY)


def _keys(settings: Settings) -> Keys:
    return Keys(
        {each.version: each.key for each in settings.code_keys},
        settings.minting_key.version,
        FileBox(settings.file_key),
        settings.attachment_max_bytes,
        settings.base_url,
        settings.token_key,
        limits_of(settings),
        BadgeKeys(settings.file_key),
    )


class _Teller:
    """Says what is done, in the language of the terminal, with the seconds since the beginning."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._begun = time.monotonic()

    def __call__(self, step: str, **params: object) -> None:
        took = time.monotonic() - self._begun
        self._progress(text(f"seed.{step}", terminal.language(), seconds=f"{took:.1f}", **params))
