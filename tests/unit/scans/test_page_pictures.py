"""Promise: the size of a picture is read from its own bytes, whatever they are, and never guessed; what everybody sees holds the picture
and how it was held, and nothing else that was written into its file."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from server.core.pictures import bare, size_of


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


def written(kind: str, **more: object) -> bytes:
    """A picture that says who took it and where, with something hidden behind its end."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
    exif[0x010F] = "SecretCamera"
    for tag, value in more.pop("tags", {}).items():  # type: ignore[attr-defined]
        exif[tag] = value
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "SecretAuthor")
    options = {"pnginfo": info} if kind == "PNG" else {"comment": b"SecretComment", "xmp": b"<x>SecretXmp</x>"}
    return picture(kind, exif=exif, **options, **more) + b"SecretTail"


@pytest.mark.parametrize("plain", [written("PNG"), written("JPEG"), written("JPEG", progressive=True)])
def test_nothing_but_the_picture_is_left(plain: bytes) -> None:
    assert b"Secret" in plain
    clean = bare(plain)
    assert clean is not None
    assert b"Secret" not in clean
    with Image.open(io.BytesIO(clean)) as shown, Image.open(io.BytesIO(plain)) as before:
        assert shown.tobytes() == before.tobytes()
        assert not shown.getexif()
    assert bare(clean) == clean


@pytest.mark.parametrize("held", range(2, 9))
def test_how_the_camera_was_held_stays(held: int) -> None:
    clean = bare(written("JPEG", tags={0x0112: held}))
    assert clean is not None
    with Image.open(io.BytesIO(clean)) as shown:
        assert dict(shown.getexif()) == {0x0112: held}
    assert size_of(clean) == ((45, 123) if held >= 5 else (123, 45))


@pytest.mark.parametrize(
    "plain", [b"", b"%PDF-1.7", picture("GIF"), PNG[:-4], JPEG[:-2], JPEG[:30], b"\xff\xd8\xff" + b"\xff" * 50]
)
def test_what_is_not_whole_is_no_picture(plain: bytes) -> None:
    assert bare(plain) is None


@given(
    st.sampled_from([PNG[:16], JPEG[:40], JPEG[:-2], b"\xff\xd8\xff\xe1", written("JPEG")[:60]]),
    st.binary(max_size=200),
)
@settings(derandomize=True, deadline=None)
def test_no_bytes_stop_the_cleaning(head: bytes, rest: bytes) -> None:
    clean = bare(head + rest)
    assert clean is None or bare(clean) == clean
