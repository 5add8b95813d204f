"""A request fitted to its model: what is sent of how to think, and what is said of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman.calls import Call, Target
from dragoman.calls.fitting import fitted
from dragoman.calls.prepare import Prepared, prepare
from dragoman.catalog import find_model, thinks
from dragoman.dialects import get_dialect
from dragoman.http import Origin
from dragoman.messages import Extra, Message, ReasoningOptions, Request
from dragoman.providers import get_spec

from ..drive import Transport

HAIKU = "anthropic/claude-haiku-4-5"  # thinks by a budget only
OPUS = "anthropic/claude-opus-4-8"  # thinks by an effort only


def prepared(target: str, **fields: Any) -> Prepared:
    provider, _, model = target.partition("/")
    spec = get_spec(provider)
    where = Target(
        spec=spec,
        model=model,
        dialect=get_dialect(spec.dialect_for(model)),
        origin=Origin("https", "api.test", 443),
        prefix=spec.default_prefix,
        transport=Transport("sync"),
        settings={"project": "p", "location": "eu", "region": "eu"},
    )
    return prepare(Call(target=where, request=Request(model=model, messages=(Message("user", "Hi"),), **fields)))


def sent(target: str, **fields: Any) -> tuple[dict[str, Any], list[str]]:
    """The body without model and messages, and the losses."""
    made = prepared(target, **fields)
    body = json.loads(made.body)
    return {name: body[name] for name in body.keys() - {"model", "messages"}}, list(map(str, made.losses))


def thinking(tokens: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": tokens}


@pytest.mark.parametrize(
    ("model", "budget", "limit"),
    [
        (HAIKU, 8000, 12_096),
        (HAIKU, 62_000, 64_000),  # the most that it writes
        ("anthropic/claude-of-tomorrow", 8000, 12_096),
    ],
)
def test_the_limit_filled_in_is_above_the_budget(model: str, budget: int, limit: int) -> None:
    made = prepared(model, reasoning=ReasoningOptions(budget_tokens=budget))
    assert json.loads(made.body)["max_tokens"] == limit
    assert json.loads(made.body)["thinking"] == thinking(budget)
    note = f"max_tokens={limit} by default: the dialect demands a limit, and thinking may take {budget} of it"
    assert made.notes == (note,)


def test_where_no_limit_is_demanded_none_is_filled_in() -> None:
    """Bedrock: without `maxTokens` the model's own most holds."""
    made = prepared("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", reasoning=ReasoningOptions(budget_tokens=8000))
    assert "inferenceConfig" not in json.loads(made.body)
    assert made.notes == ()


@pytest.mark.parametrize(("effort", "budget"), [("minimal", 1024), ("low", 1024), ("medium", 8192), ("high", 24_576)])
def test_an_effort_is_a_budget_to_a_model_that_takes_no_word(effort: str, budget: int) -> None:
    assert sent(HAIKU, reasoning=ReasoningOptions(effort=effort)) == (
        {"thinking": thinking(budget), "max_tokens": budget + 4096},
        [f"`reasoning.effort` was changed: this model thinks by a budget: {budget} tokens"],
    )


def test_on_bedrock_too() -> None:
    body, losses = sent("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", reasoning=ReasoningOptions(effort="medium"))
    assert body == {"additionalModelRequestFields": {"thinking": thinking(8192)}}
    assert losses == ["`reasoning.effort` was changed: this model thinks by a budget: 8192 tokens"]


@pytest.mark.parametrize(
    ("options", "limit", "wire", "why"),
    [
        ({"effort": "high"}, 4096, thinking(2048), "changed: this model thinks by a budget: 2048 tokens"),
        ({"effort": "high"}, 1000, None, "dropped: max_tokens=1000 leaves this model no room to think"),
        ({"effort": "high", "budget_tokens": 2000}, 4096, thinking(2000), "dropped: a budget of tokens is given"),
        ({"effort": "high", "enabled": False}, 4096, {"type": "disabled"}, "dropped: thinking is switched off"),
    ],
)
def test_an_effort_beside_other_wishes(options: dict[str, Any], limit: int, wire: Any, why: str) -> None:
    body, losses = sent(HAIKU, reasoning=ReasoningOptions(**options), max_tokens=limit)
    assert (body.get("thinking"), body["max_tokens"]) == (wire, limit)
    assert losses == [f"`reasoning.effort` was {why}"]
    assert "output_config" not in body


