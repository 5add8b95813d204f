"""Peers' names mean us while they are installed, and nothing of it is left afterwards."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import compat
from dragoman.compat.instructor import PEER
from dragoman.errors import ConfigurationError


class Person(BaseModel):
    name: str


@pytest.fixture
def instructor() -> Iterator[ModuleType]:
    compat.install("instructor")
    yield importlib.import_module("instructor")
    compat.uninstall("instructor")


def test_the_name_means_us(instructor: ModuleType) -> None:
    assert instructor.Instructor is dragoman.Instructor
    assert instructor.Image is dragoman.Image
    assert instructor.__version__ == "1.17.0"
    assert compat.installed() == ("instructor",)


def test_every_public_name_is_there(instructor: ModuleType) -> None:
    assert [name for name in PEER.names if not hasattr(instructor, name)] == []
    assert [name for name in PEER.names if not hasattr(dragoman, name)] == []
    space: dict[str, object] = {}
    exec("from instructor import *", space)
    assert set(PEER.names) <= space.keys()


@pytest.mark.parametrize("path", sorted(PEER.paths))
def test_every_public_module_can_be_imported(instructor: ModuleType, path: str) -> None:
    """X27: who migrates keeps a peer's module paths."""
    name = f"instructor.{path}".rstrip(".")
    module = importlib.import_module(name)
    assert module.__name__ == name
    assert dir(module)


NAMES = {
    "auto_client": "from_provider KnownModelName",
    "batch": "BatchProcessor",
    "cache": "AutoCache DiskCache BaseCache make_cache_key",
    "client": "Instructor AsyncInstructor from_openai",
    "client_anthropic": "from_anthropic",
    "core": "Instructor AsyncInstructor from_openai from_litellm patch apatch Hooks HookName InstructorError "
    "InstructorRetryException ConfigurationError IncompleteOutputException ValidationError ProviderError ModeError "
    "ClientError AsyncValidationError ResponseParsingError MultimodalError FailedAttempt TokenBudgetError "
    "TokenBudgetExceeded TokenUsageUnavailableError",
    "core.client": "Instructor AsyncInstructor",
    "core.exceptions": "InstructorRetryException ModeError ProviderError ResponseParsingError ValidationError",
    "core.hooks": "Hooks HookName CompletionErrorHandler HandlerType",
    "core.patch": "patch apatch",
    "distil": "Instructions FinetuneFormat format_function get_signature_from_fn is_return_type_base_model_or_instance",
    "dsl": "Maybe Partial IterableModel CitationMixin is_simple_type llm_validator",
    "dsl.citation": "CitationMixin",
    "dsl.iterable": "IterableModel IterableBase",
    "dsl.maybe": "Maybe MaybeBase",
    "dsl.partial": "Partial PartialLiteralMixin",
    "dsl.response_list": "ListResponse",
    "dsl.simple_type": "is_simple_type ModelAdapter AdapterBase",
    "dsl.validators": "llm_validator",
    "exceptions": "InstructorRetryException IncompleteOutputException InstructorError FailedAttempt ValidationError",
    "function_calls": "OpenAISchema openai_schema IncompleteOutputException",
    "hooks": "Hooks HookName CompletionErrorHandler",
    "mode": "Mode",
    "models": "KnownModelName",
    "multimodal": "Image Audio PDF ImageWithCacheControl convert_messages convert_contents autodetect_media",
    "patch": "patch apatch",
    "processing": "OpenAISchema response_schema convert_messages generate_anthropic_schema Validator",
    "processing.function_calls": "ResponseSchema response_schema",
    "processing.multimodal": "Image Audio PDF PDFWithCacheControl PDFWithGenaiFile",
    "processing.schema": "generate_openai_schema",
    "processing.validators": "Validator",
    "providers.genai.client": "from_genai",
    "templating": "handle_templating apply_template",
    "utils": "disable_pydantic_error_url is_async Provider",
    "utils.providers": "Provider",
    "validation": "Validator llm_validator openai_moderation async_field_validator async_model_validator",
    "validation.async_validators": "AsyncValidationContext async_field_validator",
    "validation.llm_validators": "Validator llm_validator",
}
"""What programs import from Instructor's submodules: all that its docs do (1.8.3 and 1.17.0), and more."""


