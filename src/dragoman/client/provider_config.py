"""`ProviderConfig`: what the registry of clients knows about a provider before any of its code is loaded.

It is the public record for those who register a client of their own. A provider file says more, in a `ProviderSpec`;
`config_of` derives this from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dragoman.client.abilities import OPENAI_DIALECTS, has_pictures, modes_of
from dragoman.client.mode import Mode
from dragoman.providers import ProviderSpec
from dragoman.providers.auth import KeyAuth

_DOCS: Final = "https://docs.instructor.com"
"""The default of the registry's first design, which is Instructor's; configurations may rely on it."""


@dataclass
class ProviderConfig:
    """A provider, for the registry.

    Attributes:
        name: What stands before the slash in `provider/model`.
        package_name: The package that must be installed: both `import_name` and `pip_name`, unless they are given.
        default_mode: The mode when none is asked for.
        supported_modes: The modes that may be asked for; empty: any, for what is registered, and none for a provider of
            ours that only embeds.
        env_var_name: The variable that may hold the key.
        env_vars: Further variables: what each is for → its name.
        docs_url: Where it is described. Left out: the page of that name under Instructor's integrations.
        install_cmd: How to install the package. Left out: `pip install PIP_NAME`.
        deprecated: Whether to warn those who use it.
        deprecation_message: What to tell them.
        base_url: Where its API lives.
        uses_openai_client: Whether it is OpenAI's API at another address.
        requires_auth: Whether it needs an API key. The credentials of a cloud, which may come from a machine or a
            profile, are none.
        supports_vision: Whether its requests have a place for pictures. What a model makes of them, its page says.
        supports_streaming: Whether answers can be had piece by piece.
        import_name: The module whose presence shows that the package is installed, such as `google.genai`.
        pip_name: The name to install, such as `google-genai`.
    """

    name: str
    package_name: str
    default_mode: Mode
    supported_modes: list[Mode] = field(default_factory=list[Mode])
    env_var_name: str | None = None
    env_vars: dict[str, str] = field(default_factory=dict[str, str])
    docs_url: str = _DOCS
    install_cmd: str | None = None
    deprecated: bool = False
    deprecation_message: str | None = None
    base_url: str | None = None
    uses_openai_client: bool = False
    requires_auth: bool = True
    supports_vision: bool = False
    supports_streaming: bool = True
    import_name: str | None = None
    pip_name: str | None = None

    def __post_init__(self) -> None:
        if self.deprecated and not self.deprecation_message:  # before the default page gets its path, as in the design
            self.deprecation_message = f"{self.name} provider is deprecated. See {self.docs_url} for migration guide."
        self.import_name = self.import_name or self.package_name
        self.pip_name = self.pip_name or self.package_name
        self.install_cmd = self.install_cmd or f"pip install {self.pip_name}"
        if self.docs_url == _DOCS:
            self.docs_url = f"{_DOCS}/integrations/{self.name}"


def config_of(spec: ProviderSpec) -> ProviderConfig:
    """The same provider as the registry of clients records it. Braces in an address stay as they are."""
    spoken = (spec.dialect_for(""), *spec.also_speaks)
    modes = modes_of(spoken, spec.lacks)
    config = ProviderConfig(
        name=spec.name,
        package_name="dragoman",  # no provider of ours is asked through its SDK
        default_mode=modes[0],
        supported_modes=modes if spec.chats else [],
        env_var_name=next(iter(spec.auth.variables), None),
        env_vars=_variables(spec),
        deprecated=spec.deprecated is not None,
        deprecation_message=spec.deprecated,
        base_url=spec.base_url if isinstance(spec.base_url, str) else None,
        uses_openai_client=not OPENAI_DIALECTS.isdisjoint(spoken),
        requires_auth=isinstance(spec.auth, KeyAuth) and spec.auth.required,
        supports_vision=spec.chats and any(map(has_pictures, spoken)),
        supports_streaming=spec.chats,
    )
    config.docs_url = spec.docs_url or config.docs_url
    return config


def _variables(spec: ProviderSpec) -> dict[str, str]:
    """Where its address and its settings are read from when they are not given."""
    named = {setting.name: setting.env[0] for setting in spec.settings if setting.env}
    return {**({"base_url": spec.base_url_env[0]} if spec.base_url_env else {}), **named}