@pytest.mark.parametrize(
    ("model", "effort", "wire"),
    [
        (OPUS, "high", {"output_config": {"effort": "high"}, "max_tokens": 4096}),
        (HAIKU, "none", {"thinking": {"type": "disabled"}, "max_tokens": 4096}),
        ("anthropic/claude-of-tomorrow", "high", {"output_config": {"effort": "high"}, "max_tokens": 4096}),
        ("openai/gpt-5.1", "high", {"reasoning_effort": "high"}),
        ("openai/my-finetune", "high", {"reasoning_effort": "high"}),
        ("openrouter/anthropic/claude-haiku-4.5", "high", {"reasoning_effort": "high"}),  # it translates itself
        ("xai/grok-4-fast-reasoning", "high", {"reasoning_effort": "high"}),  # the catalog does not say
        ("openai/gpt-4o-mini", "none", {}),  # it does not think, as asked
    ],
)
def test_an_effort_that_is_sent_as_it_is(model: str, effort: str, wire: dict[str, Any]) -> None:
    assert sent(model, reasoning=ReasoningOptions(effort=effort)) == (wire, [])


@pytest.mark.parametrize(
    ("model", "effort", "sent_as"),
    [
        ("openai/gpt-5", "xhigh", "high"),
        ("openai/gpt-5", "max", "high"),
        ("openai/gpt-5.4", "minimal", "low"),
        ("openai/gpt-5.4", "max", "xhigh"),
        ("openai/gpt-5-pro", "low", "high"),
        ("deepseek/deepseek-v4-flash", "medium", "high"),  # as far from `low`
        ("deepseek/deepseek-v4-flash", "xhigh", "high"),
        ("groq/openai/gpt-oss-20b", "minimal", "low"),
    ],
)
def test_an_effort_that_the_model_lacks_is_the_nearest_that_it_has(model: str, effort: str, sent_as: str) -> None:
    assert sent(model, reasoning=ReasoningOptions(effort=effort)) == (
        {"reasoning_effort": sent_as},
        [f"`reasoning.effort` was changed: this model's nearest effort is `{sent_as}`"],
    )


@pytest.mark.parametrize(
    ("model", "effort", "sent_as"),
    [
        ("anthropic/claude-opus-4-5", "xhigh", "high"),
        ("anthropic/claude-opus-4-6", "xhigh", "high"),
        (OPUS, "minimal", "low"),
    ],
)
def test_of_claude_too(model: str, effort: str, sent_as: str) -> None:
    assert sent(model, reasoning=ReasoningOptions(effort=effort)) == (
        {"output_config": {"effort": sent_as}, "max_tokens": 4096},
        [f"`reasoning.effort` was changed: this model's nearest effort is `{sent_as}`"],
    )


@pytest.mark.parametrize(
    ("model", "wire"),
    [
        ("openai/o3", {"reasoning_effort": "low"}),
        ("openai/gpt-5", {"reasoning_effort": "minimal"}),
        ("anthropic/claude-fable-5", {"output_config": {"effort": "low"}, "max_tokens": 4096}),
    ],
)
@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"effort": "none"}, "effort"),
        ({"enabled": False}, "enabled"),
        ({"enabled": False, "effort": "high"}, "enabled"),
    ],
)
def test_a_model_that_always_thinks_thinks_least(
    model: str, wire: dict[str, Any], options: dict[str, Any], where: str
) -> None:
    body, losses = sent(model, reasoning=ReasoningOptions(**options))
    assert body == wire
    least = wire.get("reasoning_effort", "low")
    assert losses == [f"`reasoning.{where}` was changed: this model always thinks: `{least}` is the least"]


@pytest.mark.parametrize(
    ("budget", "effort"), [(500, "low"), (1024, "low"), (1025, "medium"), (20_000, "high"), (60_000, "high")]
)
def test_a_budget_is_an_effort_to_a_model_that_takes_no_number(budget: int, effort: str) -> None:
    assert sent(OPUS, reasoning=ReasoningOptions(budget_tokens=budget)) == (
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}, "max_tokens": 4096},
        [f"`reasoning.budget_tokens` was changed: this model thinks by an effort: `{effort}`"],
    )


@pytest.mark.parametrize(
    ("options", "wire", "why"),
    [
        ({"effort": "low"}, {"output_config": {"effort": "low"}}, "an effort is given, and this model takes no budget"),
        ({"effort": "none"}, {"thinking": {"type": "disabled"}}, "thinking is switched off"),
    ],
)
def test_a_budget_beside_other_wishes(options: dict[str, Any], wire: dict[str, Any], why: str) -> None:
    body, losses = sent(OPUS, reasoning=ReasoningOptions(budget_tokens=5000, **options))
    assert body == {**wire, "max_tokens": 4096}
    assert losses == [f"`reasoning.budget_tokens` was dropped: {why}"]


