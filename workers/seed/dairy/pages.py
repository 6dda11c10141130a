"""What the pages of milk and yoghurt show: a digital label first, origin and pack in pictures, the story on its own tab."""

from uuid import UUID

from server.core.ids import ids_from
from server.domains import quality
from server.domains.scans import content
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.page_pictures import back_png, origin_png
from workers.seed.numbering import PAGES, numbered_ids
from workers.seed.plant import INSPECTOR, MANAGER

_STORY = (
    "云畦岭在西湖西南的山坳里，二十六年前只有三十头奶牛和一间手工巴氏杀菌间。\n"
    "今天我们仍然只收两处牧场的奶：清晨挤下，当天杀菌灌装，第二天一早进店。\n"
    "每一瓶都能查到是哪天、哪家牧场、哪罐奶。喝得放心，是我们唯一想讲的故事。"
)
_STORY_EN = (
    "Yunqiling lies in a fold of the hills south-west of West Lake. Twenty-six years ago it had thirty cows and one "
    "small pasteuriser.\nWe still take milk from two farms only: milked at dawn, bottled the same day, in the shops the "
    "next morning.\nEvery bottle tells its day, its farm and its tank. That is the only story we care to tell."
)
_ORIGIN = "生牛乳来自湖州安吉岭坪湾与杭州临安石畦坞两处牧场，挤奶后 4 小时内到厂。"
_ORIGIN_EN = "The raw milk comes from two farms, in Anji (Huzhou) and Lin'an (Hangzhou), within four hours of milking."
_BLOCKS: list[content.Block] = [
    "label", "origin", "inspections", "logistics", "materials", "producer", "documents", "story", "corrections",
]  # fmt: skip
_NAMES = {"MILK950": ("云畦岭鲜牛奶", "milk"), "YOG230": ("云畦岭原味酸奶", "yoghurt")}


async def make_pages(dairy: Dairy) -> None:
    """A version in use for each product; for milk also a draft that waits to be looked at."""
    with ids_from(numbered_ids(PAGES)):
        origin = await _picture(dairy, origin_png(), "origin.png", "奶源地图")
        for sku, (name, english) in _NAMES.items():
            back = await _picture(dairy, back_png(name), f"{sku}-back.png", f"{name}背标")
            page = _content(dairy, sku, name, english, origin, back)
            made = await dairy.plant.do(
                MANAGER, content.draft_content, dairy.plant.keys.files, dairy.products[sku], page
            )
            await dairy.plant.do(MANAGER, content.put_in_use, made.id)
            if sku == "MILK950":
                blocks = [block for block in _BLOCKS if block != "materials"]
                draft = page.model_copy(update={"blocks": blocks, "note": "试一试不列原料，页面更短"})
                await dairy.plant.do(MANAGER, content.draft_content, dairy.plant.keys.files, dairy.products[sku], draft)

        told = content.NewPageContent(
            audience="receiver",
            handling="请在 2–6 ℃ 环境卸货，30 分钟内移入冷库。\n外箱有压痕或车厢记录超过 6 ℃，请先拍照再签收。",
            handling_en="Unload at 2–6 °C and move into the cold store within 30 minutes.\n"
            "Where a case is dented, or the car was above 6 °C, take a picture before you sign.",
            pack=content.Pack(code_place="外箱短侧面右上角", code_place_en="top right of the short side of the case"),
            note="首次设置",
        )
        made = await dairy.plant.do(
            MANAGER, content.draft_content, dairy.plant.keys.files, dairy.products["MILK950"], told
        )
        await dairy.plant.do(MANAGER, content.put_in_use, made.id)


async def _picture(dairy: Dairy, plain: bytes, file_name: str, title: str) -> UUID:
    keys = dairy.plant.keys
    made = await dairy.plant.do(
        INSPECTOR, quality.store_attachment, keys.files, plain, file_name, title, most_bytes=keys.attachment_max_bytes
    )
    return made.id


def _content(dairy: Dairy, sku: str, name: str, english: str, origin: UUID, back: UUID) -> content.NewPageContent:
    product = content.Picture(attachment_id=dairy.pictures[sku], alt=f"{name}正面", alt_en=f"A bottle of {english}")
    return content.NewPageContent(
        digital_label=True,
        blocks=_BLOCKS,
        origin=content.Origin(
            picture=content.Picture(
                attachment_id=origin,
                alt="示意图：安吉岭坪湾与临安石畦坞两处牧场，公路通往西湖工厂",
                alt_en="Sketched map: two farms in the hills, and the road to the plant by the lake",
            ),
            text=_ORIGIN,
            text_en=_ORIGIN_EN,
        ),
        story=content.Story(
            title="山坳里的一瓶奶", title_en="A bottle from the hills", text=_STORY, text_en=_STORY_EN, pictures=[product]
        ),
        pack=content.Pack(
            code_place="瓶身背标左下角，码右侧印有末四位",
            code_place_en="bottom left of the back label; the last four characters stand to its right",
            picture=content.Picture(
                attachment_id=back, alt="瓶身背标：追溯码在左下角，末四位在码的右侧",
                alt_en="The back label: the code at the bottom left, its last four characters to the right",
            ),
        ),
        note="首次设置",
    )  # fmt: skip
