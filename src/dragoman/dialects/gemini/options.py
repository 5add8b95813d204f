"""`generationConfig`: how to sample, how to think, and in what form to answer.

How hard to think is one word in the canonical language. Models since Gemini 3 take it as a level; those before take a
budget of tokens, for which Google itself has published what the words mean
(ai.google.dev/gemini-api/docs/openai#thinking, read 2026-11-21).
"""

from __future__ import annotations

from typing import Any, Final

from dragoman.dialects.base import EFFORT_BUDGETS, Wire
from dragoman.dialects.gemini.checks import optional, wanted
from dragoman.dialects.gemini.extras import extra_of, own, restore
from dragoman.dialects.gemini.models import generation, thinks_by_budget
from dragoman.dialects.gemini.schemas import json_schema_of
from dragoman.messages import Loss, OutputFormat, ReasoningOptions, Request

_SETTINGS: Final[dict[str, tuple[str, type]]] = {
    "max_tokens": ("maxOutputTokens", int),
    "temperature": ("temperature", float),
    "top_p": ("topP", float),
    "top_k": ("topK", int),
    "seed": ("seed", int),
    "frequency_penalty": ("frequencyPenalty", float),
    "presence_penalty": ("presencePenalty", float),
    "n": ("candidateCount", int),
    "logprobs": ("responseLogprobs", bool),
    "top_logprobs": ("logprobs", int),
}
"""Settings, and what they are called and must be here."""

# ---------------------------------------------------------------------- canonical to wire


def encode_options(request: Request, losses: list[Loss]) -> Wire:
    """The `generationConfig` of a request."""
    config: Wire = {}
    for ours, (theirs, _) in _SETTINGS.items():
        value = getattr(request, ours)
        if value is not None:
            config[theirs] = value
    if request.stop:
        config["stopSequences"] = list(request.stop)
    if request.reasoning is not None:
        _encode_reasoning(request.reasoning, request.model, config, losses)
    if request.output_format is not None:
        _encode_format(request.output_format, config, losses)
    return config


def _encode_reasoning(options: ReasoningOptions, model: str, config: Wire, losses: list[Loss]) -> None:
    thinking = _encode_thinking(options, model, losses)
    restore(thinking, options.extra, "reasoning", losses)
    if thinking:
        config["thinkingConfig"] = thinking


def _encode_thinking(options: ReasoningOptions, model: str, losses: list[Loss]) -> Wire:
    if options.enabled is False or (options.enabled is None and options.effort == "none"):
        return _switched_off(options, model, losses)
    thinking: Wire = {"includeThoughts": True} if options.enabled else {}
    if options.budget_tokens is not None:
        thinking["thinkingBudget"] = options.budget_tokens
        if options.effort is not None:
            losses.append(Loss(effect="dropped", where="reasoning.effort", why="a budget of tokens is given"))
    elif options.effort == "none":
        losses.append(Loss(effect="dropped", where="reasoning.effort", why="thinking is switched on"))
    elif options.effort is not None:
        thinking.update(_encode_effort(options.effort, model, losses))
    elif options.enabled and _sleeps(model):
        thinking["thinkingBudget"] = _DYNAMIC
    return thinking


_DYNAMIC: Final = -1
"""The budget by which the model decides for itself."""


def _sleeps(model: str) -> bool:
    """Whether the model thinks only when told to."""
    return thinks_by_budget(model) and "flash-lite" in model


def _switched_off(options: ReasoningOptions, model: str, losses: list[Loss]) -> Wire:
    if options.budget_tokens is not None:
        losses.append(Loss(effect="dropped", where="reasoning.budget_tokens", why="thinking is switched off"))
    if options.effort not in (None, "none"):
        losses.append(Loss(effect="dropped", where="reasoning.effort", why="thinking is switched off"))
    where = "reasoning.effort" if options.enabled is None else "reasoning.enabled"
    if generation(model) is None or (thinks_by_budget(model) and "pro" not in model):
        return {"thinkingBudget": 0}
    least: Wire = {"thinkingBudget": _LEAST_OF_PRO} if thinks_by_budget(model) else {"thinkingLevel": _least(model)}
    losses.append(Loss(effect="changed", where=where, why=f"this model always thinks: {least} is the least"))
    return least


_LEAST_OF_PRO: Final = 128
_LEVELS: Final = {
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "XHIGH",
    "max": "XHIGH",
}


def _least(model: str) -> str:
    return "LOW" if "pro" in model else "MINIMAL"


def _encode_effort(effort: str, model: str, losses: list[Loss]) -> Wire:
    where = "reasoning.effort"
    if thinks_by_budget(model):
        budget = EFFORT_BUDGETS.get(effort)
        if budget is None:
            losses.append(Loss(effect="dropped", where=where, why="it is no effort that has a budget of tokens"))
            return {}
        why = f"this model thinks by a budget: {budget} tokens"
        losses.append(Loss(effect="changed", where=where, why=why))
        return {"thinkingBudget": budget}
    level = _LEVELS.get(effort, effort)
    if level == "MINIMAL" and generation(model) is not None:
        level = _least(model)
    if level.lower() != effort.lower():
        losses.append(Loss(effect="changed", where=where, why=f"the nearest level is `{level.lower()}`"))
    return {"thinkingLevel": level}


