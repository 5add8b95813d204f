"""The hosts: where their calls go, which variables they read in which order, and that they answer."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from msgspec import Struct

import dragoman
from dragoman import LLM, RetryConfig, UnknownModel
from dragoman.dialects import dialect_names
from dragoman.errors import ConfigurationError, ConnectFailed, MissingKey, StreamInterrupted
from dragoman.flow import run
from dragoman.http import HttpRequest, Origin
from dragoman.messages import Message, Request
from dragoman.providers import ProviderSpec, built_in_names, get_spec
from dragoman.providers.litellm_function import LitellmCarrier
from dragoman.testing import Emulator
from dragoman.transport import TransportOptions
from dragoman.transport.carried.sending import sending_of

BEARER = "authorization"


class Row(Struct, frozen=True):
    """`url` is where a call for the model `m` goes, `keys` the variables in their order, each with its header."""

    url: str
    keys: tuple[str, ...] = ()
    header: str = BEARER
    base: str | None = None
    settings: dict[str, str] = {}


CHAT = "/chat/completions"
ROWS: dict[str, Row] = {
    "groq": Row(f"https://api.groq.com/openai/v1{CHAT}", ("GROQ_API_KEY",), base="GROQ_BASE_URL"),
    "cerebras": Row(f"https://api.cerebras.ai/v1{CHAT}", ("CEREBRAS_API_KEY",), base="CEREBRAS_BASE_URL"),
    "fireworks": Row(
        f"https://api.fireworks.ai/inference/v1{CHAT}", ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
        base="FIREWORKS_BASE_URL",
    ),
    "writer": Row("https://api.writer.com/v1/chat", ("WRITER_API_KEY",), base="WRITER_BASE_URL"),
    "perplexity": Row(
        f"https://api.perplexity.ai{CHAT}", ("PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"), base="PERPLEXITY_BASE_URL"
    ),
    "deepseek": Row(f"https://api.deepseek.com{CHAT}", ("DEEPSEEK_API_KEY",)),
    "xai": Row(f"https://api.x.ai/v1{CHAT}", ("XAI_API_KEY",)),
    "openrouter": Row(f"https://openrouter.ai/api/v1{CHAT}", ("OPENROUTER_API_KEY",)),
    "mistral": Row(f"https://api.mistral.ai/v1{CHAT}", ("MISTRAL_API_KEY",)),
    "together": Row(
        f"https://api.together.ai/v1{CHAT}", ("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY"),
        base="TOGETHER_BASE_URL",
    ),
    "nvidia": Row(f"https://integrate.api.nvidia.com/v1{CHAT}", ("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY")),
    "huggingface_router": Row(
        f"https://router.huggingface.co/v1{CHAT}", ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    ),
    "vllm": Row(f"http://localhost:8000/v1{CHAT}", ("VLLM_API_KEY",)),
    "llamacpp": Row(f"http://localhost:8080/v1{CHAT}", ("LLAMA_API_KEY",)),
    "lmstudio": Row(f"http://localhost:1234/v1{CHAT}", ("LM_STUDIO_API_KEY",), base="LM_STUDIO_API_BASE"),
    "databricks": Row(
        f"https://w.databricks.net/serving-endpoints{CHAT}", ("DATABRICKS_TOKEN", "DATABRICKS_API_KEY"),
        base="DATABRICKS_BASE_URL", settings={"DATABRICKS_HOST": "https://w.databricks.net"},
    ),
    "cloudflare": Row(
        f"https://api.cloudflare.com/client/v4/accounts/a1/ai/v1{CHAT}", ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"),
        settings={"CLOUDFLARE_ACCOUNT_ID": "a1"},
    ),
    "dashscope": Row(
        f"https://dashscope-intl.aliyuncs.com/compatible-mode/v1{CHAT}", ("DASHSCOPE_API_KEY", "ALIBABA_API_KEY")
    ),
    "moonshot": Row(f"https://api.moonshot.ai/v1{CHAT}", ("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY")),
    "zai": Row(f"https://api.z.ai/api/paas/v4{CHAT}", ("ZAI_API_KEY",), base="ZAI_BASE_URL"),
    "sambanova": Row(f"https://api.sambanova.ai/v1{CHAT}", ("SAMBANOVA_API_KEY",)),
    "deepinfra": Row(f"https://api.deepinfra.com/v1/openai{CHAT}", ("DEEPINFRA_API_KEY",)),
    "azure_openai": Row(
        f"https://r.openai.azure.com/openai/v1{CHAT}", ("AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY"),
        base="AZURE_OPENAI_ENDPOINT", settings={"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com"},
    ),
    "google": Row(
        "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"), "x-goog-api-key", "GOOGLE_GEMINI_BASE_URL",
    ),
    "vertex": Row(
        "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m:generateContent",
        ("GOOGLE_API_KEY",), "x-goog-api-key", "GOOGLE_VERTEX_BASE_URL",
    ),
    "litellm": Row(
        f"http://localhost:4000{CHAT}", ("LITELLM_PROXY_API_KEY", "LITELLM_API_KEY"), base="LITELLM_PROXY_API_BASE",
        settings={"LITELLM_PROXY_API_BASE": "http://localhost:4000"},
    ),
}  # fmt: skip
HEADERS = {"AZURE_OPENAI_API_KEY": "api-key"}
"""Variables whose key goes another way than the first one's."""

