"""What consumers told the dairy, and one of them the platform: one waits, one was answered, nobody knows whose the third is."""

from uuid import UUID

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.domains.scans import complaints
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.papers import picture_png
from workers.seed.plant import MANAGER

ENTRY = UUID("019b76da-a800-7000-8038-00000000ffff")
"""The id that the first report came with: its ticket follows from it."""


async def make_consumers(dairy: Dairy) -> None:
    plant = dairy.plant
    plant.told = None
    keys, lot_id = plant.keys, dairy.lots["in_the_shops"]
    product_id = await _product(dairy, lot_id)
    owner = complaints.Owner(plant.tenant_id, product_id, lot_id, None)
    first = complaints.FileComplaint(
        entry_id=ENTRY, topic="package", words="昨天在超市买的，瓶盖有点松，渗出来一些，手上黏黏的。", source="scan", city="330100",
        contact="13900000009",
    )  # fmt: skip
    second = complaints.FileComplaint(
        entry_id=UUID(int=ENTRY.int - 1),
        topic="expired",
        words="生产日期喷得太淡，看不清。",
        source="recall",
        product="鲜牛奶",
        city="330200",
    )
    third = complaints.FileComplaint(
        entry_id=UUID(int=ENTRY.int - 2), topic="counterfeit", words="网上买的，扫码说查无此码，包装和以前也不一样。", source="unknown",
        code="ABC-000123", product="某品牌奶粉", city="510100",
    )  # fmt: skip
    consumer = _consumer(plant.tenant_id)
    async with plant.acting(consumer):
        filed = await complaints.file_complaint(consumer, keys.files, keys.link_key, owner, first)
        picture = complaints.clean_picture(picture_png("MILK950"), keys.attachment_max_bytes)
        await complaints.add_photo(consumer, keys.files, filed.id, *picture)
        filed = await complaints.file_complaint(consumer, keys.files, keys.link_key, owner, second)
    answer = complaints.AnswerComplaint(words="谢谢您告诉我们。喷码机已经检修，您可凭包装到购买处换一瓶。")
    await plant.do(MANAGER, complaints.answer, filed.id, answer)
    stranger = _consumer(None)
    async with db.transaction(stranger.scope()):
        nobodys = complaints.Owner(None, None, None, third.code)
        filed = await complaints.file_complaint(stranger, keys.files, keys.link_key, nobodys, third)
        await complaints.add_photo(stranger, keys.files, filed.id, *picture)


def _consumer(tenant_id: UUID | None) -> Actor:
    return Actor(
        "anonymous",
        None,
        text("complaint.consumer", "zh_CN"),
        tenant_id,
        None,
        frozenset(),
        frozenset(),
        "seed:consumers",
    )


async def _product(dairy: Dairy, lot_id: UUID) -> UUID:
    async with dairy.plant.acting(dairy.plant.actors[MANAGER]):
        found = await db.fetchval(
            "SELECT product_id FROM lot WHERE tenant_id = $1 AND id = $2", dairy.plant.tenant_id, lot_id
        )
    return UUID(str(found))
