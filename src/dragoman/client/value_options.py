"""What may be said of how a value is asked for, and the `Rules` that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from dragoman.client.options import GenerateOptions
from dragoman.client.retries import refuse_retries, retries_of
from dragoman.errors import ConfigurationError
from dragoman.structured import Rules
from dragoman.structured.rules import Nobody, Watcher


class ValueOptions(TypedDict, total=False):
    """Options that only a call for a value of the caller's type has."""

    context: Mapping[str, Any]
    """What the type's validators get as `info.context`."""
    strict: bool
    """Pydantic's strict mode: `True` takes no `"42"` for a number, `False` does; otherwise the type decides."""
    token_budget: int
    """Ask no more once the answers together have used so many tokens."""


class ExtractOptions(GenerateOptions, ValueOptions, total=False):
    """Options of a call for a value: those of `generate`, and of how the value is asked for."""


NAMES: Final = frozenset(ValueOptions.__annotations__)


def split_rules(
    options: Mapping[str, Any], max_retries: object, watcher: Watcher | None = None
) -> tuple[Rules, dict[str, Any]]:
    """How the value is asked for, and the options that are left. Raises `ConfigurationError` for what is wrong."""
    said = {name: options[name] for name in NAMES & options.keys()}
    for name, value in said.items():
        if value is not None:
            _CHECKS[name](value)
    rules = Rules(retries=retries_of(max_retries), watcher=watcher or Nobody(), **said)
    return rules, {name: value for name, value in options.items() if name not in NAMES}


def refuse_rules(options: Mapping[str, Any], max_retries: object) -> None:
    """Raise `ConfigurationError` for what is said of a value where none is asked for."""
    refuse_retries(max_retries)
    name = next(iter(NAMES & options.keys()), None)
    if name is not None:
        raise ConfigurationError(f"{name}= is of use only with response_model=: leave it out")


def refuse_budget(options: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` for a budget of tokens where no value is asked for, as Instructor does."""
    if options.get("token_budget") is not None:
        raise ConfigurationError("token_budget= is of use only with response_model=: leave it out")


def refuse_beside_a_value(options: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` for what a call for one value would pay for or overrule, and never show."""
    n = options.get("n")
    if n is not None and n > 1:
        raise ConfigurationError(
            f"n={n} gives {n} answers, and response_model= is one value: leave n out (n=1 where the client has it) "
            "and call as often as you want values, or ask for response_model=list[T]"
        )
    if options.get("output_format") is not None:
        raise ConfigurationError(
            "output_format= and response_model= both say what the answer is to be: leave output_format out "
            "(output_format=None where the client has it), or leave out response_model= and read the text yourself"
        )


def _check_context(value: object) -> None:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"context= must be a mapping, not {type(value).__name__}")


def _check_strict(value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigurationError(f"strict= must be True or False, not {value!r}")


def _check_budget(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"token_budget= must be a whole number of at least 1, not {value!r}")


_CHECKS: Final = {"context": _check_context, "strict": _check_strict, "token_budget": _check_budget}
