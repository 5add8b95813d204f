"""The record of a provider for the registry of clients: its defaults, and how a provider file becomes one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import MISSING, fields
from typing import Any

import pytest

from dragoman import Mode, ProviderConfig
from dragoman.client.provider_config import config_of
from dragoman.providers import ProviderSpec, Setting, built_in_names, get_spec
from dragoman.providers.auth import KeyAuth, KeySource, bearer
from dragoman.providers.auth.aws import AwsAuth


def config(**given: Any) -> ProviderConfig:
    return ProviderConfig(**{"name": "acme", "package_name": "acme_sdk", "default_mode": Mode.TOOLS, **given})


def test_what_may_be_said_and_what_holds_when_it_is_not() -> None:
    """S4.3."""
    defaults = {field.name: field.default for field in fields(ProviderConfig) if field.default is not MISSING}
    assert defaults == {
        "env_var_name": None,
        "docs_url": "https://docs.instructor.com",
        "install_cmd": None,
        "deprecated": False,
        "deprecation_message": None,
        "base_url": None,
        "uses_openai_client": False,
        "requires_auth": True,
        "supports_vision": False,
        "supports_streaming": True,
        "import_name": None,
        "pip_name": None,
    }
    assert (config().supported_modes, config().env_vars) == ([], {})
    assert config().supported_modes is not config().supported_modes


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, {"install_cmd": "pip install acme_sdk", "import_name": "acme_sdk", "pip_name": "acme_sdk"}),
        ({"install_cmd": "brew install acme"}, {"install_cmd": "brew install acme"}),
        (
            {"import_name": "google.genai", "pip_name": "google-genai"},
            {"install_cmd": "pip install google-genai", "import_name": "google.genai", "package_name": "acme_sdk"},
        ),
        ({"pip_name": "acme-sdk"}, {"install_cmd": "pip install acme-sdk", "import_name": "acme_sdk"}),
        ({}, {"docs_url": "https://docs.instructor.com/integrations/acme"}),
        ({"docs_url": "https://acme.example"}, {"docs_url": "https://acme.example"}),
        ({}, {"deprecation_message": None}),
        (
            {"deprecated": True, "docs_url": "https://acme.example"},
            {"deprecation_message": "acme provider is deprecated. See https://acme.example for migration guide."},
        ),
        ({"deprecated": True, "deprecation_message": "Use bolt."}, {"deprecation_message": "Use bolt."}),
    ],
)
def test_what_is_filled_in(given: dict[str, Any], made: dict[str, Any]) -> None:
    """S4.4, X17."""
    assert {name: getattr(config(**given), name) for name in made} == made


EVERY_MODE = [
    Mode.TOOLS,
    Mode.JSON_SCHEMA,
    Mode.JSON,
    Mode.MD_JSON,
    Mode.REASONING_TOOLS,
    Mode.TOOLS_STRICT,
    Mode.RESPONSES_TOOLS,
    Mode.PARALLEL_TOOLS,
]

FULL = ProviderSpec(
    name="full",
    dialect="openai_chat",
    base_url="https://{region}.full.example/v1",
    base_url_env=("FULL_BASE_URL", "FULL_URL"),
    settings=(Setting(name="region", env=("FULL_REGION", "AREA")), Setting(name="size")),
    auth=bearer("FULL_KEY", "FULL_TOKEN"),
    deprecated="Use empty.",
    docs_url="https://full.example",
)


def test_what_a_provider_file_becomes() -> None:
    assert config_of(FULL) == ProviderConfig(
        name="full",
        package_name="dragoman",
        default_mode=Mode.TOOLS,
        supported_modes=[mode for mode in EVERY_MODE if mode is not Mode.RESPONSES_TOOLS],
        env_var_name="FULL_KEY",
        env_vars={"base_url": "FULL_BASE_URL", "region": "FULL_REGION"},
        docs_url="https://full.example",
        deprecated=True,
        deprecation_message="Use empty.",
        base_url="https://{region}.full.example/v1",
        uses_openai_client=True,
        supports_vision=True,
    )


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"auth": bearer("K", required=False)}, {"requires_auth": False, "env_var_name": "K"}),
        ({"auth": KeyAuth(sources=(), required=False)}, {"env_var_name": None}),
        ({"auth": KeyAuth(sources=(KeySource("A"), KeySource("B")))}, {"env_var_name": "A", "requires_auth": True}),
        ({"dialect": "anthropic_messages"}, {"uses_openai_client": False, "supports_vision": True}),
        ({"dialect": lambda _: "gemini", "also_speaks": ("openai_chat",)}, {"uses_openai_client": True}),
        ({"dialect": lambda _: "gemini"}, {"uses_openai_client": False, "supports_vision": True}),
        ({"auth": AwsAuth(service="small")}, {"requires_auth": False, "env_var_name": "AWS_BEARER_TOKEN_BEDROCK"}),
        ({"chats": False}, {"supports_vision": False, "supports_streaming": False, "supported_modes": []}),
        ({"base_url": lambda settings: settings["x"]}, {"base_url": None}),
        ({"docs_url": None}, {"docs_url": "https://docs.instructor.com/integrations/small"}),
    ],
)
def test_what_each_field_becomes(fields: dict[str, Any], made: dict[str, Any]) -> None:
    spec = ProviderSpec(**{"name": "small", "dialect": "openai_chat", "auth": bearer("K"), **fields})
    assert {name: getattr(config_of(spec), name) for name in made} == made


@pytest.mark.parametrize("name", built_in_names())
def test_every_provider_has_a_record(name: str) -> None:
    made = config_of(get_spec(name))
    assert made.name == name
    assert (made.default_mode in made.supported_modes) is made.supports_streaming is get_spec(name).chats
    assert "docs.instructor.com" not in made.docs_url or get_spec(name).docs_url is None


def test_anthropic_as_the_registry_knows_it() -> None:
    """S4.15: its record, with the four modes of the plan."""
    made = config_of(get_spec("anthropic"))
    assert (made.env_var_name, made.supports_vision, made.supports_streaming) == ("ANTHROPIC_API_KEY", True, True)
    assert {Mode.TOOLS, Mode.JSON, Mode.REASONING_TOOLS, Mode.PARALLEL_TOOLS} < {*made.supported_modes}
    assert made.supported_modes == [mode for mode in EVERY_MODE if mode is not Mode.RESPONSES_TOOLS]


@pytest.mark.parametrize(
    ("name", "first", "without"),
    [
        ("openai", Mode.TOOLS, set[Mode]()),
        ("bedrock", Mode.TOOLS, {Mode.RESPONSES_TOOLS}),
        ("ollama", Mode.JSON_SCHEMA, {Mode.RESPONSES_TOOLS}),
        ("deepseek", Mode.TOOLS, {Mode.JSON_SCHEMA}),
        ("writer", Mode.TOOLS, {Mode.RESPONSES_TOOLS}),
        ("google", Mode.TOOLS, {Mode.RESPONSES_TOOLS, Mode.TOOLS_STRICT}),
    ],
)
def test_modes_of_a_provider(name: str, first: Mode, without: set[Mode]) -> None:
    """Those that work, the usual one of its dialect first."""
    made = config_of(get_spec(name))
    assert made.default_mode is made.supported_modes[0] is first
    assert {*EVERY_MODE} - {*made.supported_modes} == without


# ---------------------------------------------------------------------- modes


@pytest.mark.parametrize(
    ("mode", "core"),
    [
        (Mode.TOOLS, Mode.TOOLS),
        (Mode.REASONING_TOOLS, Mode.REASONING_TOOLS),
        (Mode.FUNCTIONS, Mode.TOOLS),
        (Mode.JSON_O1, Mode.JSON_SCHEMA),
        (Mode.RESPONSES_TOOLS_WITH_INBUILT_TOOLS, Mode.RESPONSES_TOOLS),
        (Mode.ANTHROPIC_TOOLS, Mode.TOOLS),
        (Mode.ANTHROPIC_REASONING_TOOLS, Mode.REASONING_TOOLS),
        (Mode.ANTHROPIC_PARALLEL_TOOLS, Mode.PARALLEL_TOOLS),
        (Mode.ANTHROPIC_JSON, Mode.JSON),
        (Mode.BEDROCK_JSON, Mode.MD_JSON),
        (Mode.COHERE_JSON_SCHEMA, Mode.JSON_SCHEMA),
        (Mode.GENAI_STRUCTURED_OUTPUTS, Mode.JSON),
        (Mode.MISTRAL_STRUCTURED_OUTPUTS, Mode.JSON_SCHEMA),
        (Mode.VERTEXAI_PARALLEL_TOOLS, Mode.PARALLEL_TOOLS),
    ],
)
def test_a_mode_named_for_a_provider_means_a_core_mode(mode: Mode, core: Mode) -> None:
    assert mode.core is core


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_has_a_core_that_is_its_own(mode: Mode) -> None:
    assert mode.core.core is mode.core
    assert Mode(mode.value) is mode


def test_asking_for_a_provider_does_not_load_its_record() -> None:
    code = "import sys, dragoman.client; from dragoman.providers import get_spec; get_spec('openai'); print([m for m in ('dataclasses', 'dragoman.client.provider_config', 'dragoman.client.mode') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
