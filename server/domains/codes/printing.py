"""Labels and symbols of codes already minted: which URL a symbol holds, and what a label says."""

from typing import Any, Literal, NamedTuple
from uuid import UUID

from i18n import text
from server.core.actor import Actor
from server.domains.codes import digital_link, queries
from server.domains.codes.commands import Printed
from server.domains.codes.labels import LabelTexts
from server.domains.codes.urls import code_url

UrlForm = Literal["short", "digital_link"]


class Sheet(NamedTuple):
    """All that `labels_pdf` needs: (printed code, URL) of each label, and the texts they share."""

    labels: list[tuple[str, str]]
    texts: LabelTexts


async def label_sheet(
    actor: Actor, order_id: UUID, first: int, last: int, origin: str, form: UrlForm, language: str
) -> Sheet:
    """The labels of serials `first` to `last`; `origin` is the platform's, used where the enterprise has none."""
    order = await queries.get_order(actor.tenant, order_id)
    place = await queries.label_place(actor.tenant)
    printed = Printed.model_validate(order.printed)
    codes = await queries.codes_of_order(actor.tenant, order_id, first, last)
    item = order.level == "item"
    labels = [(code.text, symbol_url(code.text, printed, item, place, origin, form)) for code in codes]
    return Sheet(labels, LabelTexts(printed.product_name, label_lines(printed, language)))


def symbol_url(code: str, printed: Printed, item: bool, place: queries.LabelPlace, origin: str, form: UrlForm) -> str:
    """What the symbol of a code holds. The Digital Link form needs a GTIN and texts that fit it, else the short one."""
    origin = place.origin or origin
    if form == "digital_link" and printed.gtin and item:
        try:
            return digital_link.build(origin, printed.gtin, lot=_lot_of(printed), serial=code)
        except digital_link.NotADigitalLink:
            pass
    return code_url(origin, code, place.space)


def _lot_of(printed: Printed) -> str | None:
    """The lot number where a Digital Link can hold it; the serial alone names the item as well."""
    fits = len(printed.lot_no) <= digital_link.MAX_LOT_OR_SERIAL
    return printed.lot_no if fits and digital_link.LOT_AND_SERIAL_SYMBOLS.issuperset(printed.lot_no) else None


def label_lines(printed: Printed, language: str) -> list[str]:
    """Lot number and dates, as a label says them."""
    lines = [text("codes.label.lot", language, lot_no=printed.lot_no)]
    dates: tuple[tuple[str, Any], ...] = (
        ("codes.label.produced_on", printed.produced_on),
        ("codes.label.expires_on", printed.expires_on),
    )
    return lines + [text(key, language, date=day.isoformat()) for key, day in dates if day]
