"""A call without a `response_model`: what of it only a value would have, and that this is said."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from dragoman.client.mode import checked
from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.client.value_options import refuse_budget
from dragoman.structured import DEFAULT_RETRIES

CONTEXTS: Final = ("context", "validation_context")
"""What templates are rendered with; a value's validators get it too."""

_NO_EFFECT: Final[dict[str, tuple[object, ...]]] = {
    "max_retries": (DEFAULT_RETRIES, 0),
    "strict": (True,),
    "mode": (),
    "cache": (),
    "cache_ttl": (),
}
"""Options that only a call for a value has → what of them is as good as not said."""


class IgnoredOptionWarning(UserWarning):
    """An option has no effect in this call, which goes on without it.

    Given where Instructor takes an option and does nothing with it, so that code written for it still runs.
    """


def without_what_values_have(messages: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` without those that have no effect where no value is asked for; of them an `IgnoredOptionWarning`.

    Raises `ConfigurationError` for a budget of tokens, as Instructor does, and for a mode that is none.
    """
    refuse_budget(options)
    ignored = [name for name, usual in _NO_EFFECT.items() if _is_said(options.get(name), usual)]
    if options.get("mode") is not None:
        checked(options["mode"])
    rest = {name: value for name, value in options.items() if name not in _NO_EFFECT}
    _warn([*ignored, *_idle_contexts(messages, rest)])
    return rest


def _is_said(value: object, usual: tuple[object, ...]) -> bool:
    return value is not None and not any(type(value) is type(each) and value == each for each in usual)


def _idle_contexts(messages: Any, options: Mapping[str, Any]) -> list[str]:
    """Those contexts that find nothing to be filled in."""
    contexts = [name for name in CONTEXTS if options.get(name)]
    if not contexts:
        return []
    from dragoman.client.templating import has_template  # few programs have templates

    said = [messages, *(value for name, value in options.items() if name not in CONTEXTS)]
    return [] if has_template(said) else contexts


def _warn(names: list[str]) -> None:
    if names:
        told = ", ".join(f"`{name}=`" for name in names)
        warnings.warn(
            f"{told}: of no effect without `response_model=`, as no value is asked for. Leave it out, or say the type",
            IgnoredOptionWarning,
            stacklevel=stacklevel_of_caller(),
        )
