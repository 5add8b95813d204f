"""Bedrock: whose keys sign, in which order they are looked for, and where requests go."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import dragoman
from dragoman import RetryConfig
from dragoman.errors import ConfigurationError, Error, MissingKey, MissingPackage, Unauthorized
from dragoman.flow import run
from dragoman.http import Origin
from dragoman.providers import get_spec, use_keys
from dragoman.providers.auth import Credential, aws
from dragoman.secret import Secret
from dragoman.testing import Emulator

SPEC = get_spec("bedrock")
BEDROCK = Origin("https", "bedrock-runtime.us-east-1.amazonaws.com", 443)
KEYS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret-key"}
GIVEN = {"aws_access_key_id": "GIVEN", "aws_secret_access_key": "given-secret"}
TOKEN = {"AWS_BEARER_TOKEN_BEDROCK": "bearer"}


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variables, no files."""
    for name in ("REGION", "DEFAULT_REGION", "PROFILE", "DEFAULT_PROFILE", "ENDPOINT_URL", "SESSION_TOKEN"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in (*KEYS, *TOKEN, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    aws._credentials.cache_clear()


def find(settings: dict[str, str] | None = None, argument: str | None = None) -> Credential | None:
    return run(SPEC.auth.find("bedrock", Secret(argument) if argument else None, settings or {}))


def authorization(credential: Credential | None) -> str:
    assert credential is not None
    return dict(credential.headers("POST", BEDROCK, "/model/m/converse", b"{}"))["authorization"]


# ---------------------------------------------------------------------- whose keys

ORDER: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "an argument": ({"argument": "arg", "settings": GIVEN}, {**TOKEN, **KEYS}, "Bearer arg"),
    "keys by argument": ({"settings": GIVEN}, {**TOKEN, **KEYS}, "Credential=GIVEN/"),
    "a Bedrock key in the environment": ({}, {**TOKEN, **KEYS}, "Bearer bearer"),
    "keys in the environment": ({}, KEYS, "Credential=AKID/"),
    "an empty Bedrock key is none": ({}, {"AWS_BEARER_TOKEN_BEDROCK": " ", **KEYS}, "Credential=AKID/"),
}


@pytest.mark.parametrize(("given", "environment", "expected"), ORDER.values(), ids=ORDER)
def test_order(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], environment: dict[str, str], expected: str
) -> None:
    """S4.16: what is given goes before what the environment has."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert expected in authorization(find(**given))


def test_a_lent_key() -> None:
    with use_keys(bedrock="lent"):
        assert authorization(find()) == "Bearer lent"


def test_a_signature_names_region_service_and_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, "AWS_SESSION_TOKEN": "session"}.items():
        monkeypatch.setenv(name, value)
    credential = find({"region": "eu-west-1"})
    assert credential is not None
    headers = dict(credential.headers("POST", BEDROCK, "/model/m/converse", b"{}"))
    assert "/eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token" in str(headers)
    assert [secret.reveal() for secret in credential.secrets] == ["secret-key", "session"]
    assert "secret" not in repr(credential)


@pytest.mark.parametrize(
    ("settings", "environment"),
    [({"aws_access_key_id": "A"}, {}), ({"aws_secret_access_key": "s"}, {}), ({}, {"AWS_ACCESS_KEY_ID": "A"})],
)
def test_half_of_a_pair_is_an_error(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="both"):
        find(settings)


def test_nothing_found_without_botocore_says_all_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(MissingKey, match=r"AWS_BEARER_TOKEN_BEDROCK.*AWS_ACCESS_KEY_ID.*dragoman\[bedrock\]"):
        find()


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_profile_needs_botocore(monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    monkeypatch.setenv("AWS_PROFILE", "work" if by == "environment" else "")
    with pytest.raises(MissingPackage, match=r"profile `work`.*dragoman\[bedrock\]"):
        find({"profile": "work"} if by == "argument" else {})


class Botocore:
    """A stand-in that finds `found` and is asked for profiles; the real one is asked in `tests/clients`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, found: object) -> None:
        self.profiles: list[str | None] = []
        session, exceptions = ModuleType("botocore.session"), ModuleType("botocore.exceptions")
        exceptions.BotoCoreError = type("BotoCoreError", (Exception,), {})  # pyright: ignore[reportAttributeAccessIssue]  # a stand-in
        self.failure = exceptions.BotoCoreError("The config profile (x) could not be found")  # pyright: ignore[reportAttributeAccessIssue]  # as above

        def make(profile: str | None = None) -> object:
            self.profiles.append(profile)
            return SimpleNamespace(get_credentials=self.get)

        session.Session = make  # pyright: ignore[reportAttributeAccessIssue]  # a stand-in
        self.found = found
        monkeypatch.setitem(sys.modules, "botocore.session", session)
        monkeypatch.setitem(sys.modules, "botocore.exceptions", exceptions)

    def get(self) -> object:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


