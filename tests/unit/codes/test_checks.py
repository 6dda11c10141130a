"""A minted code is told from a typing slip, a made-up code and a foreign text without any look-up."""

import random
import string

import pytest

from server.domains.codes.alphabet import ALPHABET, CODE_LENGTH, MARK, text_of, value_of
from server.domains.codes.checks import WEIGHTS, Classifier, Verdict, is_reserved, multiply, unkeyed_sum
from server.domains.codes.minting import mint

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
CLASSIFIER = Classifier({7: KEY, 8: OTHER_KEY})


def seeded(seed: int):
    return random.Random(seed).randbytes


CODES = [code.decode() for code in mint(40, 7, "Q4", KEY, seeded(1))]


def test_the_alphabet_has_32_symbols_in_ascii_order_and_no_look_alikes():
    assert len(ALPHABET) == 32
    assert sorted(ALPHABET) == list(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)
    assert text_of(value_of("T3AB"), 4) == "T3AB"
    with pytest.raises(ValueError, match="does not fit"):
        text_of(32, 1)


def test_the_field_is_a_field_and_the_weights_are_different():
    for a in range(1, 32):
        assert sorted(multiply(a, b) for b in range(32)) == list(range(32))
    assert len(set(WEIGHTS)) == CODE_LENGTH
    assert 0 not in WEIGHTS
    assert WEIGHTS[-1] == 1


@pytest.mark.parametrize("code", CODES)
def test_every_substitution_and_every_swap_of_two_changes_the_unkeyed_sum(code):
    assert unkeyed_sum(value_of(code)) == 0
    for i in range(CODE_LENGTH):
        for symbol in ALPHABET.replace(code[i], ""):
            assert unkeyed_sum(value_of(code[:i] + symbol + code[i + 1 :])) != 0
    for i in range(CODE_LENGTH):
        for j in range(i):
            if code[i] != code[j]:
                swapped = list(code)
                swapped[i], swapped[j] = code[j], code[i]
                assert unkeyed_sum(value_of("".join(swapped))) != 0


@pytest.mark.parametrize("code", CODES[:8])
def test_a_slip_anywhere_even_in_the_mark_ends_as_a_typing_slip(code):
    for i in range(CODE_LENGTH):
        for symbol in ALPHABET.replace(code[i], "") + "U*é":
            slipped = CLASSIFIER.classify(code[:i] + symbol + code[i + 1 :])
            assert slipped.if_missing is Verdict.TYPING_SLIP
            assert slipped.verdict is (Verdict.FOREIGN if i == 0 else Verdict.TYPING_SLIP)
    for i in range(CODE_LENGTH - 1):
        if code[i] != code[i + 1]:
            swapped = code[:i] + code[i + 1] + code[i] + code[i + 2 :]
            assert CLASSIFIER.classify(swapped).if_missing is Verdict.TYPING_SLIP
    for i in range(2, CODE_LENGTH):
        assert CLASSIFIER.classify(code[:i] + code[i + 1 :]).if_missing is Verdict.TYPING_SLIP
        assert CLASSIFIER.classify(code[:i] + "7" + code[i:]).if_missing is Verdict.TYPING_SLIP


def test_what_people_type_is_read_as_meant():
    code = next(code for code in CODES if "0" in code and "1" in code)
    grouped = "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))
    for typed in (
        code,
        code.lower(),
        code.replace("0", "O"),
        code.replace("0", "o").replace("1", "l"),
        code.replace("1", "I"),
        f" {grouped} ",
    ):
        assert CLASSIFIER.classify(typed) == (Verdict.MINTED, code, Verdict.UNKNOWN)


def test_a_made_up_code_with_the_right_unkeyed_check_is_unknown():
    rng = random.Random(5)
    passed = 0
    for _ in range(20_000):
        body = f"{MARK}7" + "".join(rng.choices(ALPHABET, k=17))
        made_up = body + ALPHABET[unkeyed_sum(value_of(body + "0"))]
        verdict = CLASSIFIER.classify(made_up).verdict
        assert verdict in (Verdict.UNKNOWN, Verdict.MINTED)
        passed += verdict is Verdict.MINTED
    assert passed < 60  # 10 keyed bits: 20 expected


def test_a_code_of_another_key_or_of_an_unknown_key_number_is_unknown():
    foreign_key = Classifier({7: OTHER_KEY})
    assert [foreign_key.classify(code).verdict for code in CODES[:3]] == [Verdict.UNKNOWN] * 3
    no_key = Classifier({})
    assert no_key.classify(CODES[0]).verdict is Verdict.UNKNOWN


def test_texts_without_the_mark_or_of_another_length_are_looked_up_as_given():
    for text in ("", "TX-1", "a b-C", "6901234567892", "x" * 5000, "批次一", "T", "0" * 20):
        assert CLASSIFIER.classify(text) == (Verdict.FOREIGN, text, Verdict.UNKNOWN)


def test_random_text_is_next_to_never_minted():
    rng = random.Random(9)
    texts = (MARK + "".join(rng.choices(string.ascii_letters + string.digits, k=19)) for _ in range(20_000))
    assert sum(CLASSIFIER.classify(text).verdict is Verdict.MINTED for text in texts) <= 1


def test_the_form_of_minted_codes_is_reserved_however_it_is_typed():
    assert is_reserved(CODES[0])
    assert is_reserved("t--" + "x" * 19)
    assert not is_reserved("T" + "x" * 20)
    assert not is_reserved("A" * 20)


def test_keys_are_checked():
    with pytest.raises(ValueError, match="32 bytes"):
        Classifier({0: b"short"})
    with pytest.raises(ValueError, match="0 to 31"):
        Classifier({32: KEY})
