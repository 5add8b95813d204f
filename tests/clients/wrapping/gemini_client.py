"""google-genai's clients, wrapped."""

from __future__ import annotations

from typing import Any

import pytest
from google import genai
from google.auth.credentials import Credentials
from google.genai import types

import dragoman
from dragoman import AsyncInstructor, Instructor
from dragoman.testing import Emulator

from .contract import JOHN, SAID, Contact, Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestGenai(Wrapped):
    model, provider, dialect = "gemini-2.5-flash", "google", "gemini"
    answers_itself = False

    def client(self, url: str, *, tries: int = 3, **options: Any) -> genai.Client:
        retries = types.HttpRetryOptions(attempts=tries, initial_delay=0.01, max_delay=0.02)
        http = types.HttpOptions(base_url=url, retry_options=retries, **options)
        return genai.Client(api_key="k", http_options=http)

    def async_client(self, url: str, **options: Any) -> genai.Client:
        return self.client(url, **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_genai(client, **options)

    def async_wrap(self, client: Any, **options: Any) -> AsyncInstructor:
        return dragoman.from_genai(client, use_async=True, **options)

    async def end(self, client: Any) -> None:
        await client.aio.aclose()


class Token(Credentials):
    """A token that lasts, as a machine of Google's has one."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "t"

    def refresh(self, request: Any) -> None:
        raise NotImplementedError


class TestVertex(TestGenai):
    """The same class of client, for Vertex AI: `from_vertexai` takes it, and `from_genai` sees what it is."""

    provider = "vertex"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> genai.Client:
        retries = types.HttpRetryOptions(attempts=tries, initial_delay=0.01, max_delay=0.02)
        http = types.HttpOptions(base_url=url, retry_options=retries, **options)
        return genai.Client(vertexai=True, project="p", location="us-east1", credentials=Token(), http_options=http)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_vertexai(client, **options)

    def test_where_it_goes(self, emulator: Emulator) -> None:
        self.wrap(self.client(emulator.url)).create(response_model=Contact, messages=SAID, model=self.model)
        [seen] = emulator.requests
        place = f"/projects/p/locations/us-east1/publishers/google/models/{self.model}:generateContent"
        assert seen.path.endswith(place)
        assert seen.headers["authorization"] == dragoman.Secret("Bearer t")

    def test_genai_sees_what_it_is(self, emulator: Emulator) -> None:
        wrapped = [dragoman.from_genai(self.client(emulator.url)), dragoman.from_gemini(self.client(emulator.url).aio)]
        assert [(each.provider, type(each)) for each in wrapped] == [
            ("vertex", Instructor),
            ("vertex", AsyncInstructor),
        ]


# ---------------------------------------------------------------------- options as this SDK, and Instructor, have them

SAFE = {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}
SETTING = types.SafetySetting.model_validate(SAFE)
LEAST = {"thinkingConfig": {"thinkingBudget": 0}}
WORDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"config": types.GenerateContentConfig(temperature=0.1, max_output_tokens=55, system_instruction="Be brief.")},
     {"generationConfig": {"temperature": 0.1, "maxOutputTokens": 55}, "systemInstruction": "Be brief."}),
    ({"config": {"temperature": 0.1, "stop_sequences": ["x"], "top_k": 3, "seed": None}},
     {"generationConfig": {"temperature": 0.1, "stopSequences": ["x"], "topK": 3}}),
    ({"config": types.GenerateContentConfig(thinking_config=types.ThinkingConfig(thinking_budget=0),
                                            safety_settings=[SETTING], labels={"my_team": "a"})},
     {"generationConfig": LEAST, "safetySettings": [SAFE], "labels": {"my_team": "a"}}),
    ({"generation_config": {"max_tokens": 50, "temperature": 0.1, "top_p": 0.5}},
     {"generationConfig": {"maxOutputTokens": 50, "temperature": 0.1, "topP": 0.5}}),
    ({"thinking_config": {"thinking_budget": 0}}, {"generationConfig": LEAST}),
    ({"thinking_config": types.ThinkingConfig(thinking_budget=0), "temperature": 0.5},
     {"generationConfig": {**LEAST, "temperature": 0.5}}),
    ({"safety_settings": [SETTING]}, {"safetySettings": [SAFE]}),
    ({"safety_settings": {types.HarmCategory.HARM_CATEGORY_HARASSMENT: types.HarmBlockThreshold.BLOCK_NONE}},
     {"safetySettings": [SAFE]}),
    ({"cached_content": "cachedContents/x"}, {"cachedContent": "cachedContents/x"}),
    ({"temperature": 0.9, "config": {"temperature": 0.1}}, {"generationConfig": {"temperature": 0.1}}),
    ({"config": types.GenerateContentConfig(top_k=40)}, {"generationConfig": {"topK": 40}}),
    ({"config": types.GenerateContentConfig(system_instruction=types.Content(parts=[types.Part(text="Be brief.")]))},
     {"systemInstruction": "Be brief."}),
    ({"config": {"system_instruction": types.Part(text="Be brief.")}}, {"systemInstruction": "Be brief."}),
    ({"config": {"system_instruction": ["Be brief."], "temperature": 0.1}},
     {"systemInstruction": "Be brief.", "generationConfig": {"temperature": 0.1}}),
    ({"system_instruction": "Be brief.", "config": {"temperature": 0.1}},
     {"systemInstruction": "Be brief.", "generationConfig": {"temperature": 0.1}}),
    ({"system_instruction": "Be brief."}, {"systemInstruction": "Be brief."}),
    ({"thinking_config": {"thinking_budget": 0}, "extra_body": {"generationConfig": {"topP": 0.3}}},
     {"generationConfig": {**LEAST, "topP": 0.3}}),
    ({"thinking_config": {"thinking_budget": 0},
      "extra_body": {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}},
     {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0, "includeThoughts": True}}}),
    ({"candidate_count": 1}, {"generationConfig": {"candidateCount": 1}}),
    ({"config": {"maxOutputTokens": 77, "topK": 3, "thinkingConfig": {"thinkingBudget": 0}, "safetySettings": [SAFE]}},
     {"generationConfig": {"maxOutputTokens": 77, "topK": 3, **LEAST}, "safetySettings": [SAFE]}),
    ({"config": {"automaticFunctionCalling": {"disable": True}, "temperature": 0.1}},
     {"generationConfig": {"temperature": 0.1}}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "wire"), WORDS)
def test_options_in_this_sdks_words(options: dict[str, Any], wire: dict[str, Any]) -> None:
    with Emulator(strict=True) as emulator:
        http = types.HttpOptions(base_url=emulator.url)
        client = dragoman.from_genai(genai.Client(api_key="k", http_options=http), model="gemini-2.5-flash")
        assert client.create(Contact, messages="John Smith is 42 years old", **options) == JOHN
        sent = emulator.requests[-1].wire
    said = {
        name: value
        for name, value in sent.items()
        if value and name not in ("contents", "tools", "toolConfig", "model")
    }
    system = said.get("systemInstruction")
    assert {**said, **({"systemInstruction": system["parts"][0]["text"]} if system else {})} == wire


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({"config": {"response_schema": {}}}, "response_model="),
        ({"config": types.GenerateContentConfig(tools=[{"google_search": {}}])}, "pass tools="),
        ({"config": {"http_options": {"timeout": 5}}}, "timeout="),
        ({"config": 3}, "GenerateContentConfig"),
        ({"config": {"responseMimeType": "application/json"}}, "response_model="),
        ({"response_mime_type": "application/json"}, "response_model="),
        ({"config": {"httpOptions": {"timeout": 5}}}, "timeout="),
        ({"config": {"top_k": 3, "topK": 4}}, "say the same"),
        ({"config": {"automatic_function_calling": {"maximum_remote_calls": 3}}}, "run_tools"),
        (
            {
                "config": types.GenerateContentConfig(
                    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=False)
                )
            },
            "run_tools",
        ),
        ({"system_instruction": types.Part.from_bytes(data=b"x", mime_type="image/png")}, "messages="),
    ],
)
def test_what_a_configuration_cannot_say(options: dict[str, Any], fix: str) -> None:
    client = dragoman.from_genai(genai.Client(api_key="k"), model="gemini-2.5-flash")
    with pytest.raises(dragoman.ConfigurationError, match=fix):
        client.create(Contact, messages="Hi", **options)
