"""A target: one place a request may go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from dragoman.catalog import ModelFacts
from dragoman.errors import ConfigurationError

_NOTHING: Final[Mapping[str, Any]] = {}


class Limits(Struct, frozen=True, kw_only=True):
    """What may be sent to a target, from this process. `None` is no limit.

    Attributes:
        concurrency: Calls at a time.
        requests_per_minute: Calls that begin in a minute.
        tokens_per_minute: Tokens in and out, by the estimate when a call begins and by the bill when it ends.
        queued: Calls that may wait for their turn; one more is refused at once.
    """

    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    queued: int = 1000

    def __post_init__(self) -> None:
        for name in ("concurrency", "requests_per_minute", "tokens_per_minute"):
            limit = getattr(self, name)
            if limit is not None and limit <= 0:
                raise ConfigurationError(f"Limits: {name}={limit!r} lets nothing through; leave it out for no limit")
        if self.queued < 0:
            raise ConfigurationError(f"Limits: queued={self.queued!r} must not be negative")


class Place(Struct, frozen=True, kw_only=True):
    """What is known of a target once it is looked up.

    Attributes:
        provider: As in `provider/model`; `""` where it is not known.
        model: Which model it asks by default; `""` where the call must say.
        account: What its key opens, as text that tells keys apart and shows none. Targets of one account share its
            being out of credit and its key's being refused.
        facts: What the catalog knows of the model, if anything.
        faces: How it can be called: `sync`, `async`, or either.
    """

    provider: str = ""
    model: str = ""
    account: str = ""
    facts: ModelFacts | None = None
    faces: frozenset[str] = frozenset({"sync", "async"})


class Target(Struct, frozen=True, eq=False, weakref=True):
    """One place a request may go, and what to know of it. Two targets are the same only when they are one object.

    Attributes:
        served: Who answers: `"provider/model"`, an `LLM`, a client in Instructor's manner, an `LLMProvider`.
        name: How it is called in logs, explanations and errors; `provider/model` when left out.
        weight: Its share, for policies that deal by weight.
        max_attempts: Tries in a row before going elsewhere; the router's when left out.
        max_retries: How often to ask again for a value that fits, at this target; the call's when left out.
        limits: What may be sent to it.
        labels: Words for rules of the application's own, such as a region.
        options: Options of each call there; those of the call win.
        client: Options of the client, where `served` is a text that one is made from: `api_key`, `base_url`, `timeout`.
        place: What the router found out about it.
    """

    served: Any
    name: str = ""
    weight: float = 1.0
    max_attempts: int | None = None
    max_retries: int | None = None
    limits: Limits | None = None
    labels: Mapping[str, str] = _NOTHING
    options: Mapping[str, Any] = _NOTHING
    client: Mapping[str, Any] = _NOTHING
    place: Place = Place()

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ConfigurationError(f"Target: weight={self.weight!r} must not be negative")
        if self.max_attempts is not None and self.max_attempts < 1:
            raise ConfigurationError("Target: max_attempts counts the first try too, so it must be at least 1")
        if self.max_retries is not None and self.max_retries < 0:
            raise ConfigurationError("Target: max_retries must not be negative")

    @property
    def title(self) -> str:
        """How it is called for people: its name, else `provider/model`, else what serves it."""
        return self.name or "/".join(filter(None, (self.place.provider, self.place.model))) or repr(self.served)

    def __repr__(self) -> str:
        return f"<Target {self.title}>"
