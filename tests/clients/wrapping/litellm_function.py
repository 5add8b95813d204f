"""litellm's functions, wrapped."""

from __future__ import annotations

from functools import partial
from typing import Any

import litellm
import pytest

import dragoman
from dragoman import AsyncInstructor, Instructor, LLMResponse, Refusal, Text, ToolCall
from dragoman.testing import Emulator
from tests.markdown import run
from tests.seeds.guide import ABSENT, ported, python_blocks, seed

from .contract import JOHN, SAID, Contact, Wrapped, emulator, running

__all__ = ["emulator", "running"]

REFUSED = [
    LLMResponse(parts=(Refusal("I would rather not."),), finish_reason="refusal"),
    LLMResponse(parts=(Text("I"),), finish_reason="content_filter"),
]


class TestLitellm(Wrapped):
    model, provider, dialect = "openai/gpt-4o-mini", "litellm", "openai_chat"
    unread = dragoman.ProviderFailed  # of whatever it stumbles over it makes an answer with a status
    tries = 1

    def client(self, url: str, *, tries: int = 1, **options: Any) -> Any:
        return partial(litellm.completion, api_base=f"{url}/v1", api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> Any:
        return partial(litellm.acompletion, api_base=f"{url}/v1", api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_litellm(client, **options)

    def async_wrap(self, client: Any, **options: Any) -> AsyncInstructor:
        return dragoman.from_litellm(client, async_client=True, **options)

    async def end(self, client: Any) -> None:
        await litellm.close_litellm_async_clients()

    def test_what_is_sent_is_what_our_own_transport_sends(self, emulator: Emulator) -> None:
        """The function writes a body of its own."""
        assert (
            self.wrap(self.client(emulator.url)).create(response_model=Contact, messages=SAID, model=self.model) == JOHN
        )
        assert emulator.requests[-1].wire["model"] == "gpt-4o-mini"

    def test_nobody_there(self, emulator: Emulator) -> None:
        """litellm says a status 500 where there was no answer at all."""
        llm = self.wrap(self.client("http://127.0.0.1:9")).create_fn.llms[self.model]
        with pytest.raises(dragoman.ProviderFailed, match="Connection error"):
            llm.generate("Hi")

    def test_the_cost_is_that_of_the_model_behind(self, emulator: Emulator) -> None:
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        assert llm.extract(Contact, messages=SAID).response.cost == emulator.bill.cost > 0

    @pytest.mark.parametrize("mode", [None, dragoman.Mode.JSON])
    @pytest.mark.parametrize("refused", REFUSED, ids=lambda response: response.finish_reason)
    def test_who_declines_is_not_asked_again(
        self, emulator: Emulator, refused: LLMResponse, mode: dragoman.Mode | None
    ) -> None:
        emulator.script(refused)
        with pytest.raises(dragoman.AnswerDeclined) as caught:
            self.wrap(self.client(emulator.url), mode=mode).create(
                response_model=Contact, messages=SAID, model=self.model
            )
        assert len(emulator.requests) == len(caught.value.responses) == 1

    def test_it_is_seen_which_function_is_awaited(self) -> None:
        assert type(dragoman.from_litellm(litellm.completion)) is Instructor
        assert type(dragoman.from_litellm(litellm.acompletion)) is AsyncInstructor

    def test_what_the_function_takes_with_each_call(self, emulator: Emulator) -> None:
        """It has no client that could be made with a key and an address."""
        given = {"api_key": "its-own", "base_url": f"{emulator.url}/v1", "num_retries": 1}
        asked = dragoman.from_litellm(litellm.completion)
        assert asked.create(response_model=Contact, messages=SAID, model=self.model, **given) == JOHN
        assert emulator.requests[-1].wire.keys() == {"model", "messages", "tools", "tool_choice"}
        emulator.fault(status=401)
        with pytest.raises(dragoman.Unauthorized) as caught:
            asked.create(response_model=Contact, messages=SAID, model=self.model, **given | {"num_retries": 0})
        assert "its-own" not in f"{caught.value} {caught.value!r}"

    def test_another_sdks_client_is_refused(self) -> None:
        with pytest.raises(TypeError, match="is taken, not"):
            dragoman.from_litellm("litellm")


@pytest.mark.skipif(seed("000") is None, reason=ABSENT)
def test_the_proxy_block(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """S0.30, S0.31: the tutorial's block on LiteLLM, with its proxy; then its function, which the block imports."""
    block = python_blocks(seed("000"))["Setup 2"]
    monkeypatch.setenv("HTTP_PROXY", emulator.url)
    names: dict[str, Any] = {"__name__": "__main__"}
    said = ToolCall(id="call_1", name="Sentiment", arguments={"label": "positive", "confidence": 0.9})
    emulator.script(LLMResponse(parts=(said,)))
    run(block.compiled(ported(block.source)), names)
    assert names["result"].confidence == 0.9
    assert [(seen.path, seen.wire["model"]) for seen in emulator.requests] == [
        ("http://localhost:4000/chat/completions", "openai/gpt-4o")
    ]
    monkeypatch.delenv("HTTP_PROXY")
    client = dragoman.from_litellm(names["completion"])
    assert client.create(response_model=Contact, messages=SAID, model="openai/gpt-4o") == JOHN
