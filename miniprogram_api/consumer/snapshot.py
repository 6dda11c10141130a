"""What a consumer may see: the allow-list of a publication and of a recall notice.

A field that stands here leaves the house, anything else in the stored snapshot is dropped. Every part may
be missing. Numbers become the text they were written as; addresses that are not ours are dropped.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isfinite, nan
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

LONGEST_TEXT = 300
"""Characters of one field; a label text or a reason is shorter, an accident must not fill the page."""

LONGEST_WORDS = 2000
"""Characters of what the enterprise tells of the product in its own words."""

BLOCKS: Final = (
    "label", "origin", "inspections", "materials", "logistics", "producer", "documents", "story", "corrections",
)  # fmt: skip
"""In the order of a page that nobody arranged."""


def _cut(longest: int) -> Callable[[object], object]:
    def shorten(value: object) -> object:
        if value is None:
            return None
        text = str(value).strip()
        return text if len(text) <= longest else text[: longest - 1] + "…"

    return shorten


def _moment(value: object) -> object:
    """Read an ISO day as a day and an ISO time as an aware time (no zone: UTC); anything else is unknown."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _own_address(value: object) -> object:
    """Keep a path on this host; drop everything else (other hosts, javascript:)."""
    path = isinstance(value, str) and value.startswith("/") and not value.startswith(("//", "/\\"))
    return value if path else None


def _readable_points(value: object) -> object:
    """Keep the readings with a time and a number; a curve must not cost the reader the page."""
    if not isinstance(value, list | tuple):
        return []
    pairs = [pair for pair in value if isinstance(pair, list | tuple) and len(pair) == 2]
    read = [(_moment(at), _reading(reading)) for at, reading in pairs]
    return [(at, reading) for at, reading in read if isinstance(at, datetime) and isfinite(reading)]


def _reading(value: object) -> float:
    """A number, also one written as text, as publications keep them; nan for anything else."""
    try:
        return float(value) if isinstance(value, int | float | str) else nan
    except ValueError:
        return nan


Text = Annotated[str | None, BeforeValidator(_cut(LONGEST_TEXT))]
Words = Annotated[str | None, BeforeValidator(_cut(LONGEST_WORDS))]
Moment = Annotated[datetime | date | None, BeforeValidator(_moment)]
OwnAddress = Annotated[str | None, BeforeValidator(_own_address)]


class Part(BaseModel):
    """A part of a publication: unknown fields are dropped, a null is a missing part."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class Image(Part):
    """A picture on this host; width and height in pixels keep its place while it loads."""

    url: OwnAddress = None
    alt: Text = None
    alt_en: Text = None
    width: int | None = None
    height: int | None = None


class LabelEntry(Part):
    """One line of the printed label."""

    name: Text = None
    value: Text = None


class Product(Part):
    """What is sold."""

    name: Text = None
    name_en: Text = None
    spec: Text = None
    brand: Text = None
    gtin: Text = None
    standard: Text = None
    standard_edition: Text = None
    category: Text = None
    category_en: Text = None
    images: list[Image] = []
    label: list[LabelEntry] = []


class Producer(Part):
    """Who made it."""

    name: Text = None
    credit_code: Text = None
    address: Text = None
    licence_no: Text = None


class Lot(Part):
    """The lot that the code answers for."""

    lot_no: Text = None
    produced_at: Moment = None
    expires_at: Moment = None
    quantity: Text = None
    unit: Text = None


class Material(Part):
    """A material and where it came from."""

    name: Text = None
    name_en: Text = None
    supplier: Text = None
    origin: Text = None
    lot_no: Text = None
    received_at: Moment = None
    verdict: Text = None


class InspectionItem(Part):
    """A value beside its limit. A limit that is neither legal nor the customer's never leaves."""

    name: Text = None
    name_en: Text = None
    value: Text = None
    value_en: Text = None
    unit: Text = None
    limit: Text = None
    limit_en: Text = None
    limit_set: Literal["legal", "customer"] | None = None
    standard: Text = None
    verdict: Text = None

    @model_validator(mode="before")
    @classmethod
    def _publish_no_internal_limit(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("limit_set") not in ("legal", "customer"):
            return data | {"limit": None, "limit_en": None, "limit_set": None, "standard": None}
        return data


class Inspection(Part):
    """One inspection with its items."""

    name: Text = None
    name_en: Text = None
    method: Text = None
    items: list[InspectionItem] = []
    report_no: Text = None
    inspected_at: Moment = None


class Report(Part):
    """An inspection report; the digest lets a reader check the file."""

    title: Text = None
    digest: Text = None
    url: OwnAddress = None


class Certificate(Part):
    """A licence or certificate."""

    kind: Text = None
    kind_en: Text = None
    number: Text = None
    valid_to: Moment = None


class Temperature(Part):
    """The readings of a leg: ``points`` are (time, value) in ``unit``, oldest first."""

    unit: Text = None
    limit_high: float | None = None
    limit_low: float | None = None
    points: Annotated[list[tuple[datetime, float]], BeforeValidator(_readable_points)] = []


class Leg(Part):
    """One move of the goods."""

    origin: Text = Field(default=None, alias="from")
    destination: Text = Field(default=None, alias="to")
    departed_at: Moment = None
    arrived_at: Moment = None
    temperature: Temperature | None = None


class Correction(Part):
    """What was corrected after publishing. `name` is for machines (`lot.expires_at`), `field` for readers."""

    at: Moment = None
    name: Text = None
    field: Text = None
    field_en: Text = None
    old: Text = None
    old_en: Text = None
    new: Text = None
    new_en: Text = None


class Origin(Part):
    """Where it comes from."""

    picture: Image | None = None
    text: Words = None
    text_en: Words = None


class Story(Part):
    """The brand's own words."""

    title: Text = None
    title_en: Text = None
    text: Words = None
    text_en: Words = None
    pictures: list[Image] = []


class Pack(Part):
    """What is printed on a genuine pack."""

    code_place: Text = None
    code_place_en: Text = None
    picture: Image | None = None


class Page(Part):
    """How the enterprise arranged the page, and what it adds to the facts. `site`: the host its own labels name."""

    content_version: int | None = None
    digital_label: bool = False
    blocks: list[str] = []
    origin: Origin | None = None
    story: Story | None = None
    pack: Pack | None = None
    site: Text = None


class Snapshot(Part):
    """A publication as a consumer sees it."""

    product: Product = Product()
    producer: Producer = Producer()
    lot: Lot = Lot()
    materials: list[Material] = []
    inspections: list[Inspection] = []
    reports: list[Report] = []
    certificates: list[Certificate] = []
    logistics: list[Leg] = []
    corrections: list[Correction] = []
    page: Page | None = None
    published_at: Moment = None
    version: Text = None

    @property
    def arranged(self) -> Page:
        """The page as it was arranged, or as it is where nobody did."""
        return self.page or Page(blocks=[*BLOCKS])

    def blocks(self) -> list[str]:
        """What is shown below the first screen, in order. A digital label stands on the first screen, and its story on a
        page of its own."""
        apart = {"label", "story"} if self.arranged.digital_label else set[str]()
        return [block for block in self.arranged.blocks if block in BLOCKS and block not in apart]


class RecallNotice(Part):
    """What the producer tells about a recall; ``level`` is 1, 2 or 3 (1 is the gravest)."""

    recall_no: Text = None
    level: Text = None
    reason: Text = None
    what_to_do: Text = None
    contact: Text = None
    published_at: Moment = None