FROZEN = SimpleNamespace(access_key="CHAIN", secret_key="chain-secret", token="chain-token")
FOUND = SimpleNamespace(get_frozen_credentials=lambda: FROZEN)


def test_the_chain_is_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    botocore = Botocore(monkeypatch, FOUND)
    assert "Credential=CHAIN/" in authorization(find())
    assert "Credential=CHAIN/" in authorization(find({"profile": "work"}))
    assert "Credential=CHAIN/" in authorization(find({"profile": "work"}))
    assert botocore.profiles == [None, "work"], "a session is slow to make, and renews what it has found"


def test_a_profile_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    Botocore(monkeypatch, FOUND)
    for name, value in {**KEYS, **TOKEN}.items():
        monkeypatch.setenv(name, value)
    assert "Credential=CHAIN/" in authorization(find({"profile": "work"}))


def test_a_chain_that_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Botocore(monkeypatch, None)
    with pytest.raises(MissingKey, match="there are no AWS credentials"):
        find()


def test_a_login_while_the_program_runs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    botocore = Botocore(monkeypatch, None)
    with pytest.raises(MissingKey):
        find()
    botocore.found = FOUND
    assert "Credential=CHAIN/" in authorization(find())


def test_a_profile_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    botocore = Botocore(monkeypatch, None)
    botocore.found = botocore.failure
    with pytest.raises(ConfigurationError, match="could not be found"):
        find({"profile": "x"})


# ---------------------------------------------------------------------- where

CONFIG = "[default]\nregion = eu-central-1\n[profile work]\nregion = ap-southeast-2\n[profile bare]\n"
PLACES: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "by default": ({}, {}, "bedrock-runtime.us-east-1.amazonaws.com"),
    "region=": ({"region": "eu-west-1"}, {"AWS_REGION": "x-1"}, "bedrock-runtime.eu-west-1.amazonaws.com"),
    "region_name=": ({"region_name": "eu-west-1"}, {}, "bedrock-runtime.eu-west-1.amazonaws.com"),
    "AWS_REGION": ({}, {"AWS_REGION": "a-1"}, "bedrock-runtime.a-1.amazonaws.com"),
    "both, as boto3": ({}, {"AWS_REGION": "a-1", "AWS_DEFAULT_REGION": "b-1"}, "bedrock-runtime.b-1.amazonaws.com"),
    "the default profile": ({}, {"config": CONFIG}, "bedrock-runtime.eu-central-1.amazonaws.com"),
    "a profile": ({"profile": "work"}, {"config": CONFIG}, "bedrock-runtime.ap-southeast-2.amazonaws.com"),
    "AWS_PROFILE": ({}, {"config": CONFIG, "AWS_PROFILE": "work"}, "bedrock-runtime.ap-southeast-2.amazonaws.com"),
    "both profiles, as boto3": (
        {},
        {"config": CONFIG, "AWS_PROFILE": "bare", "AWS_DEFAULT_PROFILE": "work"},
        "bedrock-runtime.ap-southeast-2.amazonaws.com",
    ),
    "a profile without": ({"profile": "bare"}, {"config": CONFIG}, "bedrock-runtime.us-east-1.amazonaws.com"),
    "China": ({"region": "cn-north-1"}, {}, "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
    "an endpoint": ({}, {"AWS_ENDPOINT_URL": "https://e.example"}, "e.example"),
    "an endpoint for the service": (
        {},
        {"AWS_ENDPOINT_URL": "https://e.example", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://b.example"},
        "b.example",
    ),
    "base_url=": ({"base_url": "https://own.example"}, {"AWS_ENDPOINT_URL": "https://e.example"}, "own.example"),
}


@pytest.mark.parametrize(("options", "environment", "host"), PLACES.values(), ids=PLACES)
def test_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, Any], environment: dict[str, str], host: str
) -> None:
    """S4.16, X16."""
    for name, value in environment.items():
        if name == "config":
            (tmp_path / "config").write_text(value)
        else:
            monkeypatch.setenv(name, value)
    with dragoman.create_llm("bedrock/us.amazon.nova-lite-v1:0", **options) as llm:
        assert llm._plan._target.origin.host == host


