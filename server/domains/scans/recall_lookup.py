"""Recalls asked for without a code: by what stands on a pack. It never says "safe": what is in no published recall is just that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.core.clock import now
from server.core.errors import Unavailable
from server.domains.codes import identity_of_text
from server.domains.scans.published import content_of, notice_of
from server.domains.scans.recorder import AWAY, Recorder
from server.domains.scans.snapshot import last_day
from server.domains.scans.status import Result

Outcome = Literal["affected", "maybe", "not_listed", "too_little"]
MOST_READ: Final = 200
MOST_SHOWN: Final = 20
LEAST_NAME: Final = 2
"""Letters or signs of a product's name, below which it could be anything."""


class RecallQuery(BaseModel):
    """What stands on the pack; each is optional, a blank is none. `gtin`: the digits below the bar code. Days are ISO 8601."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    product: str | None = Field(default=None, max_length=100, description="Name or model")
    gtin: str | None = Field(default=None, pattern=r"^[0-9]{8}$|^[0-9]{12,14}$")
    lot: str | None = Field(default=None, max_length=80)
    produced_on: date | None = Field(default=None)
    expires_on: date | None = Field(default=None)
    serial: str | None = Field(default=None, max_length=100, description="Serial number, or the characters of the code")

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        kept = {name: _visible(value) if isinstance(value, str) else value for name, value in given.items()}
        if isinstance(gtin := kept.get("gtin"), str):
            kept["gtin"] = gtin.replace(" ", "").replace("-", "")
        return {name: value for name, value in kept.items() if value not in ("", None)}

    @property
    def names(self) -> bool:
        """Whether it names goods at all: days alone name none."""
        return bool(_letters(self.product) >= LEAST_NAME or self.gtin or _letters(self.lot) or _letters(self.serial))


class Recalled(NamedTuple):
    """A published recall of one lot, or of some serials of it."""

    company: str
    product: str
    brand: str | None
    spec: str | None
    lot_no: str
    produced_on: date | None
    expires_on: date | None
    first_serial: int | None
    last_serial: int | None
    level: int
    reason: str
    what_to_do: str
    published_at: datetime


class Finding(NamedTuple):
    """`hits`: the recalls that fit (affected) or may fit (maybe). `others`: of the product that was named, what else is
    recalled, to compare. `as_of`: when it was looked up."""

    outcome: Outcome
    as_of: datetime
    hits: Sequence[Recalled]
    others: Sequence[Recalled]


async def look_for_recalls(pool: Any, recorder: Recorder, query: RecallQuery, language: str) -> Finding:
    """The answer for what was typed. Counts no scan. Unavailable while the database is away."""
    if not query.names:
        return Finding("too_little", now(), (), ())
    if query.serial and (found := await _by_code(pool, recorder, query.serial, language)):
        return found
    product = query.product if _letters(query.product) >= LEAST_NAME else None
    gtin = query.gtin.zfill(14) if query.gtin else None
    try:
        rows = await pool.fetch(
            "SELECT * FROM public_recalls($1, $2, $3, $4, $5)", product, gtin, query.lot, query.serial, MOST_READ, timeout=5
        )  # fmt: skip
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return judge(rows, query, language)


def judge(rows: Iterable[Mapping[str, Any]], query: RecallQuery, language: str) -> Finding:
    """Which of the recalls hold what was typed. One thing that differs rules a recall out; one that is missing leaves it open."""
    sure: list[Recalled] = []
    open_: list[Recalled] = []
    others: list[Recalled] = []
    named = bool(query.product or query.gtin)
    for row in rows:
        fits = _compared(row, query)
        recalled = _recalled(row, language)
        if False in fits:
            others.append(recalled)
        elif (row["lot_fits"] or row["serial_fits"]) and named and None not in fits:
            sure.append(recalled)
        else:
            open_.append(recalled)
    outcome: Outcome = "affected" if sure else "maybe" if open_ else "not_listed"
    return Finding(outcome, now(), (sure or open_)[:MOST_SHOWN], others[:MOST_SHOWN] if named and not sure else ())


def _compared(row: Mapping[str, Any], query: RecallQuery) -> list[bool | None]:
    """Of everything that tells this recall from others: whether it fits; None where that is not known."""
    fits: list[bool | None] = []
    if query.lot:
        fits.append(bool(row["lot_fits"]))
    if query.produced_on and row["produced_on"]:
        fits.append(query.produced_on == row["produced_on"])
    if query.expires_on and row["expires_at"]:
        fits.append(query.expires_on.isoformat() == last_day(row["expires_at"]))
    if query.serial and row["is_unit"] and not query.lot:
        fits.append(bool(row["serial_fits"]))
    if row["first_serial"] is not None:
        number = int(query.serial) if query.serial and query.serial.isdecimal() and len(query.serial) < 12 else None
        fits.append(None if number is None else row["first_serial"] <= number <= row["last_serial"])
    return fits


def _recalled(row: Mapping[str, Any], language: str) -> Recalled:
    english = language == "en"
    last = last_day(row["expires_at"])
    return Recalled(
        row["company"], (english and row["product_name_en"]) or row["product_name"], row["brand"], row["spec"], row["lot_no"],
        row["produced_on"], date.fromisoformat(last) if last else None, row["first_serial"], row["last_serial"], row["level"],
        (english and row["reason_en"]) or row["reason"], (english and row["advice_en"]) or row["advice"], row["opened_at"],
    )  # fmt: skip


async def _by_code(pool: Any, recorder: Recorder, serial: str, language: str) -> Finding | None:
    """What was typed may be the code of one piece, which says it all; None where it is none."""
    seen = await recorder.look(identity_of_text(serial))
    if seen is None:
        return None
    if seen.facts["result"] != Result.RECALLED:
        return Finding("not_listed", now(), (), ())
    content = await content_of(pool, seen.facts)
    notice = await notice_of(pool, seen.facts, language)
    product, lot = content.get("product", {}), content.get("lot", {})
    expires = lot.get("expires_at")
    return Finding("affected", now(), [Recalled(
        content.get("producer", {}).get("name") or "", (language == "en" and product.get("name_en")) or product.get("name") or "",
        product.get("brand"), product.get("spec"), lot.get("lot_no") or "", None, date.fromisoformat(expires) if expires else None,
        None, None, notice["level"], notice["reason"], notice["what_to_do"], datetime.fromisoformat(notice["published_at"]),
    )], ())  # fmt: skip


def _visible(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()


def _letters(text: str | None) -> int:
    return sum(sign.isalnum() for sign in text or "")