ALIASES = {"vertexai": "vertex", "generative_ai": "google"}
ONCE = RetryConfig(max_attempts=1)


def spoken(name: str) -> bool:
    """Whether the provider's dialect is there."""
    return get_spec(name).dialect_for("m") in dialect_names()


SPOKEN = [name for name in ROWS if spoken(name)]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of any provider."""
    for spec in map(get_spec, built_in_names()):
        named = [*spec.auth.variables, *spec.base_url_env, *(env for setting in spec.settings for env in setting.env)]
        for name in filter(None, named):
            monkeypatch.delenv(name, raising=False)


def create(name: str, **options: Any) -> LLM:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return dragoman.create_llm(name, **{"model": "m", **options})


def goes_to(llm: LLM, **request: Any) -> str:
    target = llm._plan._target  # what a call would be sent to, without sending one
    return f"{target.origin}{target.path(Request(model=target.model, messages=(Message('user', 'Hi'),), **request))}"


def headers_of(llm: LLM) -> dict[str, str]:
    target = llm._plan._target
    credential = run(target.spec.auth.find(target.spec.name, target.key, target.settings))
    return {} if credential is None else dict(credential.headers("POST", target.origin, "/", b""))


@pytest.mark.parametrize("name", SPOKEN)
def test_where_calls_go(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.19."""
    for variable, value in ROWS[name].settings.items():
        monkeypatch.setenv(variable, value)
    assert goes_to(create(name)) == ROWS[name].url


