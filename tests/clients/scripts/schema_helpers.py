"""What the SDKs' own helpers make of schemas that we send. Run by tests/clients/test_schema_helpers.py."""

import importlib.util
import json
import os
import sys
import traceback
from copy import deepcopy
from pathlib import Path


def of_openai(schema):
    """It makes schemas strict: one that is has nothing left to do."""
    from openai.lib._pydantic import _ensure_strict_json_schema
    from openai.types.chat import CompletionCreateParams
    from pydantic import TypeAdapter

    assert _ensure_strict_json_schema(deepcopy(schema), path=(), root=schema) == schema
    form = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}}
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "response_format": form}
    TypeAdapter(CompletionCreateParams).validate_python(request)


def of_anthropic(schema):
    """It takes away what Claude's grammars do not know; beside values it leaves out their type, which may be there."""
    from anthropic import transform_schema

    assert transform_schema(deepcopy(schema)) == untyped(schema)


def of_gemini(schema):
    """Its types name the words of JSON Schema; the API has one more (ai.google.dev/api/generate-content, 2026-11-21)."""
    from google.genai import types

    types.JSONSchema.model_validate(without("prefixItems", schema))
    types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=schema)


def without(word, value):
    if isinstance(value, list):
        return [without(word, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: without(word, each) for name, each in value.items() if name != word}


def untyped(value):
    if isinstance(value, list):
        return [untyped(each) for each in value]
    if not isinstance(value, dict):
        return value
    literal = isinstance(value.get("enum"), list) or ("const" in value and not isinstance(value["const"], dict))
    return {word: untyped(each) for word, each in value.items() if not (literal and word == "type")}


HELPERS = {"openai": of_openai, "anthropic": of_anthropic, "google.genai": of_gemini}


def report(check, schema):
    try:
        check(schema)
    except Exception:  # noqa: BLE001  # the report tells which
        return traceback.format_exc()
    return "ok"


def is_here(package):
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    check = next(helper for package, helper in HELPERS.items() if is_here(package))
    schemas = json.loads(Path(os.environ["SCHEMAS"]).read_text())
    sys.stdout.write(json.dumps({name: report(check, schema) for name, schema in schemas.items()}))
