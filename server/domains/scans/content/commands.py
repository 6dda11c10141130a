"""What an enterprise says about a product on its pages; also the wire body."""

from typing import Annotated, Final, Literal, Self, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from server.core.impossible import ImpossibleValue
from server.core.text import lines, one_line

Audience = Literal["consumer", "receiver"]
Block = Literal[
    "label", "origin", "inspections", "materials", "logistics", "producer", "documents", "story", "corrections"
]
BLOCKS: Final[tuple[Block, ...]] = get_args(Block)
"""All of them, in the order of a page that nobody arranged."""

MOST_STORY_PICTURES: Final = 4
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(lines)]


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(Command):
    """A stored JPEG or PNG, and what it shows in words: whoever cannot see it reads those."""

    attachment_id: UUID
    alt: Line
    alt_en: Line | None = None


class Origin(Command):
    """Where it comes from: a map picture, words, or both."""

    picture: Picture | None = None
    text: Words | None = None
    text_en: Words | None = None


class Story(Command):
    """The brand's own words. They never stand on the first screen of a digital label."""

    title: Line | None = None
    title_en: Line | None = None
    text: Words | None = None
    text_en: Words | None = None
    pictures: list[Picture] = Field(default_factory=list, max_length=MOST_STORY_PICTURES)


class Pack(Command):
    """What is printed on a genuine pack, to be compared: where the code stands, and a picture."""

    code_place: Line | None = None
    code_place_en: Line | None = None
    picture: Picture | None = None


class NewPageContent(Command):
    """The next version, a draft until it is put in use. `blocks`: what is shown, in this order; corrections are always
    shown, at the end where they are not named. `digital_label`: the items of the printed label come first, and the
    story moves to an address of its own. `note`: what was changed. A receiver reads
    `handling` and where the code is, and nothing else."""

    audience: Audience = "consumer"
    digital_label: bool = False
    blocks: list[Block] = Field(default_factory=lambda: list(BLOCKS), max_length=len(BLOCKS))
    origin: Origin | None = None
    story: Story | None = None
    pack: Pack | None = None
    handling: Words | None = None
    handling_en: Words | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.blocks)) != len(self.blocks):
            raise ImpossibleValue("page_block_twice")
        if self.digital_label and "label" not in self.blocks:
            raise ImpossibleValue("page_label_hidden")
        return self
