"""The schema of a model as three SDKs take it for a tool, for those who call one by hand.

`create` needs none of these: it compiles the schema for whoever is asked.
"""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

from dragoman.dialects import get_dialect
from dragoman.errors import UnsupportedFeature
from dragoman.messages import Request, Tool
from dragoman.structured.docstrings import read_docstring
from dragoman.structured.kept import kept_with_type


def generate_openai_schema(model: type[BaseModel]) -> dict[str, Any]:
    """`{"name", "description", "parameters"}`, as OpenAI's functions have it.

    Descriptions in the docstring's `Args` become those of the fields that have none.
    """
    tool = tool_of_model(model)
    return {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters or {})}


def generate_anthropic_schema(model: type[BaseModel]) -> dict[str, Any]:
    """`{"name", "description", "input_schema"}`, as Anthropic's tools have it."""
    tool = tool_of_model(model)
    return {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters or {})}


def generate_gemini_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A function declaration of Gemini's API, as plain JSON. Raises `UnsupportedFeature` for what it cannot say."""
    encoded = get_dialect("gemini").encode_request(Request(model="", tools=(tool_of_model(model),)))
    if encoded.losses:
        raise UnsupportedFeature(f"Gemini has no words for this: {encoded.losses[0]}")
    return encoded.wire["tools"][0]["functionDeclarations"][0]


@kept_with_type
def tool_of_model(model: type[BaseModel]) -> Tool:
    """A tool whose arguments are the fields of `model`."""
    schema = model.model_json_schema()
    text, said_of = read_docstring(cleandoc(model.__doc__ or ""))
    parameters = {word: value for word, value in schema.items() if word not in ("title", "description")}
    parameters["properties"] = {
        name: {**field, "description": said_of[name]} if name in said_of and "description" not in field else field
        for name, field in schema.get("properties", {}).items()
    }
    parameters["required"] = sorted(schema.get("required", ()))
    said = text or schema.get("description") or _SAID.format(schema["title"])
    return Tool(name=schema["title"], description=said, parameters=parameters)


_SAID = "Correctly extracted `{}` with all the required parameters with correct types"
