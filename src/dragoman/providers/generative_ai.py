"""Google, as its first SDK was called."""

from dragoman.providers import google
from dragoman.providers.spec import alias

SPEC = alias(google.SPEC, "generative_ai", use="google")
