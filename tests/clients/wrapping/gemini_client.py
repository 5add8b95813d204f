"""google-genai's clients, wrapped."""

from __future__ import annotations

from typing import Any

from google import genai
from google.auth.credentials import Credentials
from google.genai import types

import dragoman
from dragoman import AsyncInstructor, Instructor
from dragoman.testing import Emulator

from .contract import SAID, Contact, Wrapped, emulator, running

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
