"""Which client and model for a task, a tier or a tenant: tables, which an application replaces by its own."""

from __future__ import annotations

from enum import Enum
from random import random
from typing import Final

from dragoman.calls.call import utc_today
from dragoman.client.default_registry import from_provider
from dragoman.client.instructor import Instructor
from dragoman.client.model_string import split_model
from dragoman.errors import ConfigurationError
from dragoman.routing.features import Features
from dragoman.routing.health import Board
from dragoman.routing.policies import Policy, Situation, Table, When
from dragoman.routing.prices import Prices


class TaskType(Enum):
    """What is to be done."""

    EXTRACTION = "extraction"
    SUMMARIZATION = "summarization"
    CLASSIFICATION = "classification"


class Tier(Enum):
    """What is paid for."""

    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


BY_TASK_AND_TIER: Final = When(
    [
        ({"tier": "free"}, "openai/gpt-4o-mini"),
        ({"task": "summarization"}, "anthropic/claude-sonnet-4-6"),
        ({"task": "extraction"}, "openai/gpt-4o"),
    ],
    default="openai/gpt-4o-mini",
)
"""The first line that holds. `Router(BY_TASK_AND_TIER)` routes by it."""

BY_TENANT: Final = Table("tenant", {"enterprise": "anthropic/claude-sonnet-4-6"}, default="openai/gpt-4o-mini")


def get_client_and_model(
    task: TaskType | str, tier: Tier | str, table: Policy = BY_TASK_AND_TIER
) -> tuple[Instructor, str]:
    """A client for a task and a tier, and the model to name in its calls: `table`'s first choice.

    The members of `table` are texts, `"provider/model"`. A `Router` of it asks others when that fails.
    """
    return _client(table, Features(task=_word(task), tier=_word(tier)))


def client_for_tenant(tenant: str, table: Policy = BY_TENANT) -> Instructor:
    """The client of a tenant, by `table`."""
    return _client(table, Features(tenant=tenant))[0]


def _client(table: Policy, features: Features) -> tuple[Instructor, str]:
    prices, board = Prices(utc_today()), Board(table.targets())
    still = Situation(features=features, board=board, prices=prices, now=0.0, random=random, moves=False)
    target = next(table.order(still), None)
    if target is None or not isinstance(target.served, str):
        raise ConfigurationError(f"{table!r} has no 'provider/model' for {features!r}")
    return from_provider(target.served, async_client=False, **target.client), split_model(target.served)[1]


def _word(said: Enum | str) -> str:
    return str(said.value) if isinstance(said, Enum) else said
