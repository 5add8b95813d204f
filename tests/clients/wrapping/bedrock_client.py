"""boto3's client for Bedrock, wrapped."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

import dragoman
from dragoman import AsyncInstructor, Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestBoto3(Wrapped):
    model, provider, dialect = "anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock", "bedrock_converse"
    answers_itself = False
    takes_headers = False
    refuses_fields = True

    def client(self, url: str, *, tries: int = 3, **options: Any) -> Any:
        config = Config(retries={"total_max_attempts": tries, "mode": "standard"}, **options)
        return boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=url, config=config)

    def async_client(self, url: str, **options: Any) -> Any:
        return self.client(url, **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_bedrock(client, **options)

    def async_wrap(self, client: Any, **options: Any) -> AsyncInstructor:
        return dragoman.from_bedrock(client, async_client=True, **options)

    async def end(self, client: Any) -> None:
        client.close()
