"""Pictures, sounds and files by Instructor's ways, and contents that hold several forms."""

from __future__ import annotations

import builtins
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from dragoman import (
    PDF,
    Audio,
    Document,
    Image,
    ImageWithCacheControl,
    Message,
    Mode,
    PDFWithCacheControl,
    PDFWithGenaiFile,
    Text,
    UnsupportedFeature,
)
from dragoman.client.contents import autodetect_media, with_media
from dragoman.client.inputs import canonical_messages
from dragoman.errors import ConfigurationError
from dragoman.messages import CacheMark

PNG = b"\x89PNG\r\n\x1a\n rest of it"
RAW = b64encode(PNG).decode()
DATA_URL = f"data:image/png;base64,{RAW}"
WAV = b"RIFF....WAVE"
PAPER = b"%PDF-1.7 and more"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in {
        "a.png": PNG,
        "a.webp": PNG,
        "a.wav": WAV,
        "a.pdf": PAPER,
        "a.txt": b"text",
        "no.png": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://h/a.png?x=1", Image(url="https://h/a.png?x=1", media_type="image/png")),
        ("https://h/a.webp", Image(url="https://h/a.webp", media_type="image/webp")),
        ("https://h/a", Image(url="https://h/a")),  # nothing says what it is, so nothing is said
        ("gs://b/a.png", Image(url="gs://b/a.png", media_type="image/png")),
        (DATA_URL, Image(data=RAW, media_type="image/png")),
        (RAW, Image(data=RAW, media_type="image/png")),
        (PNG, Image(data=RAW, media_type="image/png")),
        ("{files}/a.png", Image(data=RAW, media_type="image/png", name="a.png")),
        (Path("{files}/a.png"), Image(data=RAW, media_type="image/png", name="a.png")),
    ],
)
def test_a_picture_is_what_its_source_looks_like(files: Path, source: Any, expected: Image) -> None:
    if "{files}" in str(source):
        source = type(source)(str(source).format(files=files))
    for made in (Image.autodetect(source), Image(source=source), Image.autodetect_safely(source)):
        assert isinstance(made, Image)
        assert made == expected
        assert made.source == source


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("not a picture", "Invalid or unsupported base64 image data"),
        (b"GARBAGE", "Invalid or unsupported base64 image data"),
        ("{files}/no.png", "Image file is empty"),
        ("{files}/a.txt", "Unsupported image format: text/plain"),
        ("data:text/plain;base64,AAAA", "Unsupported image format: text/plain"),
        ("data:image/png,raw", "no base64"),
        (3, "Unsupported image source type: int"),
        ("x" * 5000 + "\0", "Invalid or unsupported"),
    ],
)
def test_what_is_no_picture(files: Path, source: Any, says: str) -> None:
    source = source.format(files=files) if isinstance(source, str) else source
    with pytest.raises(ValueError, match=says):
        Image.autodetect(source)
    assert Image.autodetect_safely(source) == str(source)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda _: Image.from_base64(DATA_URL), Image(data=RAW, media_type="image/png")),
        (lambda _: Image.from_base64(RAW), Image(data=RAW, media_type="image/png")),
        (lambda _: Image.from_raw_base64(RAW), Image(data=RAW, media_type="image/png")),
        (lambda _: Image.from_gs_url("gs://b/a.png"), Image(url="gs://b/a.png", media_type="image/png")),
        (lambda _: Image(source="x", media_type="image/png", data=RAW), Image(data=RAW, media_type="image/png")),
        (lambda _: Audio.from_base64("data:audio/wav;base64,UklGRg=="), Audio(data="UklGRg==", media_type="audio/wav")),
        (lambda f: Audio.from_path(f / "a.wav"), Audio.from_bytes(WAV, "audio/wav", name="a.wav")),
        (lambda f: Audio.autodetect(f / "a.wav"), Audio.from_bytes(WAV, "audio/wav", name="a.wav")),
        (lambda f: PDF.from_path(f / "a.pdf"), Document.from_bytes(PAPER, "application/pdf", name="a.pdf")),
        (lambda _: PDF.from_raw_base64(b64encode(PAPER).decode()), Document.from_bytes(PAPER, "application/pdf")),
        (lambda _: PDF.autodetect("https://h/a.pdf"), Document(url="https://h/a.pdf")),
        (lambda _: ImageWithCacheControl(source=DATA_URL, cache_control={"type": "ephemeral"}), Image(data=RAW, media_type="image/png", cache=CacheMark())),
        (lambda _: ImageWithCacheControl.from_image_params({"type": "image", "source": DATA_URL, "cache_control": {"ttl": "1h"}}), Image(data=RAW, media_type="image/png", cache=CacheMark(ttl="1h"))),
        (lambda _: PDFWithCacheControl.from_url("https://h/a.pdf"), Document(url="https://h/a.pdf", cache=CacheMark())),
        (lambda f: PDFWithCacheControl.from_path(f / "a.pdf"), Document.from_bytes(PAPER, "application/pdf", name="a.pdf", cache=CacheMark())),
        (lambda f: PDFWithCacheControl.autodetect(f / "a.pdf"), Document.from_bytes(PAPER, "application/pdf", name="a.pdf", cache=CacheMark())),
        (lambda _: PDFWithCacheControl.from_base64("data:application/pdf;base64,JVBERi0="), Document(data="JVBERi0=", media_type="application/pdf", cache=CacheMark())),
        (lambda _: PDFWithCacheControl(url="https://h/a.pdf"), Document(url="https://h/a.pdf", cache=CacheMark())),
        (lambda _: PDFWithGenaiFile.from_existing_genai_file("files/1"), Document(file_id="files/1", media_type="application/pdf")),
    ],
)  # fmt: skip
def test_made_in_instructor_s_ways(files: Path, made: Any, expected: Any) -> None:
    assert made(files) == expected
    assert type(made(files)) is type(expected)