@pytest.mark.parametrize(("path", "names"), NAMES.items())
def test_submodules_have_what_programs_import(instructor: ModuleType, path: str, names: str) -> None:
    module = importlib.import_module(f"instructor.{path}")
    assert [name for name in names.split() if not hasattr(module, name)] == []


NOT_HERE = [
    "v2",
    "batch.processor",
    "core.retry",
    "dsl.parallel",
    "types",
    "Validator",
    "multimodal.PdfWithCacheControl",
    "batch.extract_results",
]
"""What Instructor's docs or modules have besides."""


@pytest.mark.parametrize("name", NOT_HERE)
def test_what_is_left_out_stands_in_the_docs(instructor: ModuleType, name: str) -> None:
    told = (Path(__file__).parents[2] / "docs" / "instructor.md").read_text()
    module, _, attribute = f"instructor.{name}".rpartition(".")
    with pytest.raises(ImportError):
        exec(f"from {module} import {attribute}")
    assert f"`instructor.{name}`" in told or f"`.{name}`" in told


def test_keys_for_a_store_of_ones_own(instructor: ModuleType) -> None:
    def key(**changes: object) -> str:
        said = {"messages": [{"role": "user", "content": "Hi"}], "model": "gpt-4o", "response_model": Person}
        return importlib.import_module("instructor.cache").make_cache_key(**{**said, **changes})

    keys = [key(), key(model="gpt-5"), key(response_model=None), key(mode="TOOLS"), key(system="Be short."), key(n=2)]
    assert len(set(keys)) == len(keys)
    assert key() == key(messages=[{"content": "Hi", "role": "user"}])
    assert len(key(messages=[dragoman.Message("user", "Hi"), Person(name="Ann")])) == 64
    with pytest.raises(TypeError, match="`object` cannot be part of a key"):
        key(messages=[object()])


def test_a_submodule_is_reached_without_being_imported(instructor: ModuleType) -> None:
    assert instructor.exceptions.InstructorRetryException is not None
    assert instructor.dsl.partial.Partial is dragoman.Partial


def test_a_function_stays_one_when_a_module_of_its_name_is_imported(instructor: ModuleType) -> None:
    importlib.import_module("instructor.patch")
    assert instructor.patch is dragoman.patch


def test_what_is_not_there_says_so(instructor: ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"docs/instructor\.md"):
        _ = instructor.nonsense
    with pytest.raises(ModuleNotFoundError, match=r"instructor\.nonsense"):
        importlib.import_module("instructor.nonsense")
    with pytest.raises(ConfigurationError, match="no aliases for `langchain`"):
        compat.install("langchain")


def test_nothing_is_left() -> None:
    before = set(sys.modules), list(sys.meta_path)
    compat.install("instructor")
    compat.install("instructor")
    importlib.import_module("instructor.dsl.maybe")
    compat.uninstall("instructor")
    compat.uninstall("instructor")
    assert compat.installed() == ()
    assert not [name for name in sys.modules if name.partition(".")[0] == "instructor"]
    assert sys.meta_path == before[1]


def test_the_real_one_is_not_pushed_aside_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    real, part = ModuleType("instructor"), ModuleType("instructor.dsl")
    monkeypatch.setitem(sys.modules, "instructor", real)
    monkeypatch.setitem(sys.modules, "instructor.dsl", part)
    with pytest.raises(ConfigurationError, match="imported already"):
        compat.install("instructor")
    compat.install("instructor", replace=True)
    assert importlib.import_module("instructor") is not real
    compat.uninstall("instructor")
    assert sys.modules["instructor"] is real
    assert sys.modules["instructor.dsl"] is part


@pytest.mark.parametrize("name", ["BatchProcessor", "BatchRequest", "BatchJob"])
def test_what_is_not_there_yet_can_be_imported_and_says_what_to_do(instructor: ModuleType, name: str) -> None:
    with pytest.raises(dragoman.UnsupportedFeature, match=f"`{name}` is not there yet: ask"):
        getattr(instructor, name)(model="openai/gpt-4o-mini")
