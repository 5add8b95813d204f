"""Validators that ask a model, and those that ask the moderation endpoint."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ValidationError

import dragoman
from dragoman import LLMResponse, Mode, llm_validator, openai_moderation
from dragoman.errors import ConfigurationError
from dragoman.testing import Emulator
from dragoman.validation import Validator


def client_of(emulator: Emulator, **options: Any) -> Any:
    return dragoman.from_provider("openai/gpt-4o", api_key="k", base_url=emulator.url, mode=Mode.JSON, **options)


def verdict(**fields: Any) -> LLMResponse:
    return LLMResponse(json.dumps(fields))


def test_what_keeps_to_the_rule_stays(emulator: Emulator) -> None:
    emulator.script(verdict(is_valid=True))
    assert llm_validator("is polite", client_of(emulator))("dear") == "dear"
    asked = emulator.requests[0]
    assert (asked.wire["model"], asked.wire["temperature"]) == ("gpt-4o", 0)
    assert json.loads(asked.request.messages[-1].text) == {"rule": "is polite", "value": "dear"}


def test_another_model_may_be_asked(emulator: Emulator) -> None:
    emulator.script(verdict(is_valid=True))
    llm_validator("is polite", client_of(emulator), model="gpt-4o-mini", temperature=1)("dear")
    assert (emulator.requests[0].wire["model"], emulator.requests[0].wire["temperature"]) == ("gpt-4o-mini", 1)


BROKEN = [
    # the verdict, allow_override, what the field becomes or what is said
    ({"is_valid": False, "reason": "it is rude", "fixed_value": "dear"}, False, ValueError("it is rude")),
    ({"is_valid": False, "reason": "it is rude", "fixed_value": "dear"}, True, "dear"),
    ({"is_valid": False, "reason": "it is rude"}, True, ValueError("it is rude")),
    ({"is_valid": False}, False, ValueError("it does not keep to the rule: is polite")),
    ({"is_valid": False, "fixed_value": ""}, True, ""),
]


@pytest.mark.parametrize(("fields", "override", "outcome"), BROKEN)
def test_what_breaks_the_rule(emulator: Emulator, fields: dict[str, Any], override: bool, outcome: Any) -> None:
    emulator.script(verdict(**fields))
    validate = llm_validator("is polite", client_of(emulator), allow_override=override)
    if isinstance(outcome, str):
        assert validate("damn") == outcome
    else:
        with pytest.raises(ValueError, match=str(outcome)):
            validate("damn")


def test_as_the_validator_of_a_field_it_is_asked_about_again(emulator: Emulator) -> None:
    client = client_of(emulator)

    class Letter(BaseModel):
        text: Annotated[str, AfterValidator(llm_validator("is polite", client))]

    emulator.script(
        LLMResponse('{"text": "damn"}'), verdict(is_valid=False, reason="it is rude"),
        LLMResponse('{"text": "dear"}'), verdict(is_valid=True),
    )  # fmt: skip
    assert client.create(Letter, input="Write").text == "dear"
    assert 'text: it is rude (got "damn")' in emulator.requests[2].request.messages[-1].text


def test_an_async_client_is_refused_where_the_type_is_written(emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="async_field_validator"):
        llm_validator("is polite", client_of(emulator, async_client=True))


def test_any_client_with_such_a_create_will_do() -> None:
    seen: list[dict[str, Any]] = []

    def create(**options: Any) -> Validator:
        seen.append(options)
        return Validator(is_valid=True)

    client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))
    assert llm_validator("is polite", client)("dear") == "dear"
    assert (seen[0]["response_model"], seen[0]["model"]) == (Validator, "gpt-4o-mini")


class Moderator:
    """As much of OpenAI's client as is needed."""

    def __init__(self, **categories: bool) -> None:
        result = SimpleNamespace(
            flagged=any(categories.values()), categories=SimpleNamespace(model_dump=lambda: categories)
        )
        self.moderations = SimpleNamespace(create=lambda input: SimpleNamespace(results=[result]))  # noqa: A006  # its name


def test_moderation() -> None:
    assert openai_moderation(Moderator(hate=False))("dear") == "dear"

    class Letter(BaseModel):
        text: Annotated[str, AfterValidator(openai_moderation(Moderator(hate=True, violence=True, self_harm=False)))]

    with pytest.raises(ValidationError, match="it was flagged for hate, violence"):
        Letter(text="damn")


def test_a_moderator_that_has_to_be_awaited_is_refused_where_the_type_is_written() -> None:
    async def create(**_: Any) -> None: ...

    client = SimpleNamespace(moderations=SimpleNamespace(create=create))
    with pytest.raises(ConfigurationError, match="async_field_validator"):
        openai_moderation(client)


def test_a_client_without_moderations_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match=r"from_openai\(OpenAI\(\)\)"):
        openai_moderation(client_of(emulator))
