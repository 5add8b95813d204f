"""Facts about models, as data with a source and a date: names, windows, prices.

The data files are made by `scripts/update_catalog.py`; nothing here reaches the network.
"""

from dragoman.catalog.models import ModelFacts, PriceList, find_model, providers_of
from dragoman.catalog.prices import Cost, cost_of

__all__ = ["Cost", "ModelFacts", "PriceList", "cost_of", "find_model", "providers_of"]
