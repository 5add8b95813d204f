"""A model in transformers' form, but for the computation: what the engines that open such folders have in common."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, cast

from dragoman.engines.base import ModelFiles, Prompt
from dragoman.engines.files import facts_in
from dragoman.engines.grammar import Grammar, check_grammars
from dragoman.engines.markup import MARKS
from dragoman.engines.prompt import refused, thinking_of
from dragoman.engines.sampling import own_sampling
from dragoman.messages import JsonObject

_CONTEXT: Final = ("max_position_embeddings", "n_positions", "max_seq_len", "n_ctx")


class FolderModel:
    """Prompts to tokens, tokens to text, and what the folder says about the model."""

    def __init__(self, files: ModelFiles) -> None:
        folder = files.path
        self._name = files.name
        self._own = own_sampling(folder)
        transformers: Any = import_module("transformers")
        self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        config = facts_in(folder, "config.json")
        self.context_tokens: int | None = _context(config)
        self.end_tokens = self._ends(config, facts_in(folder, "generation_config.json"))
        self.hidden_tokens = frozenset(
            number
            for number, token in self._tokenizer.added_tokens_decoder.items()
            if token.special and token.content not in MARKS
        )
        self.chat_template = _template(self._tokenizer.chat_template)
        self._for_grammars: Any = None

    def _ends(self, *facts: dict[str, Any]) -> frozenset[int]:
        """All that the tokenizer and the files call an end: a base model's and a chat's differ."""
        said: list[Any] = [self._tokenizer.eos_token_id, *(each.get("eos_token_id") for each in facts)]
        ends = [cast("list[int]", each) if isinstance(each, list) else [each] for each in said if each is not None]
        return frozenset(token for tokens in ends for token in tokens)

    def encode(self, prompt: Prompt) -> list[int]:
        """Raises `Rejected` for a conversation that the template refuses."""
        jinja2: Any = import_module("jinja2")
        try:
            encoded = self._tokenizer.apply_chat_template(
                list(prompt.messages),
                tools=list(prompt.tools) or None,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                **thinking_of(prompt),
            )
        except jinja2.TemplateError as error:
            raise refused(error) from error
        return list(encoded["input_ids"])

    def decode(self, tokens: Sequence[int]) -> str:
        return self._tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)

    def _grammar(self, schema: JsonObject, size: int) -> Grammar:
        """`size` is how many tokens the model knows, which may be more than the tokenizer has."""
        if self._for_grammars is None:
            check_grammars()
            llguidance: Any = import_module("llguidance.hf")
            self._for_grammars = llguidance.from_tokenizer(self._tokenizer, size, sorted(self.end_tokens))
        return Grammar(self._for_grammars, schema)

    def close(self) -> None:
        del self._tokenizer, self._for_grammars


def _template(said: Any) -> str:
    """A tokenizer may have several, by name."""
    if isinstance(said, str):
        return said
    return cast("dict[str, str]", said or {}).get("default", "")


def _context(config: dict[str, Any]) -> int | None:
    """Models that also see keep the text model's facts apart."""
    facts = {**config, **config.get("text_config", {})}
    return next((facts[name] for name in _CONTEXT if isinstance(facts.get(name), int)), None)
