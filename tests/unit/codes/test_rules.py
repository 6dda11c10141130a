"""A rule whose texts could name two things, run out, or be guessed is refused with the reason."""

import pytest

from server.domains.codes.checks import is_reserved
from server.domains.codes.rules import KINDS, RuleSpec, capacity, preview, rule_faults

FIXED = {"enterprise": "91350100M000100Y43"}
VALUES = FIXED | {"product": "YN250", "lot_no": "A-1", "date": "2026-03-07", "category": "DY"}
ENTERPRISE = {"kind": "enterprise"}
UNDERSCORE = {"kind": "literal", "text": "_"}
SERIAL = {"kind": "serial", "width": 6}
PRODUCT, LOT = {"kind": "product"}, {"kind": "lot_no"}
MINTED = {"kind": "minted"}


def rule(*segments: dict, level: str = "item", unguessable: bool = False) -> RuleSpec:
    return RuleSpec.model_validate(
        {"audience": "public", "level": level, "unguessable": unguessable, "segments": list(segments)}
    )


def reasons(spec: RuleSpec, **others: RuleSpec) -> set[str]:
    faults = rule_faults(spec, FIXED, {name: other.segments for name, other in others.items()})
    return {fault.code for fault in faults}


@pytest.mark.parametrize(
    "spec",
    [
        rule(MINTED, unguessable=True),
        rule(MINTED, level="lot"),
        rule(ENTERPRISE, SERIAL),
        rule(ENTERPRISE, PRODUCT, SERIAL, {"kind": "check"}),
        rule(ENTERPRISE, PRODUCT, UNDERSCORE, LOT, SERIAL),
        rule(ENTERPRISE, {"kind": "random", "length": 13}, unguessable=True),
        rule(ENTERPRISE, PRODUCT, UNDERSCORE, LOT, level="lot"),
        rule(ENTERPRISE, {"kind": "random", "length": 8}, level="lot"),
    ],
)
def test_sound_rules_are_accepted(spec):
    assert reasons(spec) == set()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (rule(MINTED, SERIAL), "code_rule_minted_not_alone"),
        (rule(SERIAL), "code_rule_enterprise_first"),
        (rule(ENTERPRISE, PRODUCT), "code_rule_item_needs_serial"),
        (rule(ENTERPRISE, SERIAL, SERIAL), "code_rule_repeated"),
        (rule(ENTERPRISE, {"kind": "check"}, SERIAL), "code_rule_check_not_last"),
        (rule(ENTERPRISE, PRODUCT, LOT, SERIAL), "code_rule_ambiguous"),
        (rule(ENTERPRISE, PRODUCT, {"kind": "literal", "text": "-"}, LOT, SERIAL), "code_rule_ambiguous"),
        (rule(ENTERPRISE, PRODUCT, SERIAL, LOT), "code_rule_ambiguous"),
        (rule(ENTERPRISE, PRODUCT, UNDERSCORE, LOT, SERIAL, level="lot"), "code_rule_lot_without_serial"),
        (rule(ENTERPRISE, LOT, level="lot"), "code_rule_lot_needs_lot"),
        (rule(ENTERPRISE, SERIAL, unguessable=True), "code_rule_guessable"),
        (rule(ENTERPRISE, {"kind": "random", "length": 12}, unguessable=True), "code_rule_guessable"),
        (rule(ENTERPRISE, {"kind": "random", "length": 32}, LOT, UNDERSCORE, PRODUCT), "code_rule_too_long"),
    ],
)  # fmt: skip
def test_unsound_rules_are_refused_with_the_reason(spec, reason):
    assert reason in reasons(spec)


def test_rules_of_one_enterprise_whose_texts_can_be_equal_are_refused():
    first = rule(ENTERPRISE, PRODUCT, SERIAL)
    assert reasons(rule(ENTERPRISE, {"kind": "random", "length": 9}), first=first) == {"code_rule_collides"}
    assert reasons(rule(ENTERPRISE, {"kind": "random", "length": 6}), first=first) == set()
    assert reasons(rule(ENTERPRISE, UNDERSCORE, {"kind": "random", "length": 9}), first=first) == set()
    assert reasons(first, minted=rule(MINTED)) == set()


def test_texts_that_look_minted_or_like_gs1_are_refused():
    like_minted = {"enterprise": "T1350100M000100Y43"}
    codes = {fault.code for fault in rule_faults(rule(ENTERPRISE, {"kind": "serial", "width": 2}), like_minted)}
    assert codes == {"code_rule_reserved_form"}
    assert is_reserved("T1350100M000100Y4301")
    dashed = rule(ENTERPRISE, {"kind": "literal", "text": "-"}, {"kind": "serial", "width": 2})
    assert rule_faults(dashed, like_minted)
    assert not rule_faults(rule(ENTERPRISE, SERIAL), like_minted)
    gtin = {"enterprise": "010690123456789221"}
    assert rule_faults(rule(ENTERPRISE, SERIAL), gtin)


def test_capacity_is_proved_against_what_is_ordered():
    serials = rule(ENTERPRISE, {"kind": "serial", "width": 3})
    assert capacity(serials, 999).enough
    assert not capacity(serials, 1_000).enough
    assert not capacity(serials, 500, serials_used=500).enough
    assert capacity(rule(MINTED), 100_000_000).collision_chance < 1e-3
    assert capacity(rule(MINTED), 1_000_000).enough
    assert not capacity(rule(ENTERPRISE, {"kind": "random", "length": 8}), 1_000_000).enough
    lot = rule(MINTED, level="lot")
    assert capacity(lot, 1).enough
    assert not capacity(lot, 2).enough


def test_previews_show_the_form():
    assert preview(rule(ENTERPRISE, PRODUCT, SERIAL), VALUES) == [f"91350100M000100Y43YN25000000{n}" for n in (1, 2, 3)]
    assert preview(rule(ENTERPRISE, PRODUCT, UNDERSCORE, LOT, level="lot"), VALUES) == ["91350100M000100Y43YN250_A-1"]
    assert all(is_reserved(text) for text in preview(rule(MINTED), VALUES))


def test_the_four_kinds_have_numbers_of_their_own():
    assert sorted(KINDS.values()) == [1, 2, 3, 4]
