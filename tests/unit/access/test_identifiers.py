"""Promise: credit codes are judged by their check character, never by today's list of regions; usernames have one form."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from server.domains.access.identifiers import (
    CreditCodeInvalid,
    DivisionCodeInvalid,
    RoleUnknown,
    UsernameInvalid,
    check_credit_code,
    check_division,
    check_roles,
    check_username,
)

SHARED = Path(os.environ.get("SHARED_DIR", "../shared"))
VECTORS = SHARED / "vectors" / "uscc" / "uscc.json"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
EXAMPLE = "91350100M000100Y43"  # the worked example of GB 32100-2015


@pytest.mark.skipif(not VECTORS.exists(), reason=f"{VECTORS} is not there (set SHARED_DIR)")
def test_real_codes_pass_and_broken_ones_do_not() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert [code for code in vectors["valid"] if check_credit_code(code) != code] == []
    assert vectors["invalid"]
    for item in vectors["invalid"]:
        with pytest.raises(CreditCodeInvalid):
            check_credit_code(item if isinstance(item, str) else str(item.get("number", item.get("value"))))


def test_the_example_passes_also_in_lower_case_full_width_and_with_blanks() -> None:
    assert check_credit_code(" 91350100 m000100y43 ") == EXAMPLE
    assert check_credit_code("９１３５０１００Ｍ０００１００Ｙ４３") == EXAMPLE


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_found(position: int, character: str) -> None:
    wrong = EXAMPLE[:position] + character + EXAMPLE[position + 1 :]
    if wrong != EXAMPLE:
        with pytest.raises(CreditCodeInvalid):
            check_credit_code(wrong)


@settings(derandomize=True, deadline=None)
@given(st.from_regex(r"[1-9AN][12359][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True))
def test_unknown_regions_and_rural_collectives_pass(body: str) -> None:
    assert check_credit_code(body + uscc.calc_check_digit(body))


@pytest.mark.parametrize("code", ["33010", "3301066", "33O106", "000000", "330006", "930106", "３３０１０６"])
def test_impossible_divisions_are_refused(code: str) -> None:
    with pytest.raises(DivisionCodeInvalid):
        check_division(code)


def test_plausible_divisions_pass_whether_in_use_or_not() -> None:
    assert [check_division(c) for c in ("330106", "330100", "330000", "469030")] == [
        "330106",
        "330100",
        "330000",
        "469030",
    ]


@pytest.mark.parametrize("name", ["", "a", "a b", "x" * 65, "tab\tbed", "zero\u200bwidth"])
def test_odd_usernames_are_refused(name: str) -> None:
    with pytest.raises(UsernameInvalid):
        check_username(name)


def test_usernames_are_normalised_and_may_be_chinese() -> None:
    assert check_username(" ｚｈａｎｇ.wei ") == "zhang.wei"
    assert check_username("张伟") == "张伟"


@pytest.mark.parametrize("role", ["platform_admin", "regulator", "root", ""])
def test_roles_of_others_are_never_granted(role: str) -> None:
    with pytest.raises(RoleUnknown):
        check_roles(["viewer", role])


def test_roles_are_listed_once() -> None:
    assert check_roles(["viewer", "operator", "viewer"]) == ["operator", "viewer"]
