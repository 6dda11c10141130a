"""Digital Links are accepted and refused as GS1's own engine does, and reduced to one identity."""

import json
import os
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from server.domains.codes.digital_link import (
    KEY_QUALIFIERS,
    PATH_ONLY,
    NotADigitalLink,
    build,
    is_gtin,
    parse,
)

GTIN = "06901234567892"
SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[4] / "shared"))
VECTORS = SHARED / "vectors" / "gs1-digital-link" / "dl_parse.json"
DICTIONARY = SHARED / "vectors" / "gs1-syntax-dictionary" / "gs1-syntax-dictionary.txt"
OFF_BY_DEFAULT = {"gs1_encoder_setPermitZeroSuppressedGTINinDLuris", "permitConvenienceAlphas"}


def vectors() -> list[dict]:
    if not VECTORS.is_file():
        return []
    return [case for case in json.loads(VECTORS.read_text()) if not case["options"]]


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"GS1's vectors are not there: {VECTORS}")
def test_the_vectors_are_all_there():
    assert len(vectors()) == 95


@pytest.mark.parametrize("case", vectors(), ids=lambda case: case["uri"] or "empty")
def test_a_vector_of_gs1_is_judged_as_gs1_does(case):
    if case["valid"]:
        assert values_in(parse(case["uri"])) == case["expect_ai"].replace("^", "")
    else:
        with pytest.raises(NotADigitalLink):
            parse(case["uri"])


def values_in(link) -> str:
    return "".join(ai + value for ai, value in (link.key, *link.qualifiers, *link.attributes))


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"GS1's vectors are not there: {VECTORS}")
def test_legacy_forms_are_refused():
    cases = json.loads(VECTORS.read_text())
    legacy = [case for case in cases if OFF_BY_DEFAULT & set(case["options"])]
    assert legacy
    for case in legacy:
        if case["uri"] not in {other["uri"] for other in vectors() if other["valid"]}:
            with pytest.raises(NotADigitalLink):
                parse(case["uri"])


@pytest.mark.skipif(not DICTIONARY.is_file(), reason=f"GS1's dictionary is not there: {DICTIONARY}")
def test_the_keys_and_path_only_identifiers_are_those_of_the_dictionary():
    keys, path_only = {}, set()
    for line in DICTIONARY.read_text().splitlines():
        entry = line.partition("#")[0].split()
        if not entry or not entry[0].split("-")[0].isdigit():
            continue
        ai, flags = entry[0], entry[1] if entry[1][0] in "*?!" else ""
        if "?" not in flags:
            path_only.add(ai)
        for attribute in entry:
            name, _, sequences = attribute.partition("=")
            if name == "dlpkey":
                keys[ai] = tuple(tuple(sequence.split(",") if sequence else ()) for sequence in sequences.split("|"))
    assert keys == KEY_QUALIFIERS
    assert path_only == PATH_ONLY


def test_built_links_are_read_back():
    uri = build("https://q.example", GTIN, lot="A-1+2", serial="S1", expires_on=date(2027, 1, 31))
    assert uri == f"https://q.example/01/{GTIN}/10/A-1%2B2/21/S1?17=270131"
    link = parse(uri)
    assert link.key == ("01", GTIN)
    assert link.value("10") == "A-1+2"
    assert link.value("21") == "S1"
    assert link.value("17") == "270131"
    assert link.value("11") is None
    assert parse(build("https://q.example", GTIN)).identity == f"01{GTIN}"


@pytest.mark.parametrize("sign", "%&/<>? 批")
def test_signs_that_the_national_standard_forbids_are_refused_in_lot_and_serial(sign):
    with pytest.raises(NotADigitalLink):
        build("https://q.example", GTIN, lot=f"A{sign}B")
    with pytest.raises(NotADigitalLink):
        build("https://q.example", GTIN, serial=f"A{sign}B")
    with pytest.raises(NotADigitalLink):
        parse(f"https://q.example/01/{GTIN}/21/A{quote(sign)}B")


@pytest.mark.parametrize("gtin", ["", "6901234567892", "06901234567893", "0690123456789X", "٠٦٩٠١٢٣٤٥٦٧٨٩٢"])
def test_only_gtins_of_14_right_digits(gtin):
    assert not is_gtin(gtin)
    with pytest.raises(NotADigitalLink):
        build("https://q.example", gtin)


def test_the_identity_is_the_same_whatever_else_the_link_says():
    serial = f"01{GTIN}21S1"
    for uri in (
        f"https://a/01/{GTIN}/21/S1",
        f"HTTP://other.example:8080/stem/01/{GTIN}/10/L1/21/S1?17=270131&linkType=all#x",
        f"https://a/01/{GTIN}/22/2A/10/L1/21/S1",
    ):
        assert parse(uri).identity == serial
    assert parse(f"https://a/01/{GTIN}/10/L1?11=260101").identity == f"01{GTIN}10L1"
    assert parse("https://a/00/006141411234567890").identity == "00006141411234567890"
    assert parse("https://id.gs1.org/414/9520123456788/254/32a").identity == "414952012345678825432a"


@pytest.mark.parametrize("query", ["17=271301", "21=S1", "10=L1", "17=", "9999=1", "11=260101&11=260101"])
def test_a_query_that_does_not_hold_is_refused(query):
    with pytest.raises(NotADigitalLink):
        parse(f"https://a/01/{GTIN}?{query}")
