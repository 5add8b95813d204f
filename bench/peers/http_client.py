"""No library: `http.client` on one kept connection, and `json`. What a careful user writes by hand for one provider."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bench.peers.base import Adapter
from bench.work import OPENAI_MODEL, Answer, chat, question

LABEL = "http.client and json"
ENVIRONMENT = "rawhttp"
START = """
import http.client, json
from urllib.parse import urlsplit
connection = http.client.HTTPConnection(urlsplit(URL).netloc)
"""
FIRST = """
body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": QUESTION}]})
headers = {"content-type": "application/json", "authorization": "Bearer k"}
connection.request("POST", "/v1/chat/completions", body, headers)
print(json.loads(connection.getresponse().read())["choices"][0]["message"]["content"])
"""
HEADERS = {"content-type": "application/json", "authorization": "Bearer k"}


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def close(self) -> None:
        self.connection.close()

    def send(self, **fields: Any) -> http.client.HTTPResponse:
        body = json.dumps({"model": OPENAI_MODEL, **fields})
        self.connection.request("POST", "/v1/chat/completions", body, HEADERS)
        return self.connection.getresponse()

    def call(self) -> Answer:
        completion = json.loads(self.send(messages=chat(question())).read())
        usage = completion["usage"]
        text = completion["choices"][0]["message"]["content"]
        return Answer(text, usage["prompt_tokens"], usage["completion_tokens"])

    def stream(self, text: str) -> list[str]:
        response = self.send(messages=chat(text), stream=True, stream_options={"include_usage": True})
        return list(texts(response))


def texts(response: http.client.HTTPResponse) -> Iterator[str]:
    for line in response:
        if line.startswith(b"data: {"):
            choices = json.loads(line[6:])["choices"]
            if choices and choices[0]["delta"].get("content"):
                yield choices[0]["delta"]["content"]
