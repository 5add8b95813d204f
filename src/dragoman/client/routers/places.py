"""What routing needs to know of where a client asks."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Final

from dragoman.client.instructor import Instructor
from dragoman.client.instructor.base import InstructorBase
from dragoman.client.plan import Plan
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.client.routers.servers import ASYNC, SYNC
from dragoman.routing.target import Place
from dragoman.secret import Secret

_SALT: Final = os.urandom(16)
"""So that what tells accounts apart says nothing of a key, not even to who guesses."""


def place_of(plan: Plan | RoutedPlan, faces: frozenset[str], opener: object = None) -> Place:
    """Where a client asks. Two with one key at one address have one account; the key may be in `opener`, an SDK's."""
    if isinstance(plan, RoutedPlan):
        return plan.place(faces)
    target = plan.target
    facts = target.facts(target.model)
    return Place(
        provider=target.spec.name, model=target.model, account=_account(plan, opener), facts=facts, faces=faces
    )


def _account(plan: Plan, opener: object) -> str:
    """A name for the key; of one that is looked for at each call, for where it is looked for."""
    target = plan.target
    key = target.key.reveal() if isinstance(target.key, Secret) else repr(target.key)
    said = f"{target.spec.name} {target.origin} {key} {id(opener)}".encode()
    return f"{target.spec.name}-{blake2b(said, key=_SALT, digest_size=6).hexdigest()}"


def place_of_client(client: InstructorBase, model: str) -> Place:
    """Where a client of ours in Instructor's manner asks for `model`, or for its own."""
    faces = SYNC if isinstance(client, Instructor) else ASYNC
    model = model or client.default_model or ""
    return place_of(client.plan(model), faces, client.client) if model else Place(provider=client.provider, faces=faces)
