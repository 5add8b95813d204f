"""Quirks: small named corrections of a body for one provider, each with its reason.

A quirk runs on the wire body after the dialect has encoded it, may change it, and reports what it took away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from dragoman.messages import Loss


class Quirk(Struct, frozen=True):
    """A correction: `apply(body)` changes the body in place and returns what was lost.

    Attributes:
        dialect: The one whose bodies it is for; `None`: any that the provider speaks.
        reads: The fields of the body that it looks at, and changes nothing where the first is absent; `None`: any.
            A body that is passed on as its sender wrote it is read no further than that.
        inside: Names of which one must stand somewhere inside of them, for there to be anything to change.
        of_history: Whether it changes nothing but earlier turns of the assistant.
    """

    name: str
    why: str
    apply: Callable[[dict[str, Any]], tuple[Loss, ...]]
    dialect: str | None = None
    reads: tuple[str, ...] | None = None
    inside: tuple[str, ...] = ()
    of_history: bool = False

    def __repr__(self) -> str:
        return f"<Quirk {self.name}: {self.why}>"


def rename(old: str, new: str, *, why: str, dialect: str | None = None) -> Quirk:
    """Send the field `old` under the name `new`, in bodies of `dialect` alone when one is named."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        if old in body:
            body[new] = body.pop(old)
        return ()

    return Quirk(f"rename {old} to {new}", why, apply, dialect, reads=(old,))


OLDER_LIMIT = rename(
    "max_completion_tokens",
    "max_tokens",
    why="its documentation names the limit `max_tokens`, the older name",
    dialect="openai_chat",
)
"""For hosts of which it is not known that they take the newer name."""


def drop(field: str, *, why: str) -> Quirk:
    """Do not send `field`; when it was asked for, that is a loss."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        value = body.pop(field, None)
        if value is None or value is False:  # which asks for nothing
            return ()
        return (Loss(effect="dropped", where=field, why=why),)

    return Quirk(f"drop {field}", why, apply, reads=(field,))


def think_or_not(*, why: str) -> Quirk:
    """Ask for thinking, or none, where it was said how hard to think; in Ollama's words."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        if not isinstance(body.get("think"), str):
            return ()
        body["think"] = True
        return (Loss(effect="changed", where="reasoning.effort", why=why),)

    return Quirk("think or not", why, apply, "ollama", reads=("think",))


OF_ENGINES = (
    drop("logprobs", why="models in this process tell no log probabilities"),
    drop("top_logprobs", why="models in this process tell no log probabilities"),
    think_or_not(why="chat templates are told to think or not to, and not how hard"),
)
"""What models in this process have not, and Ollama has."""


def search_models_only(*, why: str) -> Quirk:
    """Do not ask a model to search the web that is not for searching, by its name: the whole request is refused."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        if "web_search_options" not in body or "-search-" in body["model"]:
            return ()
        del body["web_search_options"]
        return (Loss(effect="dropped", where="web_search_options", why=why),)

    reads = ("web_search_options", "model")
    return Quirk("web_search_options for search models only", why, apply, "openai_chat", reads)


def one_answer(*, why: str) -> Quirk:
    """Ask for one answer where more were wanted."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        if body.pop("n", 1) == 1:
            return ()
        return (Loss(effect="dropped", where="n", why=why),)

    return Quirk("one answer", why, apply, "openai_chat", reads=("n",))


def drop_from_tools(field: str, *, why: str) -> Quirk:
    """Do not send `field` of the functions among the tools."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        functions: list[Any] = [tool.get("function") for tool in body.get("tools", ())]
        found = [number for number, function in enumerate(functions) if function and field in function]
        for number in found:
            del functions[number][field]
        return tuple(Loss(effect="dropped", where=f"tools[{number}].{field}", why=why) for number in found)

    return Quirk(f"drop {field} from tools", why, apply, "openai_chat", reads=("tools",), inside=(field,))


def ask_for_a_tool(*, why: str) -> Quirk:
    """Let the model choose among the tools where it was to be made to call one."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        if body.get("tool_choice") != "required":
            return ()
        body["tool_choice"] = "auto"
        return (Loss(effect="changed", where="tool_choice", why=why),)

    return Quirk("tool_choice auto for required", why, apply, "openai_chat", reads=("tool_choice",))


def name_version(version: str, *, why: str) -> Quirk:
    """Say in Anthropic's body which version of its wire it is, and not the model, which the address names."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        del body["model"]
        body["anthropic_version"] = version
        return ()

    return Quirk("anthropic_version for model", why, apply, "anthropic_messages", reads=("model",))


def drop_from_history(*fields: str, why: str) -> Quirk:
    """Do not send `fields` of the assistant's earlier turns."""

    def apply(body: dict[str, Any]) -> tuple[Loss, ...]:
        turns = [(number, turn) for number, turn in enumerate(body["messages"]) if turn["role"] == "assistant"]
        found = [(number, turn, field) for number, turn in turns for field in fields if field in turn]
        for _, turn, field in found:
            del turn[field]
        return tuple(Loss(effect="dropped", where=f"messages[{number}].{field}", why=why) for number, _, field in found)

    name = f"drop {', '.join(fields)} from history"
    return Quirk(name, why, apply, "openai_chat", reads=("messages",), inside=fields, of_history=True)


OF_OPENAI = (
    drop("top_k", why="OpenAI refuses the whole request for it"),
    drop_from_history(
        "reasoning_content",
        "reasoning",
        "reasoning_details",
        why="OpenAI's chat API gives no reasoning and takes none back; its fields are other hosts'",
    ),
)
"""For OpenAI's own models, wherever they are."""