def test_what_is_not_what_it_is_said_to_be(files: Path) -> None:
    with pytest.raises(ValueError, match="must start with gs://"):
        Image.from_gs_url("https://h/a.png")
    with pytest.raises(ValueError, match="Unsupported audio format: image/png"):
        Audio.from_path(files / "a.png")
    with pytest.raises(UnsupportedFeature, match=r"Document\.from_path"):
        PDFWithGenaiFile.from_new_genai_file("a.pdf")


def test_one_class_of_pictures() -> None:
    assert PDF is Document
    assert Image.is_base64(DATA_URL)
    assert not Image.is_base64("data:audio/wav;base64,AAAA")
    assert PDF.is_base64("data:application/pdf;base64,AAAA")
    assert Image(url="https://h/x", cache=CacheMark(ttl="5m")).cache_control == {"type": "ephemeral", "ttl": "5m"}
    assert Image(url="https://h/x").cache_control is None
    assert Image(file_id="f1").source == "f1"


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        (lambda p: p.to_openai(), {"type": "image_url", "image_url": {"url": DATA_URL}}),
        (lambda p: p.to_openai(Mode.TOOLS), {"type": "image_url", "image_url": {"url": DATA_URL}}),
        (lambda p: p.to_openai(mode=Mode.RESPONSES_TOOLS), {"type": "input_image", "image_url": DATA_URL}),
        (lambda p: p.to_anthropic(), {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": RAW}}),
        (lambda p: p.to_genai(), {"inlineData": {"mimeType": "image/png", "data": RAW}}),
    ],
)  # fmt: skip
def test_a_part_is_written_as_an_sdk_takes_it(written: Any, wire: dict[str, Any]) -> None:
    assert written(Image.from_bytes(PNG, "image/png")) == wire


def test_what_an_sdk_has_no_place_for() -> None:
    with pytest.raises(UnsupportedFeature, match="no place"):
        Audio.from_bytes(WAV, "audio/wav").to_anthropic()


# ---------------------------------------------------------------------- contents

LINK = {"type": "image_url", "image_url": {"url": "https://h/x"}}
PICTURE = Image(url="https://h/x")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (["Hi", PICTURE], [Text("Hi"), PICTURE]),
        (["Hi", LINK], [Text("Hi"), PICTURE]),
        ([PICTURE, LINK, "Hi", {"type": "text", "text": "you"}], [PICTURE, PICTURE, Text("Hi"), Text("you")]),
        (["Hi", {"type": "image", "source": {"type": "url", "url": "https://h/x"}}], [Text("Hi"), PICTURE]),
        (PICTURE, [PICTURE]),
    ],
)
def test_texts_parts_and_dicts_side_by_side(content: Any, parts: list[Any]) -> None:
    assert canonical_messages([{"role": "user", "content": content}]) == [Message("user", parts)]


def test_what_is_no_content() -> None:
    with pytest.raises(ConfigurationError, match="Unsupported content type: int"):
        canonical_messages([{"role": "user", "content": ["Hi", 3]}])


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://h/a.png", Image(url="https://h/a.png", media_type="image/png")),
        (DATA_URL, Image(data=RAW, media_type="image/png")),
        ("{files}/a.wav", Audio.from_bytes(WAV, "audio/wav", name="a.wav")),
        ("{files}/a.pdf", Document.from_bytes(PAPER, "application/pdf", name="a.pdf")),
        ("{files}/a.txt", None),  # no other file is read
        ("{files}/no.png", None),
        ("/nowhere/a.png", None),
        ("https://h/a.png?w=1&f=a.pdf", Image(url="https://h/a.png?w=1&f=a.pdf", media_type="image/png")),
        ("https://h/a.pdf#page=2", Document(url="https://h/a.pdf#page=2")),
        ("https://h/a.mp3?t=1#0:30", Audio(url="https://h/a.mp3?t=1#0:30", media_type="audio/mpeg")),
        ("https://h/show?file=a.png", None),
        ("https://h/#a.png", None),
        ("http://[a.png", None),
        ("What is on https://h/a.png ?", None),
        ("See https://h/a.png", None),
        ("Hi", None),
    ],
)
def test_texts_that_are_an_address_become_what_is_there(files: Path, given: str, found: Any) -> None:
    given = given.format(files=files)
    assert autodetect_media(given) == (given if found is None else found)
    whole, listed = {"role": "user", "content": given}, {"role": "user", "content": ["Hi", given]}
    assert with_media([whole, listed]) == [
        whole if found is None else {"role": "user", "content": [found]},
        {"role": "user", "content": ["Hi", given if found is None else found]},
    ]


def test_pictures_as_anthropic_names_their_source() -> None:
    given = {"type": "image", "source": DATA_URL, "cache_control": {"type": "ephemeral"}}
    marked = Image(data=RAW, media_type="image/png", cache=CacheMark())
    assert with_media([{"role": "user", "content": [given]}]) == [{"role": "user", "content": [marked]}]
    assert with_media([Message("user", DATA_URL)]) == [Message("user", DATA_URL)]
    assert autodetect_media(marked) is marked


def test_other_files_are_not_even_opened(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert autodetect_media(str(files / "a.txt")) == str(files / "a.txt")
