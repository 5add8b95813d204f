"""Seed 003, the service module: what its prose promises. Its code is run by `tests/seeds/test_service_module.py`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dragoman import LLMProvider, LLMResponse, Message, ProviderFactory, Rejected, RetryConfig, Role
from dragoman.testing import Emulator

SAID = [Message(Role.USER, "Say exactly: hello")]
ADDRESSES = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL", "ollama": "OLLAMA_HOST"}
each = pytest.mark.parametrize("name", ADDRESSES)


def made(name: str, emulator: Emulator, **options: Any) -> LLMProvider:
    return ProviderFactory.create(name, base_url=emulator.environment()[ADDRESSES[name]], **options)


async def asked_by_business_logic(provider: LLMProvider) -> tuple[LLMResponse, str]:
    """Code that knows the interface and no provider."""
    try:
        return await provider.complete(SAID), "".join([text async for text in provider.stream(SAID)])
    finally:
        await provider.close()


@each
def test_a_strategy_from_a_factory_behind_an_adapter(emulator: Emulator, name: str) -> None:
    """S3.11: the same code for each, so that two can be compared and the cheaper one chosen."""
    response, streamed = asyncio.run(asked_by_business_logic(made(name, emulator)))
    assert response.content == streamed == "hello"
    assert response.finish_reason == "stop"
    assert set(response.usage) == {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert response.cost == emulator.bill[0].cost
    assert len({seen.dialect for seen in emulator.requests}) == 1


@each
def test_nothing_blocks_the_loop(emulator: Emulator, name: str) -> None:
    """S3.12: calls of one provider are under way together while another task runs, though none is ever answered."""
    emulator.fault(stall_at_byte=0, times=None)

    async def main() -> None:
        provider = made(name, emulator)
        calls = [asyncio.create_task(provider.complete(SAID)) for _ in range(3)]
        await asyncio.to_thread(emulator.wait_for_requests, 3)
        assert not any(call.done() for call in calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await provider.close()

    asyncio.run(main())
    assert len({seen.client_port for seen in emulator.requests}) == 3


@each
def test_what_passes_is_tried_again_and_what_stays_is_not(emulator: Emulator, name: str) -> None:
    """S3.14: the first half; the second is a router's."""

    async def ask() -> LLMResponse:
        provider = made(name, emulator, retry_config=RetryConfig(initial_delay=0))
        try:
            return await provider.complete(SAID)
        finally:
            await provider.close()

    emulator.fault(status=503, times=2)
    answer = asyncio.run(ask())
    assert [attempt.outcome for attempt in answer.attempts] == ["Overloaded", "Overloaded", "ok"]
    emulator.fault(status=400)
    with pytest.raises(Rejected) as caught:
        asyncio.run(ask())
    assert len(caught.value.attempts) == 1
