"""Instructor 1.17 through the gateway: each of its own ways to ask, over the SDK of each dialect that the gateway has."""

import asyncio
from typing import Literal

import anthropic
import instructor
import openai
from google import genai
from google.genai import types
from instructor import Mode
from pydantic import BaseModel, field_validator
from through import MODEL, URL, control, run_all

OPENAI = {"base_url": f"{URL}/v1", "api_key": "any", "max_retries": 0}
ANTHROPIC = {"base_url": URL, "api_key": "any", "max_retries": 0}
TEXT = "Extract a Person: Ada Lovelace, 36 years old"
"""Names the tool that values are asked for by: an upstream that cannot be made to call one calls it all the same."""


class Person(BaseModel):
    name: str
    age: int
    mood: Literal["glad", "sad"] | None = None


class Adult(BaseModel):
    name: str
    age: int

    @field_validator("age")
    @classmethod
    def grown(cls, value):
        assert value >= 18, "an adult is 18 or older"
        return value


def say(text):
    return [{"role": "user", "content": text}]


def of_openai(mode):
    return instructor.from_openai(openai.OpenAI(**OPENAI), mode=mode)


def of_anthropic(mode):
    return instructor.from_anthropic(anthropic.Anthropic(**ANTHROPIC), mode=mode)


def of_genai(mode):
    client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=URL))
    return instructor.from_genai(client, mode=mode)


def ask(client, **options):
    return client.create(
        **{"model": MODEL, "messages": say(TEXT), "response_model": Person, "max_retries": 1, **options}
    )


def check(person):
    assert (person.name, person.age) == ("Ada Lovelace", 36)


def check_partial(client, **options):
    seen = list(client.create_partial(model=MODEL, messages=say(TEXT), response_model=Person, **options))
    check(seen[-1])


# ---------------------------------------------------------------------- openai


def case_openai_tools():
    check(ask(of_openai(Mode.TOOLS)))


def case_openai_json_schema():
    check(ask(of_openai(Mode.JSON_SCHEMA)))


def case_openai_json():
    check(ask(of_openai(Mode.JSON)))


def case_openai_markdown():
    check(ask(of_openai(Mode.MD_JSON)))


def case_openai_responses():
    client = of_openai(Mode.RESPONSES_TOOLS)
    check(client.responses.create(model=MODEL, input=TEXT, response_model=Person))


def case_openai_partial():
    check_partial(of_openai(Mode.TOOLS))


def case_openai_with_completion():
    person, completion = of_openai(Mode.TOOLS).create_with_completion(
        model=MODEL, messages=say(TEXT), response_model=Person
    )
    check(person)
    assert completion.usage.total_tokens > 0


def case_openai_asks_again():
    control("script", {"steps": ['{"name": "Tim", "age": 7}', '{"name": "Tim", "age": 70}']})
    adult = of_openai(Mode.JSON).create(model=MODEL, messages=say("Tim"), response_model=Adult, max_retries=2)
    assert adult.age == 70
    assert len(control("requests")) == 2


def case_openai_async():
    async def main():
        async with openai.AsyncOpenAI(**OPENAI) as sdk:
            client = instructor.from_openai(sdk, mode=Mode.TOOLS)
            return await client.create(model=MODEL, messages=say(TEXT), response_model=Person)

    check(asyncio.run(main()))


# ---------------------------------------------------------------------- anthropic


def case_anthropic_tools():
    check(ask(of_anthropic(Mode.ANTHROPIC_TOOLS), max_tokens=500))


def case_anthropic_json():
    check(ask(of_anthropic(Mode.ANTHROPIC_JSON), max_tokens=500))


def case_anthropic_partial():
    check_partial(of_anthropic(Mode.ANTHROPIC_TOOLS), max_tokens=500)


# ---------------------------------------------------------------------- google-genai


def case_genai_tools():
    check(ask(of_genai(Mode.GENAI_TOOLS)))


def case_genai_structured_outputs():
    check(ask(of_genai(Mode.GENAI_STRUCTURED_OUTPUTS)))


def case_genai_partial():
    check_partial(of_genai(Mode.GENAI_STRUCTURED_OUTPUTS))


run_all(globals())
