"""A model made of rules, for the emulator: deterministic, and honest about every option of a request."""

from dragoman.testing.rules.ids import Ids, dice
from dragoman.testing.rules.model import REFUSE, RuleModel
from dragoman.testing.rules.moderation import CATEGORIES, scores_of
from dragoman.testing.rules.tokens import count_request, count_text
from dragoman.testing.rules.vectors import count_inputs, vectors_of

__all__ = [
    "CATEGORIES",
    "REFUSE",
    "Ids",
    "RuleModel",
    "count_inputs",
    "count_request",
    "count_text",
    "dice",
    "scores_of",
    "vectors_of",
]
