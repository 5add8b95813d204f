"""OpenAI, asked for chat completions."""

from dragoman.testing.emulator.customs.base import Customs

CUSTOMS = Customs(price_list="openai", moderations="/moderations")
