"""Printed URLs lead back to the identity on any host, and nothing else does."""

import pytest

from server.domains.codes.urls import code_url, identity_of_url

CODE = "T7Q404PT17Y59M0GYAPW"
GTIN = "06901234567892"


def test_printed_urls_lead_back_wherever_the_platform_has_moved():
    for origin in ("https://q.example", "http://127.0.0.1:8000", "HTTPS://T.CN"):
        assert identity_of_url(code_url(origin, CODE)) == CODE
        assert identity_of_url(code_url(origin, CODE, "milk")) == CODE
    assert code_url("https://q.example", CODE, "milk") == f"https://q.example/t/milk/{CODE}"
    assert identity_of_url(code_url("https://q.example", "A-1.B_2")) == "A-1.B_2"


def test_a_url_encoded_once_and_extras_of_apps_are_read():
    assert identity_of_url(f"https%3A%2F%2Fq.example%2Ft%2F{CODE}") == CODE
    assert identity_of_url(f"https://q.example/t/{CODE}/?from=wechat#top") == CODE
    assert identity_of_url("https://q.example/t/A%2DB") == "A-B"


def test_both_printed_forms_of_one_item_name_one_identity():
    assert identity_of_url(f"https://q.example/01/{GTIN}/10/L1/21/{CODE}?17=270131") == CODE
    assert identity_of_url(f"https://q.example/01/{GTIN}/10/L1/21/S1") == f"01{GTIN}21S1"
    assert identity_of_url(f"https%3A%2F%2Fq.example%2F01%2F{GTIN}%2F10%2FL1") == f"01{GTIN}10L1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        CODE,
        "ftp://q.example/t/X",
        "https:///t/X",
        "https://q.example/",
        "https://q.example/t/",
        "https://q.example/t/a/b/c",
        "https://q.example/x/t",
        "https://q.example/t/A B",
        "javascript:alert(1)",
        "https://q.example/t/" + "x" * 3000,
    ],
)
def test_other_texts_name_nothing(url):
    assert identity_of_url(url) is None
