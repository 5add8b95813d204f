"""What a picture, a sound or a file can be made from, and what each of these says of it.

Only what is given is read, and files: nothing is fetched here.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

Source: TypeAlias = str | Path | bytes
"""A URL (a `data:` URL too), the path of a file, base64 text, or bytes."""

_DATA_URL: Final = re.compile(r"data:(?P<type>[^;,]*);base64,")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_OTHER_SPELLINGS: Final = {"audio/x-wav": "audio/wav", "audio/vnd.dlna.adts": "audio/aac"}
"""What the tables of some systems call a type, and what providers do."""

_LATER_TYPES: Final = {".webp": "image/webp"}
"""What the standard library knows only since Python 3.13."""


class MediaKind(Struct, frozen=True):
    """What is known of one class of media.

    Attributes:
        called: How errors name it.
        family: How its media types begin; empty when there are several families.
        beginnings: How its bytes begin, and which type they then are.
    """

    called: str
    family: str = ""
    beginnings: tuple[tuple[bytes, str], ...] = ()

    def type_of_bytes(self, content: bytes) -> str:
        """The type that `content` is by its beginning. Raises `ValueError`."""
        for beginning, media_type in self.beginnings:
            if content.startswith(beginning):
                return media_type
        raise ValueError(f"Invalid or unsupported base64 {self.called} data")

    def type_of_name(self, name: str) -> str | None:
        """The type that a file's name tells, if it tells one."""
        guessed = guess_type(name)[0] or _LATER_TYPES.get(Path(name).suffix.lower())
        return _OTHER_SPELLINGS.get(guessed, guessed) if guessed else None

    def type_of_url(self, url: str) -> str | None:
        """The type that a URL's path tells, where it is of this kind."""
        guessed = self.type_of_name(urlsplit(url).path)
        return guessed if guessed and self.family and guessed.startswith(self.family) else None

    def of_path(self, path: Path, media_type: str | None = None) -> dict[str, Any]:
        """A file, read now. Raises `OSError`, and `ValueError` for one that is empty or of another kind."""
        known = media_type or self.type_of_name(path.name)
        if known is None:
            raise ValueError(f"the media type of `{path.name}` is not known: pass media_type=")
        if media_type is None and not known.startswith(self.family):
            raise ValueError(f"Unsupported {self.called} format: {known}")
        content = path.read_bytes()
        if not content:
            raise ValueError(f"{self.called.capitalize()} file is empty: `{path}`")
        return {"data": b64encode(content).decode("ascii"), "media_type": known, "name": path.name}

    def of_base64(self, data: str) -> dict[str, Any]:
        """Base64 text whose type its first bytes tell. Raises `ValueError`."""
        try:
            beginning = b64decode(data[:64], validate=True)
        except ValueError:
            beginning = b""
        return {"data": data, "media_type": self.type_of_bytes(beginning)}

    def of_source(self, source: Any) -> dict[str, Any]:
        """The fields that `source` gives, by what it looks like. Raises `ValueError` when it looks like nothing."""
        match source:
            case bytes():
                return {"data": b64encode(source).decode("ascii"), "media_type": self.type_of_bytes(source)}
            case Path():
                return self.of_path(source)
            case str() if source.startswith("data:"):
                return self.of_data_url(source)
            case str() if _URL.fullmatch(source):
                return {"url": source, "media_type": self.type_of_url(source)}
            case str():
                return self.of_path(Path(source)) if _is_file(source) else self.of_base64(source)
            case _:
                raise ValueError(f"Unsupported {self.called} source type: {type(source).__name__}")

    def of_data_url(self, url: str) -> dict[str, Any]:
        """What stands in a `data:` URL. Raises `ValueError` for one of another kind."""
        found = _DATA_URL.match(url)
        if found is None:
            raise ValueError(f"this `data:` URL holds no base64: no {self.called} can be made of it")
        if not found["type"].startswith(self.family):
            raise ValueError(f"Unsupported {self.called} format: {found['type']}")
        return {"data": url[found.end() :], "media_type": found["type"] or None}

    def is_data_url(self, text: str) -> bool:
        """Whether `text` is a `data:` URL of this kind."""
        found = _DATA_URL.match(text)
        return found is not None and found["type"].startswith(self.family or "application/pdf")


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long to be a path, or no text that could be one
        return False


ANY: Final = MediaKind("media")
IMAGE: Final = MediaKind(
    "image",
    "image/",
    ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp")),
)
AUDIO: Final = MediaKind(
    "audio",
    "audio/",
    ((b"RIFF", "audio/wav"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"OggS", "audio/ogg"),
     (b"fLaC", "audio/flac")),
)  # fmt: skip
VIDEO: Final = MediaKind("video", "video/", ((b"\x1aE\xdf\xa3", "video/webm"),))
FILE: Final = MediaKind("PDF", "", ((b"%PDF-", "application/pdf"),))
