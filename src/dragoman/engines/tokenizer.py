"""The tokenizer of a model in transformers' form: what the engines that open such folders have in common."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from dragoman.engines.base import Prompt
from dragoman.engines.files import facts_in
from dragoman.engines.grammar import Grammar, check_grammars
from dragoman.engines.markup import MARKS
from dragoman.errors import Rejected
from dragoman.messages import JsonObject

_CONTEXT: Final = ("max_position_embeddings", "n_positions", "max_seq_len", "n_ctx")


class ChatTokenizer:
    """Prompts to tokens, tokens to text, and what the folder says about both."""

    def __init__(self, folder: Path) -> None:
        transformers: Any = import_module("transformers")
        self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        config = facts_in(folder, "config.json")
        self.context_tokens = _context(config)
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

    def grammar(self, schema: JsonObject, size: int) -> Grammar:
        """`size` is how many tokens the model knows, which may be more than the tokenizer has."""
        if self._for_grammars is None:
            check_grammars()
            llguidance: Any = import_module("llguidance.hf")
            self._for_grammars = llguidance.from_tokenizer(self._tokenizer, size, sorted(self.end_tokens))
        return Grammar(self._for_grammars, schema)


def thinking_of(prompt: Prompt) -> dict[str, bool]:
    """What templates call it: Qwen's and others the one, DeepSeek's the other. Each takes what it knows."""
    return {} if prompt.thinking is None else {"enable_thinking": prompt.thinking, "thinking": prompt.thinking}


def refused(error: Exception) -> Rejected:
    """For what a chat template raises by itself, such as of turns that do not alternate."""
    return Rejected(f"the model's chat template refuses this conversation: {error}")


def _template(said: Any) -> str:
    """A tokenizer may have several, by name."""
    if isinstance(said, str):
        return said
    return cast("dict[str, str]", said or {}).get("default", "")


def _context(config: dict[str, Any]) -> int | None:
    """Models that also see keep the text model's facts apart."""
    facts = {**config, **config.get("text_config", {})}
    return next((facts[name] for name in _CONTEXT if isinstance(facts.get(name), int)), None)
