"""Google, as its first SDK was called."""

from dragoman.providers.registry import get_spec
from dragoman.providers.spec import alias

SPEC = alias(get_spec("google"), "generative_ai", use="google")
