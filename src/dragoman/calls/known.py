"""What is known of a target before any call: found out once, by whoever makes many calls to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Raw, Struct

from dragoman._version import __version__
from dragoman.calls.target import Target
from dragoman.catalog import ModelFacts, find_model
from dragoman.dialects.forwarding import raw
from dragoman.messages import Request
from dragoman.providers import Credential, Key, KeyAuth, KeySource
from dragoman.secret import Secret

OWN_HEADERS: Final = (("content-type", "application/json"), ("user-agent", f"dragoman/{__version__}"))
"""Headers of each request with a body, before the dialect's."""

_MOST_KEPT: Final = 64

Headers = tuple[tuple[str, str], ...]


class Known(Struct, frozen=True, kw_only=True):
    """What every call to `target` has in common.

    Attributes:
        target: Whose it is. Of another, were it the same with another transport, it says nothing.
        facts: What the catalog knows of its model, asked anew each time: that may change.
        model: The name of its model, as it stands in a body.
        paths: Where requests for a whole answer go, and those for a stream.
        credential: Its key, where that is the same for every call; `None`: it is looked for again at each try.
        auth: How its key is looked for at each try where none was given and nothing has to be waited for.
        headers: Those of every request with a body and nothing to say beside, in one object: ours, the dialect's, the
            key, the target's. `None` where the key is looked for again.
    """

    target: Target
    facts: Callable[[], ModelFacts | None]
    model: Raw
    paths: tuple[str, str]
    credential: Credential | None
    auth: KeyAuth | None
    headers: Headers | None
    _beside: dict[tuple[str, KeySource, Headers], Headers] = {}

    def headers_beside(self, said: Headers, credential: Credential | None) -> Headers | None:
        """`headers`, of requests that have headers of their own, or whose key was looked for: `None` where it is none
        in a header. Those of one sender are the same as a rule, and so is the key.
        """
        if self.headers is not None and not said:
            return self.headers
        if type(credential) is not Key:
            return None
        place = (credential.text.reveal(), credential.source, said)
        found = self._beside.get(place)
        if found is None:
            if len(self._beside) >= _MOST_KEPT:
                self._beside.clear()
            found = self._beside[place] = _headers(self.target, credential, said)
        return found

    def __repr__(self) -> str:
        """Without headers: they hold the key."""
        return f"<Known of {self.target!r}>"


def known_of(target: Target) -> Known:
    """What is known of `target`."""
    asked = Request(model=target.model)
    credential, listed = _credential(target), target.spec.listed(target.model)
    return Known(
        target=target,
        facts=_nothing if listed is None else partial(find_model, *listed),
        model=raw(target.model),
        paths=(target.path(asked), target.path(Request(model=target.model, stream=True))),
        credential=credential,
        auth=_looking(target),
        headers=None if credential is None else _headers(target, credential),
    )


def _nothing() -> None:
    """What the catalog knows of models that are in no list."""


def _credential(target: Target) -> Credential | None:
    """A key that was given as it is goes before every other place that one may be in; kinds of `KeyAuth` may find it
    otherwise.
    """
    key, auth = target.key, target.spec.auth
    return auth.key_of(key) if isinstance(key, Secret) and key and type(auth) is KeyAuth else None


def _looking(target: Target) -> KeyAuth | None:
    auth = target.spec.auth
    return auth if type(auth) is KeyAuth and not callable(target.key) else None


def _headers(target: Target, credential: Credential, said: Headers = ()) -> Headers:
    proof = credential.headers("POST", target.origin, "", b"")
    return merged((*OWN_HEADERS, *target.dialect.headers(), *said, *proof), target.headers)


def merged(*groups: tuple[tuple[str, str], ...] | tuple[tuple[str, str | Secret], ...]) -> Headers:
    """All headers as one; a later one replaces those of its name."""
    last = {name.lower(): (name, value) for group in groups for name, value in group}
    return tuple([(name, value.reveal() if isinstance(value, Secret) else value) for name, value in last.values()])
