"""`boto3` against the emulator. Run by tests/clients/test_boto3.py, which gives the emulator one AWS key."""

import json
import os
import threading

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from cases import URL, caught, control, run_all

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"
ONCE = Config(retries={"total_max_attempts": 1})


def connect(service="bedrock-runtime", **options):
    keys = {"aws_access_key_id": os.environ["EMULATOR_KEY"], "aws_secret_access_key": os.environ["EMULATOR_SECRET"]}
    return boto3.client(service, endpoint_url=URL, region_name="eu-west-1", config=ONCE, **{**keys, **options})


os.environ.pop("AWS_BEARER_TOKEN_BEDROCK", None)  # which would go before the keys
client = connect()

WEATHER = {
    "toolSpec": {
        "name": "get_weather",
        "description": "The weather in a city",
        "inputSchema": {
            "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
}


def say(text):
    return [{"role": "user", "content": [{"text": text}]}]


def ask(text, **options):
    return client.converse(**{"modelId": MODEL, "messages": say(text), **options})


def ask_streamed(text, **options):
    return list(client.converse_stream(**{"modelId": MODEL, "messages": say(text), **options})["stream"])


def content_of(answer):
    return answer["output"]["message"]["content"]


def deltas(events, kind):
    found = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    return [delta[kind] for delta in found if kind in delta]


# ---------------------------------------------------------------------- whole answers


def case_message():
    answer = ask("Say exactly: pong-42, Grüße 好", inferenceConfig={"maxTokens": 500, "temperature": 0.5})
    assert content_of(answer) == [{"text": "pong-42, Grüße 好"}]
    assert answer["output"]["message"]["role"] == "assistant"
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert usage["inputTokens"] > 0
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert answer["metrics"]["latencyMs"] == 0
    assert answer["ResponseMetadata"]["RequestId"].startswith("req_")


def case_a_model_by_its_arn():
    assert content_of(ask("Say exactly: arn", modelId=ARN)) == [{"text": "arn"}]
    assert control("requests")[-1]["target"].count("/") == 3


def case_system_and_media():
    picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n\x1a\n"}}}
    paper = {"document": {"format": "txt", "name": "a paper", "source": {"bytes": b"A paper."}}}
    film = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://films/a.mp4"}}}}
    content = [picture, paper, film, {"text": "Say exactly: seen"}, {"cachePoint": {"type": "default"}}]
    answer = client.converse(
        modelId=MODEL, messages=[{"role": "user", "content": content}], system=[{"text": "Be kind."}]
    )
    assert content_of(answer) == [{"text": "seen"}]


def case_length():
    answer = ask("Say exactly: one two three four five six", inferenceConfig={"maxTokens": 2})
    assert answer["stopReason"] == "max_tokens"


def case_thinking_goes_back_signed():
    fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    answer = ask("Say exactly: thought", additionalModelRequestFields=fields)
    thought, text = content_of(answer)
    assert text == {"text": "thought"}
    assert thought["reasoningContent"]["reasoningText"]["signature"]
    turns = [*say("Say exactly: thought"), answer["output"]["message"], *say("Say exactly: on")]
    again = client.converse(modelId=MODEL, messages=turns, additionalModelRequestFields=fields)
    assert content_of(again)[-1] == {"text": "on"}
    thought["reasoningContent"]["reasoningText"]["text"] = "forged"
    error = caught(client.exceptions.ValidationException, lambda: client.converse(modelId=MODEL, messages=turns))
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def case_structured_output():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema), "name": "place"}}}
    answer = ask("Where is the Louvre?", outputConfig={"textFormat": form})
    assert isinstance(json.loads(content_of(answer)[0]["text"])["city"], str)


def case_tools_with_their_results():
    tools = {"tools": [WEATHER], "toolChoice": {"any": {}}}
    question = say("What is the weather in Paris?")
    answer = client.converse(modelId=MODEL, messages=question, toolConfig=tools)
    assert answer["stopReason"] == "tool_use"
    call = next(block["toolUse"] for block in content_of(answer) if "toolUse" in block)
    assert call["name"] == "get_weather"
    assert call["toolUseId"].startswith("tooluse_")
    result = {"toolUseId": call["toolUseId"], "content": [{"json": {"degrees": 21}}], "status": "success"}
    turns = [*question, answer["output"]["message"], {"role": "user", "content": [{"toolResult": result}]}]
    last = client.converse(modelId=MODEL, messages=turns, toolConfig={"tools": [WEATHER]})
    assert last["stopReason"] == "end_turn"
    assert "21" in content_of(last)[0]["text"]


