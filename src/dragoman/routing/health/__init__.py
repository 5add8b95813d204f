"""What is known of targets: whether they work, how fast, and how much is under way there."""

from dragoman.routing.health.board import Board
from dragoman.routing.health.condition import Condition
from dragoman.routing.health.permit import Permit
from dragoman.routing.health.retry_budget import RetryBudget
from dragoman.routing.health.rules import HealthRules, RetryBudgetRules, Trip

__all__ = ["Board", "Condition", "HealthRules", "Permit", "RetryBudget", "RetryBudgetRules", "Trip"]
