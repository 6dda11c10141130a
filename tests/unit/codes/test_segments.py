"""Segments print the texts they promise, a whole order at once, and refuse values a code cannot hold."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from stdnum.iso7064 import mod_37_36

from server.domains.codes.alphabet import ALPHABET
from server.domains.codes.segments import Segment, frame, render, value_faults

SEGMENTS = TypeAdapter(list[Segment])
VALUES = {
    "enterprise": "91350100M000100Y43",
    "category": "DY",
    "product": "YN250",
    "lot_no": "A-2026.01",
    "date": "2026-03-07",
}


def segments(*kinds: dict) -> list:
    return SEGMENTS.validate_python(list(kinds))


def test_every_segment_prints_its_text():
    texts = render(
        segments(
            {"kind": "enterprise"},
            {"kind": "literal", "text": "_"},
            {"kind": "category", "width": 2},
            {"kind": "product"},
            {"kind": "date", "form": "yymmdd"},
            {"kind": "serial", "width": 4},
        ),
        VALUES,
        3,
        first_serial=9,
    )
    assert texts.tolist() == [b"91350100M000100Y43_DYYN250260307%04d" % n for n in (9, 10, 11)]


@pytest.mark.parametrize(
    ("form", "printed"),
    [("yyyy", b"2026"), ("yymm", b"2603"), ("yyddd", b"26066"), ("yyyymmdd", b"20260307")],
)
def test_dates(form, printed):
    assert render(segments({"kind": "date", "form": form}), VALUES, 1).tolist() == [printed]


def test_base32_serials_use_the_look_alike_free_alphabet():
    texts = render(segments({"kind": "serial", "width": 2, "digits": "base32"}), {}, 40)
    assert texts[0] == b"01"
    assert texts[30] == b"0Z"
    assert texts[31] == b"10"
    with pytest.raises(ValueError, match="run out"):
        render(segments({"kind": "serial", "width": 1}), {}, 10)
    assert len(render(segments({"kind": "serial", "width": 1}), {}, 9)) == 9


def test_random_symbols_come_from_the_generator_given():
    texts = render(segments({"kind": "random", "length": 3}), {}, 2, rng=lambda size: bytes(range(32, 32 + size)))
    assert texts.tolist() == [ALPHABET[:3].encode(), ALPHABET[3:6].encode()]


def test_the_check_character_is_that_of_iso_7064():
    rule = segments(
        {"kind": "lot_no"}, {"kind": "literal", "text": "_x"}, {"kind": "serial", "width": 3}, {"kind": "check"}
    )
    texts = [text.decode() for text in render(rule, VALUES, 999)]
    for text in texts:
        assert mod_37_36.is_valid("".join(filter(str.isalnum, text)).upper())
    assert len({text[-1] for text in texts}) == 36


def test_the_frame_is_what_serials_count_within():
    rule = segments({"kind": "lot_no"}, {"kind": "serial", "width": 3}, {"kind": "check"})
    assert frame(rule, VALUES) == "A-2026.01****"


def test_values_that_are_missing_or_unfit_are_named():
    rule = segments({"kind": "enterprise"}, {"kind": "lot_no"}, {"kind": "date", "form": "yymm"})
    assert value_faults(rule, VALUES) == []
    faults = value_faults(rule, {"enterprise": "X", "lot_no": "批/1"})
    assert [(fault.field, fault.code) for fault in faults] == [
        ("values.enterprise", "code_value_width"),
        ("values.lot_no", "code_value_unfit"),
        ("values.date", "code_value_missing"),
    ]


def test_a_hundred_thousand_texts_are_different():
    rule = segments({"kind": "product"}, {"kind": "serial", "width": 6}, {"kind": "check"})
    assert len(np.unique(render(rule, VALUES, 100_000))) == 100_000


@pytest.mark.parametrize(
    "segment",
    [
        {"kind": "literal", "text": "a b"},
        {"kind": "literal", "text": ""},
        {"kind": "serial", "width": 0},
        {"kind": "random", "length": 33},
        {"kind": "date", "form": "ddmmyy"},
        {"kind": "product", "width": 21},
        {"kind": "other"},
        {"kind": "check", "extra": 1},
    ],
)
def test_impossible_segments_are_refused(segment):
    with pytest.raises(ValidationError):
        SEGMENTS.validate_python([segment])