# ---------------------------------------------------------------------- streams


def case_stream():
    events = ask_streamed("Say exactly: streamed words, Grüße 好")
    assert next(iter(events)) == {"messageStart": {"role": "assistant"}}
    assert len(deltas(events, "text")) > 1
    assert "".join(deltas(events, "text")) == "streamed words, Grüße 好"
    assert [next(iter(event)) for event in events[-3:]] == ["contentBlockStop", "messageStop", "metadata"]
    assert events[-2]["messageStop"]["stopReason"] == "end_turn"
    assert events[-1]["metadata"]["usage"]["totalTokens"] > 0


def case_streamed_call():
    events = ask_streamed(
        "What is the weather in Paris?",
        toolConfig={"tools": [WEATHER], "toolChoice": {"tool": {"name": "get_weather"}}},
    )
    starts = [event["contentBlockStart"]["start"]["toolUse"] for event in events if "contentBlockStart" in event]
    assert [start["name"] for start in starts] == ["get_weather"]
    arguments = "".join(delta["input"] for delta in deltas(events, "toolUse"))
    assert "city" in json.loads(arguments)
    assert events[-2]["messageStop"]["stopReason"] == "tool_use"


def case_streamed_thinking():
    fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    thoughts = deltas(ask_streamed("Say exactly: x", additionalModelRequestFields=fields), "reasoningContent")
    assert "".join(thought.get("text", "") for thought in thoughts)
    assert [thought["signature"] for thought in thoughts if "signature" in thought]


def case_many_at_once():
    answers = {}

    def one(number):
        answers[number] = "".join(deltas(ask_streamed(f"Say exactly: {number}"), "text"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: str(number) for number in range(8)}


# ---------------------------------------------------------------------- errors

STATUSES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


def case_errors_by_status():
    for status, name in STATUSES.items():
        control("faults", {"status": status})
        error = caught(getattr(client.exceptions, name), lambda: ask("Hi"))
        assert error.response["Error"]["Code"] == name
        assert error.response["Error"]["Message"]
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status


def case_an_error_inside_a_stream():
    control("faults", {"error_after": 2})
    events = []

    def consume():
        for event in client.converse_stream(modelId=MODEL, messages=say("Say exactly: a b c d e f"))["stream"]:
            events.append(event)  # noqa: PERF402  # what came before the error is kept

    error = caught(EventStreamError, consume)
    assert len(events) == 2
    assert error.response["Error"]["Message"]


def case_a_body_that_is_wrong():
    error = caught(client.exceptions.ValidationException, lambda: client.converse(modelId=MODEL, messages=[]))
    assert "messages" in error.response["Error"]["Message"]


def case_a_signature_of_another_secret():
    error = caught(ClientError, lambda: connect(aws_secret_access_key="no").converse(modelId=MODEL, messages=say("Hi")))
    assert error.response["Error"]["Code"] == "InvalidSignatureException"


def case_a_key_nobody_knows():
    error = caught(ClientError, lambda: connect(aws_access_key_id="WHO").converse(modelId=MODEL, messages=say("Hi")))
    assert error.response["Error"]["Code"] == "UnrecognizedClientException"


def case_a_session():
    answer = connect(aws_session_token="s+/=").converse(modelId=MODEL, messages=say("Say exactly: ok"))
    assert content_of(answer) == [{"text": "ok"}]


# ---------------------------------------------------------------------- beside answers


def case_models():
    listed = connect("bedrock").list_foundation_models()["modelSummaries"]
    assert len(listed) > 1
    assert all(model["modelId"] and model["modelArn"].startswith("arn:") for model in listed)


def case_count_tokens():
    counted = client.count_tokens(modelId=MODEL, input={"converse": {"messages": say("one two three")}})
    assert counted["inputTokens"] > 2


run_all(globals())
