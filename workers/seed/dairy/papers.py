"""Pictures of the products, and inspection reports as PDF: drawn here, so that nothing has to be shipped along."""

import io
import logging
from collections.abc import Mapping

from workers.seed.dairy.standards import limits_shown

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table of every font it cuts down
_SIZE = 480
_SCALE = 2  # drawn larger, then scaled down: smooth edges


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
    """One page: what was tested, what was found, what is allowed."""
    from fpdf import FPDF
    from pylopdf_fonts_zh_cn import sans_path

    pdf = FPDF(format="A4")
    pdf.add_page()
    pdf.add_font("sans", fname=sans_path())
    pdf.set_font("sans", size=18)
    pdf.cell(0, 14, title, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("sans", size=11)
    for text in (
        producer,
        f"产品：{product}",
        f"批号：{lot_no}",
        "结论：所检项目符合标准要求。本报告为演示数据，限值为示例。",
    ):
        pdf.cell(0, 9, text, new_x="LMARGIN", new_y="NEXT")
    with pdf.table(col_widths=(3, 3, 4), line_height=9, first_row_as_headings=False) as table:
        for row in (("检验项目", "检验结果", "限值"), *limits_shown(values)):
            table.row(row)
    return bytes(pdf.output())
