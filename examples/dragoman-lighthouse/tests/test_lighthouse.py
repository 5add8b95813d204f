"""All that a provider's author writes to have it tested."""

from dragoman.testing import ProviderConformance


class TestLighthouse(ProviderConformance):
    provider = "lighthouse"
