"""The dialect's name, which stands on everything that only it knows. Not in `wire`: nobody loads that to run."""

from typing import Final

NAME: Final = "bedrock_converse"