def test_a_region_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="no AWS region"):
        dragoman.create_llm("bedrock/m", region="evil.example/")


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("region = without a section")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        dragoman.create_llm("bedrock/m")


# ---------------------------------------------------------------------- the whole way

ONCE = RetryConfig(max_attempts=1)
MODELS = ("us.amazon.nova-lite-v1:0", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.x-v1:0")


@pytest.mark.parametrize("model", MODELS)
def test_a_signed_call_is_let_in(model: str) -> None:
    with Emulator(aws_keys={"GIVEN": "given-secret"}) as emulator:
        options: dict[str, Any] = {"base_url": emulator.url, "retry_config": ONCE, **GIVEN}
        with dragoman.create_llm(f"bedrock/{model}", **options) as llm:
            assert llm.generate("Say hello, Grüße 好").content
            assert "".join(event.content for event in llm.generate("Say hello", stream=True))
        assert [seen.request.model for seen in emulator.requests if seen.request] == [model, model]


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "another secret": ({**GIVEN, "aws_secret_access_key": "not-the-secret"}, "InvalidSignatureException"),
    "an unknown key": ({**GIVEN, "aws_access_key_id": "WHO"}, "UnrecognizedClientException"),
}


@pytest.mark.parametrize(("keys", "code"), WRONG.values(), ids=WRONG)
def test_another_signature_is_not(keys: dict[str, str], code: str) -> None:
    with Emulator(aws_keys={"GIVEN": "given-secret"}) as emulator:
        options: dict[str, Any] = {"base_url": emulator.url, "retry_config": ONCE, **keys}
        with dragoman.create_llm("bedrock/m", **options) as llm, pytest.raises(Unauthorized) as caught:
            llm.generate("Hi")
    assert (caught.value.http_status, caught.value.code) == (403, code)


def test_it_speaks_chat_completions_too() -> None:
    with (
        Emulator(aws_keys={"GIVEN": "given-secret"}) as emulator,
        dragoman.create_llm("bedrock/openai.gpt-oss", dialect="openai_chat", base_url=emulator.url, **GIVEN) as llm,
    ):
        assert llm.generate("Hi").content
        assert [seen.path for seen in emulator.requests] == ["/openai/v1/chat/completions"]


def test_errors_hide_the_secret() -> None:
    with Emulator(aws_keys={}) as emulator:
        options: dict[str, Any] = {"base_url": emulator.url, "retry_config": ONCE, **GIVEN}
        with dragoman.create_llm("bedrock/m", **options) as llm, pytest.raises(Error) as caught:
            llm.generate("Hi")
    assert "given-secret" not in repr(caught.value) + str(caught.value) + repr(llm)
