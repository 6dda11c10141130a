"""Arbitrary text never breaks the readers of codes and links, and what was written is read back."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domains.codes.alphabet import ALPHABET
from server.domains.codes.checks import Classifier, Verdict, is_reserved
from server.domains.codes.digital_link import (
    LOT_AND_SERIAL_SYMBOLS,
    DigitalLink,
    NotADigitalLink,
    build,
    parse,
)
from server.domains.codes.urls import code_url, identity_of_url

CLASSIFIER = Classifier({0: bytes(32)})
PIECES = st.sampled_from(
    ["https://", "http://a", "/", "01", "06901234567892", "10", "21", "?", "17=", "&", "%", "%00", "%2", "#",
     "T", "é", "t/"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))
VALUES = st.text(sorted(LOT_AND_SERIAL_SYMBOLS), min_size=1, max_size=20)


@settings(derandomize=True, deadline=None, max_examples=1_000)
@given(TEXTS)
def test_any_text_is_judged_and_read_without_an_error(text):
    judged = CLASSIFIER.classify(text)
    assert (judged.verdict is Verdict.FOREIGN) is not is_reserved(text)
    assert judged.verdict is not Verdict.FOREIGN or judged.identity == text
    identity_of_url(text)
    with suppress(NotADigitalLink):
        assert isinstance(parse(text), DigitalLink)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(VALUES, VALUES)
def test_lot_and_serial_survive_the_way_through_a_link(lot, serial):
    link = parse(build("https://q.example", "06901234567892", lot=lot, serial=serial))
    assert (link.value("10"), link.value("21")) == (lot, serial)
    assert link.identity == f"010690123456789221{serial}"


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text(min_size=1, max_size=40).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_any_text_survives_the_way_through_a_short_url(text):
    assert identity_of_url(code_url("https://q.example", text, "milk")) == text


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text(ALPHABET, min_size=19, max_size=19))
def test_random_text_in_the_form_of_a_code_is_never_looked_up_unless_both_checks_hold(tail):
    assert CLASSIFIER.classify("T" + tail).verdict is not Verdict.FOREIGN