def test_a_budget_beside_an_effort_of_a_model_that_takes_both_stays() -> None:
    body, losses = sent("anthropic/claude-opus-4-5", reasoning=ReasoningOptions(effort="low", budget_tokens=5000))
    assert (body["thinking"], body["output_config"], losses) == (thinking(5000), {"effort": "low"}, [])


def test_on_bedrock_a_budget_is_an_effort_too() -> None:
    body, _ = sent("bedrock/anthropic.claude-opus-4-7-v1:0", reasoning=ReasoningOptions(budget_tokens=5000))
    assert body == {
        "additionalModelRequestFields": {"thinking": {"type": "adaptive"}},
        "outputConfig": {"effort": "medium"},
    }


def test_a_word_of_no_scale_is_left_to_the_provider() -> None:
    assert sent("openai/gpt-5", reasoning=ReasoningOptions(effort="ultra")) == ({"reasoning_effort": "ultra"}, [])


@pytest.mark.parametrize(
    "options",
    [{"effort": "high"}, {"budget_tokens": 2000}, {"enabled": True}, {"effort": "low", "budget_tokens": 2000}],
)
@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "anthropic/claude-3-5-haiku-latest"])
def test_a_model_known_not_to_think_is_not_told_how(model: str, options: dict[str, Any]) -> None:
    body, losses = sent(model, reasoning=ReasoningOptions(**options), temperature=0.5)
    assert body.keys() <= {"max_tokens", "temperature"}
    assert body["temperature"] == 0.5
    assert losses == [f"`reasoning.{name}` was dropped: this model does not think" for name in options]


def test_what_only_a_dialect_knows_of_thinking_is_left_to_it() -> None:
    extra = Extra(fields={"summary": "auto"}, dialect="openai_responses")
    asked = Request(model="gpt-4o-mini", reasoning=ReasoningOptions(effort="low", extra=extra))
    request, losses = fitted(asked, find_model("openai", "gpt-4o-mini"), {})
    assert request.reasoning == ReasoningOptions(extra=extra)
    assert [loss.where for loss in losses] == ["reasoning.effort"]


SAMPLING = {"temperature": 0.2, "top_p": 0.9, "top_k": 5, "frequency_penalty": 0.5, "presence_penalty": 0.5}


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (HAIKU, {"budget_tokens": 2000}),
        (HAIKU, {"effort": "low"}),
        (OPUS, {"effort": "low"}),
        (OPUS, {"enabled": True}),
        ("openai/gpt-5.1", {"effort": "low"}),
    ],
)
def test_sampling_that_a_thinking_model_refuses_is_left_out(model: str, options: dict[str, Any]) -> None:
    body, losses = sent(model, reasoning=ReasoningOptions(**options), **SAMPLING)
    assert SAMPLING.keys().isdisjoint(body)
    why = "was dropped: this model takes no sampling parameter when it thinks"
    assert [loss for loss in losses if "sampling" in loss] == [f"`{name}` {why}" for name in SAMPLING]


@pytest.mark.parametrize(
    ("options", "sampling"),
    [
        (None, {"temperature": 0.2}),
        ({"effort": "none"}, {"temperature": 0.2}),
        ({"enabled": False}, {"temperature": 0.2}),
        ({"budget_tokens": 2000}, {"temperature": 1, "top_p": 1}),  # these say nothing
    ],
)
def test_sampling_that_is_not_refused_stays(options: dict[str, Any] | None, sampling: dict[str, Any]) -> None:
    reasoning = None if options is None else ReasoningOptions(**options)
    body, losses = sent(HAIKU, reasoning=reasoning, **sampling)
    assert sampling.items() <= body.items()
    assert losses == []


@pytest.mark.parametrize(
    ("provider", "model", "known"),
    [
        ("anthropic", "claude-haiku-4-5", True),
        ("anthropic", "claude-3-7-sonnet-latest", True),
        ("anthropic", "claude-3-5-haiku-latest", False),
        ("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", False),
        ("openai", "gpt-4.1", False),
        ("openrouter", "openai/gpt-4o-mini", False),
        ("openai", "o1-mini", None),  # it does, and the sources do not say so
        ("google", "gemini-2.5-pro-preview-05-06", None),
        ("moonshot", "kimi-k2-thinking", None),
    ],
)
def test_a_record_that_is_silent_proves_nothing(provider: str, model: str, known: bool | None) -> None:
    facts = find_model(provider, model)
    assert facts is not None
    assert thinks(facts) is known
