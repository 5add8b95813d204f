"""The dialect's name, which stands on everything that only it knows."""

from typing import Final

NAME: Final = "anthropic_messages"