@pytest.mark.parametrize("name", SPOKEN)
def test_keys_are_looked_for_in_order(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """X5."""
    row = ROWS[name]
    for variable, value in row.settings.items():
        monkeypatch.setenv(variable, value)
    for variable in reversed(row.keys):  # each one set goes before those set until now
        monkeypatch.setenv(variable, f"key-of-{variable}")
        header = HEADERS.get(variable, row.header)
        key = f"key-of-{variable}"
        assert headers_of(create(name)) == {header: f"Bearer {key}" if header == BEARER else key}


@pytest.mark.parametrize("name", [name for name in SPOKEN if get_spec(name).auth.required and name != "vertex"])
def test_a_missing_key_names_every_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in ROWS[name].settings.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(MissingKey) as caught:
        headers_of(create(name))
    assert [variable for variable in ROWS[name].keys if f"`{variable}`" not in str(caught.value)] == []


def base_url(name: str, emulator: Emulator) -> str:
    """The emulator tells Mistral's wire from OpenAI's by its path."""
    return f"{emulator.url}/mistral/v1" if get_spec(name).dialect == "mistral" else emulator.url


def is_served(name: str) -> bool:
    """Whether the emulator answers at the provider's path."""
    spec = get_spec(name)
    if not spoken(name) or spec.configure is not None:
        return spoken(name) and name != "vertex"
    return not spec.paths.keys() & {spec.dialect_for("m")}


@pytest.mark.parametrize("name", [name for name in ROWS if is_served(name)])
def test_a_call_and_a_stream(name: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing but the provider's own variables, where it has one for its address."""
    row = ROWS[name]
    for variable, value in {**row.settings, row.keys[0]: "k"}.items():
        monkeypatch.setenv(variable, value)
    options: dict[str, Any] = {}
    if row.base:
        monkeypatch.setenv(row.base, base_url(name, emulator))
    else:
        options["base_url"] = base_url(name, emulator)
    with create(name, max_tokens=50, **options) as llm:
        whole = llm.generate("Say exactly: one two")
        streamed = llm.generate("Say exactly: three", stream=True).drain()
    assert (whole.content, streamed.content) == ("one two", "three")
    assert whole.provider == name
    assert whole.warnings == ()
    seen = emulator.requests[-1]
    assert get_spec(name).prefix_for({"account_id": "a1"}) in seen.path
    assert seen.request is not None
    assert seen.request.max_tokens == 50


@pytest.mark.parametrize("name", ["cerebras", "huggingface_router"])
def test_some_hosts_end_a_stream_with_the_connection(name: str, emulator: Emulator) -> None:
    """Without `[DONE]`: recorded. Elsewhere that is an answer cut short."""
    emulator.fault(end_after=-1, times=2)
    with create(name, base_url=emulator.url, api_key="k") as llm:
        assert llm.generate("Say exactly: three", stream=True).drain().content == "three"
    with create("groq", base_url=emulator.url, api_key="k") as llm, pytest.raises(StreamInterrupted, match="DONE"):
        llm.generate("Say exactly: three", stream=True).drain()


@pytest.mark.parametrize(("name", "now"), ALIASES.items())
def test_an_alias_warns_and_works(name: str, now: str) -> None:
    """S4.2, X30."""
    if not spoken(now):
        pytest.skip("its dialect is not there")
    with pytest.warns(DeprecationWarning, match=f"`{name}` is deprecated: write `{now}`") as caught:
        llm = dragoman.create_llm(name, model="m", api_key="k")
    assert caught[0].filename == __file__
    assert goes_to(llm) == ROWS[now].url


def test_a_provider_that_ends_warns() -> None:
    with pytest.warns(DeprecationWarning, match="Agent API"):
        dragoman.create_llm("perplexity/sonar", api_key="k")


# ---------------------------------------------------------------------- what some have of their own


def test_azure_by_its_classic_addresses(emulator: Emulator) -> None:
    common: dict[str, Any] = {"azure_endpoint": emulator.url, "api_version": "2024-10-21", "api_key": "0a1b"}
    with create("azure_openai", **common) as llm:
        assert llm.generate("Say exactly: a").content == "a"
    seen = emulator.requests[-1]
    assert seen.target == "/openai/deployments/m/chat/completions?api-version=2024-10-21"
    assert seen.headers["api-key"] is not None
    url = f"{emulator.url}/openai/deployments/d/chat/completions?api-version=2024-10-21"
    assert goes_to(create("azure_openai", azure_deployment="d", **common)) == url


def test_azure_by_its_classic_addresses_does_what_is_not_chat(emulator: Emulator) -> None:
    """Only what a deployment does has it in its path; what embeds is another deployment than what chats."""
    common: dict[str, Any] = {"azure_endpoint": emulator.url, "api_version": "2024-10-21", "api_key": "0a1b"}
    with create("azure_openai", dialect="openai_responses", **common) as llm:
        llm.generate("Hi")
        llm.models()
    with create("azure_openai", model="embedding", azure_deployment="chatting", **common) as llm:
        llm.embed("Hi")
    assert [seen.target for seen in emulator.requests] == [
        "/openai/responses?api-version=2024-10-21",
        "/openai/models?api-version=2024-10-21",
        "/openai/deployments/embedding/embeddings?api-version=2024-10-21",
    ]


RESOURCE = "https://r.openai.azure.com"
PORTAL = f"{RESOURCE}/openai/deployments/d/chat/completions?api-version=2025-01-01-preview"
ENDPOINTS = {
    RESOURCE: RESOURCE,
    f"{RESOURCE}/": RESOURCE,
    f"{RESOURCE}/openai": RESOURCE,
    f"{RESOURCE}/openai/": RESOURCE,
    f"{RESOURCE}/openai/v1": RESOURCE,
    f"{RESOURCE}/openai/v1/": RESOURCE,
    PORTAL: RESOURCE,
    PORTAL.partition("?")[0]: RESOURCE,
    f"{RESOURCE}/openai/responses?api-version=2025-04-01-preview": RESOURCE,
    "https://gate.azure-api.net/models": "https://gate.azure-api.net/models",
    "https://gate.azure-api.net/models/openai/v1": "https://gate.azure-api.net/models",
}
"""What may be given as the endpoint: the resource it means."""


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_azure_takes_its_endpoint_with_what_the_portal_shows_after_it(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = ENDPOINTS[endpoint]
    assert goes_to(create("azure_openai", azure_endpoint=endpoint)) == f"{resource}/openai/v1{CHAT}"
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", endpoint)
    classic = f"{resource}/openai/deployments/m{CHAT}?api-version=1"
    assert goes_to(create("azure_openai", api_version="1")) == classic


def test_azure_takes_a_token_from_a_function(emulator: Emulator) -> None:
    with create("azure_openai", azure_endpoint=emulator.url, api_key=lambda: "eyJ0b2tlbg.x.y") as llm:
        llm.generate("Hi")
    assert emulator.requests[-1].headers["authorization"] == dragoman.Secret("Bearer eyJ0b2tlbg.x.y")


def test_azure_needs_to_know_where() -> None:
    with pytest.raises(ConfigurationError, match="azure_endpoint= or base_url=, or set `AZURE_OPENAI_ENDPOINT`"):
        create("azure_openai")


@pytest.mark.parametrize("given", [{"http_client": object()}, {"transport": TransportOptions()}])
def test_what_litellm_sends_in_this_process_goes_over_no_connection_of_ours(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="http_client= and transport= have no use"):
        create("litellm", **given)


def test_headers_go_along_to_litellms_function() -> None:
    sent = (("content-type", "application/json"), ("user-agent", "us"), ("Authorization", "Bearer k"), ("X-Team", "a"))
    http = HttpRequest(origin=Origin("http", "h", 80), target="/", headers=sent, body=b'{"model":"m"}')
    arguments = LitellmCarrier(dict[str, Any]).send(sending_of(http, None, frozenset()))
    assert arguments == {"model": "m", "api_key": "k", "extra_headers": {"x-team": "a"}, "max_retries": 0}


def test_cloudflare_needs_an_account() -> None:
    with pytest.raises(ConfigurationError, match=r"needs an account_id.*CLOUDFLARE_ACCOUNT_ID"):
        create("cloudflare")
    assert "/accounts/mine/" in goes_to(create("cloudflare", account_id="mine"))


LOCATIONS = {
    "global": "https://aiplatform.googleapis.com",
    "eu": "https://aiplatform.eu.rep.googleapis.com",
    "us-east5": "https://us-east5-aiplatform.googleapis.com",
}


@pytest.mark.parametrize(("location", "address"), LOCATIONS.items())
def test_claude_on_vertex(location: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_VERTEX_PROJECT_ID", "p")
    llm = create("vertex", model="claude-sonnet-4-5@20250929", location=location)
    place = f"{address}/v1/projects/p/locations/{location}/publishers/anthropic/models/claude-sonnet-4-5@20250929"
    assert goes_to(llm) == f"{place}:rawPredict"
    assert goes_to(llm, stream=True) == f"{place}:streamRawPredict"


@pytest.mark.parametrize(
    ("model", "place"),
    [
        ("claude-sonnet-4-5", "https://us-east5-aiplatform.googleapis.com/v1/projects/theirs/locations/us-east5/"),
        (
            "gemini-3.5-flash",
            "https://europe-west1-aiplatform.googleapis.com/v1beta1/projects/ours/locations/europe-west1/",
        ),
    ],
)
def test_variables_of_anthropics_sdk_go_first_for_claude(
    model: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `AnthropicVertex` reads them, which knows no others (anthropic 2.12.0, `lib/vertex/_client.py`)."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "ours")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west1")
    monkeypatch.setenv("ANTHROPIC_VERTEX_PROJECT_ID", "theirs")
    monkeypatch.setenv("CLOUD_ML_REGION", "us-east5")
    assert goes_to(create("vertex", model=model)).startswith(place)
    given = goes_to(create("vertex", model=model, project="given", location="eu"))
    assert "/projects/given/locations/eu/" in given


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "gemini-3.5-flash"])
def test_either_kind_of_variables_will_do_on_vertex(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for project, location in (
        ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"),
        ("ANTHROPIC_VERTEX_PROJECT_ID", "CLOUD_ML_REGION"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(project, "p")
            patch.setenv(location, "us-east5")
            assert "/projects/p/locations/us-east5/" in goes_to(create("vertex", model=model))


def test_claude_answers_on_vertex(emulator: Emulator) -> None:
    """Its model is in the path and its version in the body."""
    given: dict[str, Any] = {"project": "p", "api_key": "k", "base_url": emulator.url, "max_tokens": 50}
    with create("vertex", model="claude-sonnet-4-5@20250929", **given) as llm:
        whole = llm.generate("Say exactly: one")
        streamed = llm.generate("Say exactly: two three", stream=True).drain()
    assert (whole.content, streamed.content) == ("one", "two three")
    first, second = emulator.requests
    assert first.request is not None
    assert first.wire is not None
    assert (first.request.model, "model" in first.wire) == ("claude-sonnet-4-5@20250929", False)
    assert first.wire["anthropic_version"] == "vertex-2023-10-16"
    assert [first.path.rpartition(":")[2], second.path.rpartition(":")[2]] == ["rawPredict", "streamRawPredict"]


@pytest.mark.parametrize("name", ["deepseek", "vllm", "llamacpp", "lmstudio", "openrouter", "fireworks"])
def test_hosts_that_speak_anthropics_wire_too(name: str, emulator: Emulator) -> None:
    assert "anthropic_messages" in get_spec(name).also_speaks
    with create(name, dialect="anthropic_messages", base_url=emulator.url, api_key="k") as llm:
        assert llm.generate("Say exactly: a").content == "a"
    assert emulator.requests[-1].dialect == "anthropic_messages"


SAYS_RESPONSES = [name for name in built_in_names() if "openai_responses" in get_spec(name).also_speaks]


@pytest.mark.parametrize("name", SAYS_RESPONSES)
def test_hosts_that_speak_openais_responses_too(name: str, emulator: Emulator) -> None:
    """Each has recordings of it, or says so in its reference."""
    with create(name, dialect="openai_responses", base_url=emulator.url, api_key="k", max_tokens=50) as llm:
        answer = llm.generate("Say exactly: a")
    assert (answer.content, answer.warnings) == ("a", ())
    assert emulator.requests[-1].dialect == "openai_responses"


def test_openai_and_deepseek_speak_responses() -> None:
    """Theirs are the recordings in `openai_responses/` of the corpus."""
    assert {"openai", "azure_openai", "deepseek", "openrouter", "xai", "llamacpp"} <= set(SAYS_RESPONSES)


def test_openrouter_is_told_who_asks(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    monkeypatch.setenv("OPENROUTER_HTTP_REFERER", "https://mine.example")
    monkeypatch.setenv("OPENROUTER_X_OPEN_ROUTER_TITLE", "Mine")
    with create("openrouter", base_url=emulator.url, api_key="k") as llm:
        llm.generate("Hi")
    headers = emulator.requests[-1].headers
    assert (headers["http-referer"], headers["x-openrouter-title"]) == ("https://mine.example", "Mine")


# ---------------------------------------------------------------------- servers that the caller runs

LOCAL = {"lmstudio": "lms server start", "vllm": "vllm serve", "llamacpp": "llama-server"}


@pytest.mark.parametrize(("name", "command"), LOCAL.items())
def test_a_local_server_that_is_down_or_lacks_the_model(name: str, command: str) -> None:
    with create(name, base_url="http://127.0.0.1:1", retry_config=ONCE) as llm, pytest.raises(ConnectFailed) as caught:
        llm.generate("Hi")
    assert command in str(caught.value)
    with (
        Emulator(models=["other"]) as emulator,
        create(name, base_url=emulator.url, retry_config=ONCE) as llm,
        pytest.raises(UnknownModel) as lacking,
    ):
        llm.generate("Hi")
    assert (get_spec(name).unknown_model_hint or "").format(model="m") in str(lacking.value)


def test_lm_studio_takes_an_address_without_a_path(emulator: Emulator) -> None:
    """Seed 002's block names `http://localhost:1234`."""
    with dragoman.create_llm("lmstudio", model="local-model", base_url=emulator.url) as llm:
        assert llm.generate("Say exactly: a").content == "a"
        llm.unload()
        assert llm.generate("Say exactly: b").content == "b"
    assert emulator.requests[-1].path == "/v1/chat/completions"


# ---------------------------------------------------------------------- quirks

ASKED: dict[str, Any] = {"model": "m", "messages": [], "max_completion_tokens": 5}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "strict": True}}
QUIRKS: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "groq": (
        "openai_chat",
        {"logprobs": True, "top_logprobs": 2, "top_k": 5, "n": 2, "seed": 1}, {"seed": 1},
        ["logprobs", "top_logprobs", "top_k", "n"],
    ),
    "moonshot": ("openai_chat", {"tool_choice": "required"}, {"tool_choice": "auto"}, ["tool_choice"]),
    "xai": (
        "openai_chat", {"tools": [TOOL]}, {"tools": [{"type": "function", "function": {"name": "f"}}]},
        ["tools[0].strict"],
    ),
    "vertex": (
        "anthropic_messages", {}, {"anthropic_version": "vertex-2023-10-16", "max_completion_tokens": 5}, []
    ),
}  # fmt: skip


def corrected(spec: ProviderSpec, dialect: str, body: dict[str, Any]) -> list[str]:
    quirks = [quirk for quirk in spec.quirks if quirk.dialect in (None, dialect)]
    return [loss.where for quirk in quirks for loss in quirk.apply(body)]


@pytest.mark.parametrize("name", QUIRKS)
def test_quirks(name: str) -> None:
    dialect, asked, sent, lost = QUIRKS[name]
    body = {**ASKED, **{field: [*value] if isinstance(value, list) else value for field, value in asked.items()}}
    assert corrected(get_spec(name), dialect, body) == lost
    assert {field: body[field] for field in sent} == sent
    assert not body.keys() & (set(lost) - sent.keys())
    assert ("model" in body) is (name != "vertex")


OLDER = sorted(set(ROWS) - {"groq", "cerebras", "xai", "mistral", "azure_openai", "google", "vertex", "litellm"})


@pytest.mark.parametrize("name", [*OLDER, "groq", "cerebras", "xai"])
def test_the_name_of_the_limit(name: str) -> None:
    body = dict(ASKED)
    assert corrected(get_spec(name), "openai_chat", body) == []
    assert ("max_tokens" in body) is (name in OLDER)


def test_every_quirk_has_a_reason() -> None:
    assert all(quirk.why and quirk.name for spec in map(get_spec, built_in_names()) for quirk in spec.quirks)
