"""A model made of rules: it answers every request, the same way each time, with what the request itself says.

prompt or option                   answer
---------------------------------  ------------------------------------------------------------------
anything                           the model's name and the prompt
`Say exactly: TEXT`                TEXT
`Count to 200`                     the numbers from 1 to 200 (at most 10,000): for long streams
"please refuse"                    a refusal
tools                              see `tools`; after results, a text that contains them
`json_schema`, or a schema in the  JSON that fits the schema, filled from the prompt (see `json_schema`); in a code
prompt                             block when the prompt speaks of one
`json_object`                      an object with the keys that the prompt quotes
`reasoning`                        a thought before the answer, signed where the dialect signs
`stop`, `max_tokens`               cut there, also inside a tool's arguments
`n`, `logprobs`                    alternatives that differ; a probability for each token (see `tokens`)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import log
from random import Random
from typing import Any, Final, TypeAlias

from msgspec.structs import replace

from dragoman.errors import Rejected
from dragoman.messages import (
    FinishReason,
    LLMResponse,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
)
from dragoman.testing.json_schema import Facts, Unfillable, fill_schema
from dragoman.testing.rules.cache import PromptCache
from dragoman.testing.rules.ids import Ids, dice
from dragoman.testing.rules.prompt import Prompt
from dragoman.testing.rules.tokens import tokens_of
from dragoman.testing.rules.tools import calls_for
from dragoman.testing.rules.truncation import count_part, cut

Sign: TypeAlias = Callable[[str], Reasoning]
"""Makes reasoning of its text, as a provider gives it."""

REFUSE: Final = "please refuse"
"""Words in a prompt that make the model refuse."""

_EXACTLY: Final = re.compile(r"\b(?:say|reply|answer|respond)(?: with)? exactly:?\s*(.+)", re.IGNORECASE | re.DOTALL)
_COUNT: Final = re.compile(r"\bcount (?:from 1 )?to (\d{1,5})\b", re.IGNORECASE)
_HIGHEST: Final = 10_000
_LONGEST_ECHO: Final = 2_000
_OPENINGS: Final = ("You said", "You wrote", "Your words", "I read")


class RuleModel:
    """Answers requests by rules. `seed` decides ids and chances, and nothing else does."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.ids = Ids(seed)
        self._cache = PromptCache()

    def answer(self, request: Request, *, sign: Sign = Reasoning, call_prefix: str = "call_") -> LLMResponse:
        """The answer to `request`, its reasoning as `sign` gives it.

        Raises `Rejected` for a schema that cannot be filled in.
        """
        first, *others = [self._choice(request, number, sign, call_prefix) for number in range(request.n or 1)]
        answer = replace(first, alternatives=tuple(others))
        return replace(answer, usage=self.usage(request, answer))

    def usage(self, request: Request, answer: LLMResponse) -> Usage:
        """What `answer` to `request` took, by the rule in `tokens`."""
        choices = (answer, *answer.alternatives)
        output = sum(count_part(part) for choice in choices for part in choice.parts)
        thinking = [count_part(part) for choice in choices for part in choice.parts if isinstance(part, Reasoning)]
        used = self._cache.usage(request)
        return replace(
            used,
            output_tokens=output,
            total_tokens=(used.input_tokens or 0) + output,
            reasoning_tokens=sum(thinking) if thinking else None,
        )

    def forget(self) -> None:
        """Empty the prompt cache and begin the ids anew."""
        self._cache.clear()
        self.ids = Ids(self.seed)

    def _choice(self, request: Request, number: int, sign: Sign, call_prefix: str) -> LLMResponse:
        prompt = Prompt(request)
        chance = dice(self.seed, request.model, prompt.text, number)
        parts, reason = self._say(prompt, chance, number, call_prefix)
        if _thinks(request):
            parts = (sign(_thought(prompt)), *parts)
        ending = cut(parts, request)
        return LLMResponse(
            model=request.model,
            parts=ending.parts,
            finish_reason=ending.reason or reason,
            stop_sequence=ending.stop_sequence,
            logprobs=_logprobs(ending.parts, request.top_logprobs or 0, chance) if request.logprobs else None,
        )

    def _say(
        self, prompt: Prompt, chance: Random, number: int, call_prefix: str
    ) -> tuple[tuple[Part, ...], FinishReason]:
        if REFUSE in prompt.text.lower():
            return (Refusal("I was asked to refuse, so I do."),), "refusal"
        calls: tuple[ToolCall, ...] = calls_for(prompt, self.ids, call_prefix)
        if calls:
            return calls, "tool_calls"
        return (Text(_text(prompt, chance, number)),), "stop"


