"""What users see in their editor (see `blocking.py`): routers."""

from collections.abc import Coroutine
from typing import Any, assert_type

from pydantic import BaseModel

import dragoman
from dragoman import (
    AsyncFallbackChain,
    AsyncPartialStream,
    AsyncRouter,
    AsyncStream,
    FallbackChain,
    Instructor,
    IterableStream,
    LLMResponse,
    LLMRouter,
    LoadBalancer,
    PartialStream,
    Router,
    Stream,
    TextStream,
)


class Contact(BaseModel):
    name: str


chain = FallbackChain(["openai/gpt-4o", dragoman.Target("ollama/llama3.1", weight=2)], temperature=0)
assert_type(chain.generate("Hi"), LLMResponse)
assert_type(chain.generate("Hi", stream=True), Stream)
assert_type(chain.generate("Hi", response_model=Contact), Contact)
assert_type(chain.create(response_model=Contact, messages="Hi"), Contact)
assert_type(chain.create_partial(response_model=Contact, messages="Hi"), PartialStream[Contact])
assert_type(chain.create_iterable(response_model=Contact, messages="Hi"), IterableStream[Contact])
assert_type(chain.create_with_completion(response_model=Contact, messages="Hi"), tuple[Contact, Any])
assert_type(chain.messages.create(response_model=Contact, messages="Hi"), Contact)
assert_type(chain.with_purpose(tenant="acme"), FallbackChain)
assert_type(LoadBalancer(["openai/gpt-4o"], "least_busy").instructor, Instructor)
assert_type(dragoman.router_from("routing.toml"), Router)
assert_type(dragoman.router_from("routing.toml", async_client=True), AsyncRouter)
assert_type(dragoman.get_client_and_model("extraction", dragoman.Tier.FREE), tuple[Instructor, str])

awaited = AsyncFallbackChain(["openai/gpt-4o"])
whole = assert_type(awaited.generate("Hi"), Coroutine[Any, Any, LLMResponse])
assert_type(awaited.generate("Hi", stream=True), AsyncStream)
value = assert_type(awaited.create(response_model=Contact, messages="Hi"), Coroutine[Any, Any, Contact])
assert_type(awaited.create_partial(response_model=Contact, messages="Hi"), AsyncPartialStream[Contact])


async def main() -> None:
    router = LLMRouter("openai/gpt-4o", max_retries=1)
    assert_type(await router.complete([{"role": "user", "content": "Hi"}], "gpt-4o"), LLMResponse)
    assert_type(router.stream([{"role": "user", "content": "Hi"}]), TextStream)
