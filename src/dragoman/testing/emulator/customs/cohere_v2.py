"""Cohere."""

from dragoman.testing.emulator.customs.base import Customs

CUSTOMS = Customs(price_list="cohere")
