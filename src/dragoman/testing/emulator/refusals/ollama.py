"""Ollama ignores fields that it does not know, and has the models that were pulled, which only `models` can say."""

from dragoman.testing.emulator.refusals.base import Refusal, Refusals


def _unknown_model(name: str) -> Refusal:
    message = f"model '{name}' not found"
    return Refusal(message, 404, {"error": message})


REFUSALS = Refusals(unknown_model=_unknown_model, models="none")
