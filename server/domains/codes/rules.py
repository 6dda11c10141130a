"""What a coding rule must keep: no two things share a text, enough texts for what is ordered, no guessing."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import FieldError
from server.domains.codes.alphabet import ALPHABET, BITS_PER_SYMBOL, RANDOM_LENGTH
from server.domains.codes.checks import KEY_BYTES
from server.domains.codes.minting import mint, order_prefix
from server.domains.codes.segments import (
    MAX_TEXT_LENGTH,
    LiteralSegment,
    MintedSegment,
    RandomSegment,
    Segment,
    SegmentValues,
    SerialSegment,
    ValueSegment,
    render,
    symbols_of,
)
from server.domains.codes.shapes import looks_reserved, may_collide, rule_shape

Audience = Literal["public", "internal"]
Level = Literal["item", "lot"]

UNGUESSABLE_BITS: Final = 64
_TOLERATED_COLLISION: Final = 1e-6

KINDS: Final[Mapping[tuple[Audience, Level], int]] = {
    ("public", "item"): 1,
    ("public", "lot"): 2,
    ("internal", "item"): 3,
    ("internal", "lot"): 4,
}
"""The number stored in `code.kind`."""


class RuleSpec(BaseModel):
    """A coding rule: for whom, item or lot codes, and the segments its texts are made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    audience: Audience
    level: Level
    unguessable: bool = False
    segments: list[Segment] = Field(min_length=1, max_length=16)

    @property
    def is_minted(self) -> bool:
        """Whether the codes are the platform's own, with both checks."""
        return any(isinstance(segment, MintedSegment) for segment in self.segments)

    @property
    def random_bits(self) -> int:
        """Random bits in each code."""
        lengths = [segment.length for segment in self.segments if isinstance(segment, RandomSegment)]
        return BITS_PER_SYMBOL * (RANDOM_LENGTH if self.is_minted else sum(lengths))

    @property
    def serial(self) -> SerialSegment | None:
        return next((segment for segment in self.segments if isinstance(segment, SerialSegment)), None)


def rule_faults(
    spec: RuleSpec, fixed: SegmentValues, others: Mapping[str, Sequence[Segment]] | None = None
) -> list[FieldError]:
    """Everything that forbids the rule; empty where it may be used.

    `fixed` holds `enterprise`, which is unique on the platform; `others` the segments of the enterprise's
    other rules by name.
    """
    if spec.is_minted:
        alone = len(spec.segments) == 1
        return [] if alone else [FieldError("segments", "code_rule_minted_not_alone")]
    faults = _structure_faults(spec) + _identity_faults(spec) + _guessing_faults(spec)
    if faults:
        return faults
    own = rule_shape(spec.segments, fixed)
    if looks_reserved(own):
        faults.append(FieldError("segments", "code_rule_reserved_form"))
    for name, segments in (others or {}).items():
        if not any(isinstance(segment, MintedSegment) for segment in segments) and may_collide(
            own, rule_shape(segments, fixed)
        ):
            faults.append(FieldError("segments", "code_rule_collides", {"rule": name}))
    return faults


def _structure_faults(spec: RuleSpec) -> list[FieldError]:
    faults = []
    kinds = [segment.kind for segment in spec.segments]
    for kind in ("serial", "random", "check", "enterprise", "category", "product", "lot_no", "date"):
        if kinds.count(kind) > 1:
            faults.append(FieldError("segments", "code_rule_repeated", {"segment": kind}))
    if "check" in kinds[:-1]:
        faults.append(FieldError("segments", "code_rule_check_not_last"))
    longest = sum(part.most for segment in spec.segments for part in symbols_of(segment, {}))
    if longest > MAX_TEXT_LENGTH:
        faults.append(FieldError("segments", "code_rule_too_long", {"longest": longest, "limit": MAX_TEXT_LENGTH}))
    return faults + _ambiguous_faults(spec)


def _ambiguous_faults(spec: RuleSpec) -> list[FieldError]:
    """Values of varying length must end where one can see it: at a literal that begins with another symbol.

    The last of them needs none: the length of the whole tells where it ends.
    """
    varying = [at for at, segment in enumerate(spec.segments) if _varies(segment)]
    faults = []
    for at in varying[:-1]:
        after = spec.segments[at + 1]
        (part,) = symbols_of(spec.segments[at], {})
        if not isinstance(after, LiteralSegment) or after.text[0] in part.symbols:
            faults.append(FieldError(f"segments.{at}", "code_rule_ambiguous", {"segment": spec.segments[at].kind}))
    return faults


def _varies(segment: Segment) -> bool:
    return isinstance(segment, ValueSegment) and segment.width is None


def _identity_faults(spec: RuleSpec) -> list[FieldError]:
    """The text must name one thing: the enterprise first, then an item by serial or random, or a lot."""
    kinds = {segment.kind for segment in spec.segments}
    faults = []
    if spec.segments[0].kind != "enterprise":
        faults.append(FieldError("segments.0", "code_rule_enterprise_first"))
    if spec.level == "item" and not kinds & {"serial", "random"}:
        faults.append(FieldError("segments", "code_rule_item_needs_serial"))
    if spec.level == "lot" and "serial" in kinds:
        faults.append(FieldError("segments", "code_rule_lot_without_serial"))
    if spec.level == "lot" and not ("random" in kinds or {"product", "lot_no"} <= kinds):
        faults.append(FieldError("segments", "code_rule_lot_needs_lot"))
    return faults


def _guessing_faults(spec: RuleSpec) -> list[FieldError]:
    if not spec.unguessable or spec.random_bits >= UNGUESSABLE_BITS:
        return []
    params = {"bits": spec.random_bits, "needed": UNGUESSABLE_BITS}
    return [FieldError("segments", "code_rule_guessable", params)]


class Capacity(NamedTuple):
    """How many different texts one order can have, beside how many are asked for.

    `collision_chance` bounds the chance that two random texts of the order are equal (0 with serials).
    """

    distinct: int
    ordered: int
    collision_chance: float

    @property
    def enough(self) -> bool:
        return self.ordered <= self.distinct and self.collision_chance <= _TOLERATED_COLLISION


def capacity(spec: RuleSpec, ordered: int, serials_used: int = 0) -> Capacity:
    """The proof that `ordered` codes of one order can be told apart; lot rules have one text a lot."""
    if spec.level == "lot":
        return Capacity(1, ordered, 0.0)
    if spec.serial is not None:
        left = max(spec.serial.capacity - serials_used, 0)
        return Capacity(left, ordered, 0.0)
    distinct = 2**spec.random_bits
    return Capacity(distinct, ordered, ordered * (ordered - 1) / 2 / distinct)


def preview(spec: RuleSpec, values: SegmentValues, count: int = 3) -> list[str]:
    """Example texts. They are stored nowhere, so a scan of one finds nothing."""
    if spec.is_minted:
        return [text.decode() for text in mint(count, len(ALPHABET) - 1, order_prefix(), bytes(KEY_BYTES))]
    count = 1 if spec.level == "lot" else count
    return [text.decode() for text in render(spec.segments, values, count)]
