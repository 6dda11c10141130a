"""Bulk minting gives different, sorted, fully checked codes with 65 random bits each."""

import random

import numpy as np
import pytest

from server.domains.codes.alphabet import ALPHABET, text_of, value_of
from server.domains.codes.checks import Classifier, Verdict, complete, prf
from server.domains.codes.minting import CHUNK, mint, order_prefix

KEY = bytes(range(32))


def test_every_minted_code_is_judged_minted_and_carries_mark_key_number_and_prefix():
    codes = mint(20_000, 11, "Z9", KEY)
    classifier = Classifier({11: KEY})
    texts = [code.decode() for code in codes]
    assert all(classifier.classify(text).verdict is Verdict.MINTED for text in texts)
    assert {text[:4] for text in texts} == {"TBZ9"}
    assert {len(text) for text in texts} == {20}
    assert texts == sorted(set(texts))


def test_the_vectorised_codes_equal_those_computed_one_by_one():
    context = prf(KEY)
    for code in mint(500, 0, "00", KEY, random.Random(3).randbytes):
        value = value_of(code.decode())
        assert value == complete(context, value >> 15)
        assert text_of(value, 20) == code.decode()


def test_chunks_are_sorted_and_no_code_comes_twice():
    codes = mint(CHUNK + 10, 1, "AB", KEY)
    assert codes.dtype == np.dtype("S20")
    assert len(codes) == CHUNK + 10 == len(np.unique(codes))
    assert (codes[: CHUNK - 1] < codes[1:CHUNK]).all()
    assert len(mint(0, 1, "AB", KEY)) == 0


def test_all_65_random_bits_vary_evenly():
    values = [value_of(code.decode()) >> 15 & (1 << 65) - 1 for code in mint(4_000, 1, "AB", KEY)]
    for bit in range(65):
        ones = sum(value >> bit & 1 for value in values)
        assert 1_800 < ones < 2_200, bit


def test_equal_randoms_are_drawn_again():
    answers = [bytes(2), bytes(16), b"\x00\x01", bytes(16)]
    codes = mint(2, 1, "AB", KEY, lambda size: answers.pop(0))
    assert len(set(codes)) == 2
    assert not answers


def test_prefixes_are_two_symbols_and_others_are_refused():
    assert all(symbol in ALPHABET for symbol in order_prefix())
    for prefix in ("", "A", "ABC", "IL", "ab"):
        with pytest.raises(ValueError, match="prefix"):
            mint(1, 1, prefix, KEY)
