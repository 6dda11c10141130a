"""Promise: the size of a picture is read from its own bytes, whatever they are, and never guessed."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from server.domains.scans.content.pictures import size_of


def picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (123, 45), "#cde").save(file, kind, **options)
    return file.getvalue()


PNG, JPEG = picture("PNG"), picture("JPEG")


@pytest.mark.parametrize(
    "plain", [PNG, JPEG, picture("JPEG", progressive=True), picture("JPEG", comment=b"x" * 9000, dpi=(72, 72))]
)
def test_width_and_height(plain: bytes) -> None:
    assert size_of(plain) == (123, 45)


@pytest.mark.parametrize("plain", [b"", b"%PDF-1.7", picture("GIF"), PNG[:12], JPEG[:10], b"\xff\xd8" + b"\xff" * 50])
def test_what_does_not_say_has_none(plain: bytes) -> None:
    assert size_of(plain) is None


@given(st.sampled_from([PNG[:16], JPEG[:2], JPEG[:40], b"\xff\xd8\xff\xe1"]), st.binary(max_size=200))
@settings(derandomize=True, deadline=None)
def test_no_bytes_stop_it(head: bytes, rest: bytes) -> None:
    found = size_of(head + rest)
    assert found is None or all(0 < side <= 20_000 for side in found)
