"""What a gateway costs that is written as tutorials write one: FastAPI, pydantic models, httpx.   UPSTREAM=… uvicorn …

It checks a key, looks up a name, passes the answer on. It has nothing else either.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

MODELS = {"fast": "gpt-4o-mini"}
URL = os.environ["UPSTREAM"] + "/v1/chat/completions"
HEADERS = {"authorization": "Bearer sk-upstream"}

app = FastAPI()
client = httpx.AsyncClient(timeout=600, limits=httpx.Limits(max_connections=None))


class Message(BaseModel):
    role: str
    content: str


class Request(BaseModel):
    model_config = ConfigDict(extra="allow")

    model: str
    messages: list[Message]
    stream: bool = False


@app.post("/v1/chat/completions")
async def chat(request: Request, authorization: Annotated[str, Header()] = "") -> Any:
    if authorization != "Bearer sk-bench":
        raise HTTPException(401)
    body = request.model_dump(exclude_none=True) | {"model": MODELS[request.model]}
    if request.stream:
        return StreamingResponse(lines(body), media_type="text/event-stream")
    answer = await client.post(URL, json=body, headers=HEADERS)
    return answer.json()


async def lines(body: dict[str, Any]) -> AsyncIterator[str]:
    async with client.stream("POST", URL, json=body, headers=HEADERS) as answer:
        async for line in answer.aiter_lines():
            if line:
                yield f"{line}\n\n"
