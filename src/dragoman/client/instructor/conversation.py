"""What a call says to the model, made ready: templates rendered, addresses of pictures found, `system` in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.client.inputs import in_dicts
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError
from dragoman.transport.carried.dumping import as_json


def made_ready(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call with its messages as they are to be sent. What was given is left as it is."""
    ready = dict(given)
    if isinstance(ready.get("messages"), str):
        ready["messages"] = [{"role": "user", "content": ready["messages"]}]
    if isinstance(ready.get("messages"), list | tuple):
        ready["messages"] = [turn for message in ready["messages"] for turn in _turns(message)]
    if ready.get("system") is not None and not isinstance(ready["system"], str):
        ready["messages"] = [{"role": "system", "content": ready.pop("system")}, *(ready.get("messages") or ())]
    detect, render = ready.pop("autodetect_images", None), ready.get("context")
    if detect or render:
        ready["messages"] = list(map(in_dicts, ready.get("messages") or ()))
    if detect:
        ready["messages"] = _with_media(ready["messages"])
    if render:
        _render(ready)
    return ready


def _turns(message: Any) -> Sequence[Any]:
    """`message`, also as Google's SDK takes it: as a text, or as an object of its class `Content`."""
    if isinstance(message, str):
        return ({"role": "user", "content": message},)
    wire = as_json(message) if hasattr(message, "parts") else None
    if wire is None:
        return (message,)
    return get_dialect("gemini").decode_request({"contents": [wire]}, "/models/any:generateContent").messages


def _with_media(messages: list[Any]) -> list[Any]:
    from dragoman.client.contents import with_media  # few calls have addresses

    return with_media(messages)


def _render(ready: dict[str, Any]) -> None:
    context = ready["context"]
    if not isinstance(context, Mapping):
        raise ConfigurationError(f"context= must be a mapping, not {type(context).__name__}")
    ready["messages"] = rendered(ready["messages"], context)
    if ready.get("system"):
        ready["system"] = rendered(ready["system"], context)


def rendered(messages: Any, context: Any) -> Any:
    """`messages`, or a text, with `context` in their templates, if there is one."""
    if not context:
        return messages
    from dragoman.client.templating import templated, templated_text  # few programs have templates

    return templated_text(messages, context) if isinstance(messages, str) else templated(messages, context)