_JSON: Final = "application/json"
_PLAIN: Final = "text/plain"


def _encode_format(form: OutputFormat, config: Wire, losses: list[Loss]) -> None:
    config["responseMimeType"] = _PLAIN if form.kind == "text" else _JSON
    extra = own(form.extra)
    if form.kind == "json_schema" and form.schema is not None and not (extra and "responseSchema" in extra.spelling):
        config["responseJsonSchema"] = dict(form.schema)
    elif (form.kind == "json_schema") != (form.schema is not None):
        sent = "text" if form.kind == "text" else "json_object"
        why = f"`json_schema` and a schema go together: this is sent as `{sent}`"
        losses.append(Loss(effect="changed", where="output_format", why=why))
    if form.description is not None:
        losses.append(Loss(effect="dropped", where="output_format.description", why="only the schema is sent"))
    if form.strict is False:
        losses.append(Loss(effect="changed", where="output_format.strict", why="a schema is always enforced here"))
    restore(config, form.extra, "output_format", losses)


# ---------------------------------------------------------------------- wire to canonical

_WHERE: Final = "generationConfig."


def decode_options(config: Wire, model: str) -> dict[str, Any]:
    """The fields of a `Request` that `generationConfig` says. Raises `Rejected`."""
    fields: dict[str, Any] = {
        ours: optional(config, theirs, kind, _WHERE) for ours, (theirs, kind) in _SETTINGS.items()
    }
    texts: list[Any] = optional(config, "stopSequences", list, _WHERE) or []
    fields["stop"] = tuple(wanted(text, str, f"{_WHERE}stopSequences[{n}]") for n, text in enumerate(texts))
    fields["reasoning"] = _decode_reasoning(optional(config, "thinkingConfig", dict, _WHERE), model)
    fields["output_format"] = _decode_format(config)
    return fields


def _decode_reasoning(thinking: Wire | None, model: str) -> ReasoningOptions | None:
    if not thinking:
        return None
    plain = _plain_thinking(thinking)
    said = _encode_thinking(plain, model, [])
    level = said.get("thinkingLevel")
    if not said.keys() <= thinking.keys():  # this model would be asked in another way
        return ReasoningOptions(extra=extra_of(thinking))
    rest = {name: value for name, value in thinking.items() if said.get(name) != value}
    spelling = {"thinkingLevel": rest.pop("thinkingLevel")} if _same_word(rest.get("thinkingLevel"), level) else {}
    return ReasoningOptions(
        enabled=plain.enabled, effort=plain.effort, budget_tokens=plain.budget_tokens, extra=extra_of(rest, spelling)
    )


def _plain_thinking(thinking: Wire) -> ReasoningOptions:
    budget = thinking.get("thinkingBudget")
    level = thinking.get("thinkingLevel")
    if budget == 0 and level is None:
        return ReasoningOptions(enabled=False)
    return ReasoningOptions(
        enabled=True if thinking.get("includeThoughts") is True else None,
        budget_tokens=budget if type(budget) is int and budget > 0 else None,
        effort=level.lower() if isinstance(level, str) and budget is None else None,
    )


def _same_word(value: Any, word: str | None) -> bool:
    return isinstance(value, str) and word is not None and value.lower() == word.lower()


def _decode_format(config: Wire) -> OutputFormat | None:
    """The form of the answer; `None` when none is asked for, or one of another kind (an enum, say)."""
    kind = optional(config, "responseMimeType", str, _WHERE)
    if kind == _PLAIN and not _schema_names(config):
        return OutputFormat(kind="text")
    if kind != _JSON:
        return None
    names = _schema_names(config)
    if not names:
        return OutputFormat(kind="json_object")
    schema = wanted(config[names[0]], dict, f"{_WHERE}{names[0]}")
    if names[0] == "responseJsonSchema":
        return OutputFormat(kind="json_schema", schema=schema)
    spelling = {"responseSchema": schema}
    return OutputFormat(kind="json_schema", schema=json_schema_of(schema), extra=extra_of({}, spelling))


def _schema_names(config: Wire) -> list[str]:
    return [name for name in ("responseJsonSchema", "responseSchema") if config.get(name) is not None]


_KNOWN: Final = frozenset({theirs for theirs, _ in _SETTINGS.values()} | {"stopSequences", "thinkingConfig"})


def unknown_options(config: Wire) -> Wire:
    """What `decode_options` left of `generationConfig`."""
    form = _decode_format(config)
    known = _KNOWN if form is None else _KNOWN | {"responseMimeType", *_schema_names(config)[:1]}
    return {name: value for name, value in config.items() if name not in known}
