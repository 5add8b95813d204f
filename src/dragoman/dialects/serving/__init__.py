"""How those who speak a dialect at home serve what stands beside answers: ids, counts, lists, signs of life.

It is the server half of `dialects/counting.py` and `dialects/listing.py`, for the gateway and the emulator: one small
file a dialect. A dialect without one is served as OpenAI's imitators serve it.
"""

from dragoman.dialects.serving.base import NO_SIGN, Counting, Listing, Serving, serving_of

__all__ = ["NO_SIGN", "Counting", "Listing", "Serving", "serving_of"]
