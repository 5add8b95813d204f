"""Pictures that the model has made, both ways."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.extras import extra_of, lose_mark, restore, unknown
from dragoman.dialects.openai_responses.wire import ImageItem, fields_of
from dragoman.messages import Image

IMAGE_CALL: Final = "image_generation_call"
_KNOWN: Final = fields_of(ImageItem)
_PNG: Final = "image/png"
"""What OpenAI makes when it does not say."""


def decode_image(item: Wire, header: Wire) -> Image | None:
    """The picture in an item, or `None` while it has none."""
    data, form = item.get("result"), item.get("output_format")
    if not isinstance(data, str) or not data:
        return None
    media_type = f"image/{form}" if isinstance(form, str) and form else _PNG
    spelling = {"type": IMAGE_CALL, **header, **({"output_format": form} if "output_format" in item else {})}
    return Image(data=data, media_type=media_type, extra=extra_of(unknown(item, _KNOWN), spelling))


def image_item(part: Image, header: Wire, losses: Losses) -> Wire:
    """The item of a picture that has its bytes."""
    item: Wire = {"type": IMAGE_CALL, **header, "result": part.data}
    if part.media_type is not None and part.media_type != _PNG:
        item["output_format"] = part.media_type.partition("/")[2]
    lose_mark(part.cache, part.extra, losses)
    restore(item, part.extra, losses)
    return item


def encode_answer_image(part: Image, header: Wire, losses: Losses) -> Wire | None:
    """A picture of anyone as one that was made, which is the only way to show it."""
    if not part.data:
        losses.dropped("", "an answer of this dialect holds pictures as bytes only")
        return None
    for name in ("url", "file_id", "detail"):
        if getattr(part, name) is not None:
            losses.dropped(name, "an answer of this dialect holds pictures as bytes only")
    return image_item(part, header, losses)
