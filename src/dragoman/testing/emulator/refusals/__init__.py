"""What providers refuse, one module a dialect, named like it."""

from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Refused, Rule, knows, refusals_of

__all__ = ["Refusal", "Refusals", "Refused", "Rule", "knows", "refusals_of"]
