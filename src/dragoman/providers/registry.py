"""The registry: provider files found by their names, loaded when first asked for.

A file in `builtin/` is a provider and holds its `SPEC`; nothing else names it. Packages elsewhere register a spec under
the entry-point group `dragoman.providers`; those are read only for names that are not built in.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final

from dragoman.errors import ConfigurationError, ModelStringError, UnknownProvider
from dragoman.providers.spec import ProviderSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint  # loaded where it is asked for

ENTRY_POINTS: Final = "dragoman.providers"
_BUILT_IN: Final = "dragoman.providers.builtin"


def normal_name(name: str) -> str:
    """A provider's name as files spell it: lower case, `_` for `-`."""
    return name.strip().lower().replace("-", "_")


_loaded: Final[dict[str, ProviderSpec]] = {}
"""The specs that were asked for, by normal name."""


def get_spec(name: str) -> ProviderSpec:
    """The spec of the provider called `name`, the same object for all who ask.

    Raises `UnknownProvider`, listing the known ones.
    """
    key = normal_name(name)
    spec = _loaded.get(key)
    if spec is not None:
        return spec
    spec = _load(name, key)  # under no lock of ours: a module that is imported may itself ask for a spec
    return _loaded.setdefault(key, spec)


def _load(name: str, key: str) -> ProviderSpec:
    if key in built_in_names():
        return import_module(f"{_BUILT_IN}.{key}").SPEC
    return _from_entry_point(name, key)


def _from_entry_point(name: str, key: str) -> ProviderSpec:
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS):
        if normal_name(entry.name) == key:
            return _of_plugin(entry, name)
    raise UnknownProvider(how_unknown(name))


_CALLED_ELSEWHERE: Final = {
    "aws": "bedrock", "azure": "azure_openai", "claude": "anthropic", "fireworks_ai": "fireworks", "gemini": "google",
    "gguf": "huggingface", "google_genai": "google", "grok": "xai", "hosted_vllm": "vllm", "kimi": "moonshot",
    "lm_studio": "lmstudio", "nvidia_nim": "nvidia", "qwen": "dashscope", "together_ai": "together",
    "transformers": "huggingface", "vertex_ai": "vertex",
}  # fmt: skip
"""Names that other libraries have for providers, to say what is meant. They do not work: a provider has one name."""


def how_unknown(name: str, known: Sequence[str] | None = None, listed_as: str = "Known") -> str:
    """What to say of a name that no provider has: which one may be meant, and which there are (`known`)."""
    known = provider_names() if known is None else known
    provider, colon, model = name.partition(":")
    key = normal_name(provider)
    close = [_CALLED_ELSEWHERE[key]] if _CALLED_ELSEWHERE.get(key) in known else get_close_matches(key, known)
    named = next((each for each in close if not _is_deprecated(each)), None)
    meant = f" Did you mean `{named}{f'/{model}' if colon else ''}`?" if named else ""
    return f"Unknown provider: {name}.{meant} {listed_as}: {', '.join(known)}"


def _is_deprecated(name: str) -> bool:
    """Whether it should not be named to anybody any more; plugins are not read for it."""
    return name in built_in_names() and get_spec(name).deprecated is not None


def _of_plugin(entry: EntryPoint, name: str) -> ProviderSpec:
    """The spec of a plugin. Raises `ConfigurationError`, whatever the plugin's module raises."""
    plugin = f"the plugin `{entry.value}` for provider `{name}`"
    try:
        spec = entry.load()
    except Exception as error:
        raise ConfigurationError(f"{plugin} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(spec, ProviderSpec):
        raise ConfigurationError(f"{plugin} is not a ProviderSpec")
    return spec


def provider_names() -> list[str]:
    """Every provider that can be asked for, sorted by name, plugins included, without loading any."""
    from importlib.metadata import entry_points

    plugins = {normal_name(entry.name) for entry in entry_points(group=ENTRY_POINTS)}
    return sorted({*built_in_names(), *plugins})


def built_in_names() -> list[str]:
    """The providers that have a file in `builtin/`."""
    return sorted(module.name for module in iter_modules(import_module(_BUILT_IN).__path__))


def is_provider(name: str) -> bool:
    """Whether `get_spec(name)` would find one."""
    try:
        get_spec(name)
    except UnknownProvider:
        return False
    return True


def split_model(text: str) -> tuple[str, str]:
    """`provider/model` at its first slash. Raises `ModelStringError` when there is none."""
    provider, slash, model = text.partition("/")
    if not (slash and provider and model):
        raise ModelStringError(f"Model must be in 'provider/model-name' format. Got: {text}")
    return normal_name(provider), model
