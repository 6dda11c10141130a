"""Pictures of the products, and inspection reports like scanned sheets: drawn here, so that nothing is shipped along."""

import io
from collections.abc import Mapping
from functools import cache

from workers.seed.dairy.standards import limits_shown

_SHEET = (1240, 1754)  # A4 at 150 dpi
_COLUMNS = (110, 430, 790)
_SIZE = 480
_SCALE = 2  # drawn larger, then scaled down: smooth edges


@cache
def picture_png(kind: str) -> bytes:
    """A bottle of `MILK950` or `YOG230` before a plain ground; some 10 kB."""
    from PIL import Image, ImageDraw, ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    wide = _SIZE * _SCALE
    ground, cap, name, line = {
        "MILK950": ("#dfeef7", "#2f7dbd", "鲜牛奶", "950 mL · 2–6 ℃"),
        "YOG230": ("#f6eedd", "#c98a2b", "原味酸奶", "230 g · 2–6 ℃"),
    }[kind]
    image = Image.new("RGB", (wide, wide), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((220, 850, 740, 910), fill="#c4d2d8")
    draw.rounded_rectangle((410, 90, 550, 190), 24, fill=cap)
    draw.polygon([(420, 190), (540, 190), (690, 380), (690, 860), (270, 860), (270, 380)], fill="#fdfdfb")
    draw.rounded_rectangle((270, 360, 690, 890), 44, fill="#fdfdfb")
    draw.rounded_rectangle((270, 470, 690, 760), 0, fill=cap)
    for text, size, top in (("云畦岭", 56, 486), (name, 92, 556), (line, 40, 690)):
        font = ImageFont.truetype(str(sans_path()), size)
        draw.text((wide / 2, top), text, font=font, fill="white", anchor="ma")
    small = image.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


def report_pdf(producer: str, title: str, product: str, lot_no: str, values: Mapping[str, str]) -> bytes:
    """One sheet as a scanner delivers it: what was tested, what was found, what is allowed; some 100 kB.

    A picture and no text: embedding a Chinese font would take a second for every report.
    """
    from PIL import Image, ImageDraw, ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    page = Image.new("L", _SHEET, 255)
    draw = ImageDraw.Draw(page)
    large, small = (ImageFont.truetype(str(sans_path()), size) for size in (44, 25))
    draw.text((_SHEET[0] / 2, 110), title, font=large, fill=0, anchor="ma")
    top = 220
    for text in (producer, f"产品：{product}", f"批号：{lot_no}", "结论：所检项目符合标准要求（演示数据，限值为示例）"):
        draw.text((110, top), text, font=small, fill=0)
        top += 52
    for row in (("检验项目", "检验结果", "限值"), *limits_shown(values)):
        for left, text in zip(_COLUMNS, row, strict=True):
            draw.text((left, top + 34), text, font=small, fill=0)
        draw.line((100, top + 82, _SHEET[0] - 100, top + 82), fill=120)
        top += 60
    draw.text((110, top + 90), "检验：陶小满    审核：陆一鸣    批准：韩致远", font=small, fill=0)
    file = io.BytesIO()
    page.save(file, "PDF", resolution=150, title=title, producer=producer)
    return file.getvalue()
