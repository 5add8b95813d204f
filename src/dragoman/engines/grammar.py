"""Decoding that keeps to a JSON Schema, by llguidance: before each token it says which ones may come."""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from dragoman.errors import MissingPackage, ProviderFailed, UnsupportedFeature
from dragoman.messages import JsonObject, encode_json

_logger: Final = logging.getLogger("dragoman")

_OPTIONS: Final = {
    # One space at most where JSON allows white space: a model that likes it could otherwise write it for ever.
    "whitespace_pattern": " ",
    # What cannot be held to while tokens are chosen is held to by validation afterwards.
    "lenient": True,
}


class Grammar:
    """One answer's way through a schema. `tokenizer` is llguidance's view of the model's."""

    __slots__ = ("_matcher",)

    def __init__(self, tokenizer: Any, schema: JsonObject) -> None:
        """Raises `UnsupportedFeature` for a schema that makes no grammar."""
        matcher: Any = import_module("llguidance").LLMatcher
        self._matcher = matcher(
            tokenizer, matcher.grammar_from_json_schema(encode_json(schema).decode(), defaults=_OPTIONS)
        )
        if self._matcher.is_error():
            raise UnsupportedFeature(f"no grammar can be made of the schema: {self._matcher.get_error()}")
        for warning in self._matcher.get_grammar_warnings():
            _logger.info("decoding does not hold the model to all of the schema: %s", warning)

    def allowed(self, size: int) -> Any:
        """Which of `size` tokens may come next, as a NumPy array of booleans; end tokens when the value is whole."""
        numpy: Any = import_module("numpy")
        bits = numpy.frombuffer(self._matcher.compute_bitmask(), numpy.uint8)
        return numpy.unpackbits(bits, count=size, bitorder="little").astype(bool)

    def accept(self, token: int) -> None:
        """Go on by the token that was taken."""
        if not self._matcher.is_stopped() and not self._matcher.consume_token(token):
            raise ProviderFailed(f"the answer left its grammar: {self._matcher.get_error()}", retryable=False)


def check_grammars() -> None:
    if find_spec("llguidance") is None:
        raise MissingPackage(
            "answers in a JSON Schema's form need llguidance, which is not installed: `pip install llguidance`"
        )
