"""Facts about models, as data with sources and a date: names, windows, abilities, prices, ends.

The data files are made by `scripts/update_catalog.py`. One is read when a model of its list is first asked for; nothing
here reaches the network unless `refresh` is called with an address.
"""

from dragoman.catalog.comparison import COMPARISON, HARDWARE, SPEEDS
from dragoman.catalog.facts import LocalFacts, ModelFacts, Price, PriceList, ReasoningFacts, Technique
from dragoman.catalog.models import ModelList, find, find_model, has_list, models, providers_of, refresh
from dragoman.catalog.prices import Cost, FlatRates, cost_of, flat_rates
from dragoman.catalog.recommend import Recommendation, recommend
from dragoman.catalog.requirements import require
from dragoman.catalog.retirement import RetiredModelWarning, warn_if_retired
from dragoman.catalog.techniques import default_technique
from dragoman.catalog.thinking import thinks

__all__ = [
    "COMPARISON",
    "HARDWARE",
    "SPEEDS",
    "Cost",
    "FlatRates",
    "LocalFacts",
    "ModelFacts",
    "ModelList",
    "Price",
    "PriceList",
    "ReasoningFacts",
    "Recommendation",
    "RetiredModelWarning",
    "Technique",
    "cost_of",
    "default_technique",
    "find",
    "find_model",
    "flat_rates",
    "has_list",
    "models",
    "providers_of",
    "recommend",
    "refresh",
    "require",
    "thinks",
    "warn_if_retired",
]