def _thinks(request: Request) -> bool:
    options = request.reasoning
    return options is not None and options.enabled is not False and options.effort != "none"


def _thought(prompt: Prompt) -> str:
    return f"The user says: {prompt.text[:200]!r}. I will answer by my rules."


# ---------------------------------------------------------------------- text


def _text(prompt: Prompt, chance: Random, number: int) -> str:
    form = prompt.request.output_format
    if form is not None and form.kind != "text":
        return _JSON[form.kind](prompt, form)
    if prompt.embedded_schema is not None:
        text = _filled(prompt.embedded_schema, prompt.facts)
        return f"```json\n{text}\n```" if prompt.wants_fence else text
    return _plain(prompt, chance, number)


def _plain(prompt: Prompt, chance: Random, number: int) -> str:
    said = prompt.text
    if prompt.results:
        results = "\n".join(result.text for result in prompt.results)
        return f"{prompt.request.model} has the result: {results}"
    if exactly := _EXACTLY.search(said):
        return exactly[1].strip().strip("\"'`")
    if count := _COUNT.search(said):
        return " ".join(map(str, range(1, min(int(count[1]), _HIGHEST) + 1)))
    which = f" ({number + 1})" if number else ""
    return f"{prompt.request.model} here{which}. {chance.choice(_OPENINGS)}: {said[:_LONGEST_ECHO]}"


def _by_schema(prompt: Prompt, form: OutputFormat) -> str:
    return _filled(form.schema if form.schema is not None else {"type": "object"}, prompt.facts)


def _any_object(prompt: Prompt, _: OutputFormat) -> str:
    """An object with the schema that the prompt holds, or with the keys that it quotes."""
    if prompt.embedded_schema is not None:
        return _filled(prompt.embedded_schema, prompt.facts)
    keys = list(dict.fromkeys(prompt.facts.found["quoted"])) or prompt.facts.labelled_list("keys") or ["answer"]
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in keys}, "required": keys}
    return _filled(schema, Facts([re.sub(r"[\"'`][^\"'`\n]+[\"'`]", " ", prompt.facts.text)]))


_JSON: Final[dict[str, Callable[[Prompt, OutputFormat], str]]] = {
    "json_schema": _by_schema,
    "json_object": _any_object,
}


def _filled(schema: Any, facts: Facts) -> str:
    try:
        return json.dumps(fill_schema(schema, facts), ensure_ascii=False)
    except Unfillable as error:
        raise Rejected(f"Invalid schema for response_format: {error}", http_status=400) from error


# ---------------------------------------------------------------------- log probabilities


def _logprobs(parts: tuple[Part, ...], top: int, chance: Random) -> tuple[TokenLogprob, ...]:
    text = "".join(part.text for part in parts if isinstance(part, Text))
    return tuple([_logprob(token, top, chance) for token in tokens_of(text)])


def _logprob(token: str, top: int, chance: Random) -> TokenLogprob:
    likelihood = chance.uniform(0.5, 1)
    likeliest = [(token, likelihood), *((f"{token}{i}", (1 - likelihood) / 2**i) for i in range(1, top))][:top]
    return TokenLogprob(
        token=token,
        logprob=log(likelihood),
        bytes=_bytes(token),
        top=tuple([TokenLogprob(token=text, logprob=log(p), bytes=_bytes(text)) for text, p in likeliest]),
    )


def _bytes(token: str) -> tuple[int, ...]:
    return tuple(token.encode("utf-8", "surrogatepass"))
