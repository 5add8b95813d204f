"""What a gateway has to reach, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.gateway.gateways import OURS
from bench.goals import Figure, Goal, Results, growth, ratio, spread


@dataclass(frozen=True)
class Noted:
    """Something of ours that is no CPU time, in the unit of its name."""

    what: str

    @property
    def needs(self) -> Iterable[tuple[str, str]]:
        return []

    def figure(self, results: Results) -> Figure | None:
        return spread(results["peers"].get(OURS, {}).get("noted", {}).get(self.what, []))


GOALS = (
    Goal("JSON answer / TensorZero", ratio("json", OURS, "tensorzero"), 1, below=True),
    Goal("stream / TensorZero", ratio("streamed", OURS, "tensorzero"), 1, below=True),
    Goal("JSON answer / LiteLLM", ratio("json", OURS, "litellm"), 0.02),
    Goal("stream / LiteLLM", ratio("streamed", OURS, "litellm"), 0.02),
    Goal("JSON answer, translated / as it is", growth("json_translated", "json", OURS), 1.3),
    Goal("stream, translated / as it is", growth("streamed_translated", "streamed", OURS), 1.3),
    Goal("added for a caller by itself, median", Noted("added_p50_milliseconds"), 1, unit=" ms"),
    Goal("added for a caller by itself, one in a hundred", Noted("added_p99_milliseconds"), 5, unit=" ms"),
    Goal("start to first answer", Noted("cold_seconds"), 1.5, unit=" s"),
    Goal("memory after the load", Noted("busy_megabytes"), 100, unit=" MB"),
    Goal("memory grown over 200,000 requests, 5 % of them failing", Noted("grown_megabytes"), 5, unit=" MB"),
)
