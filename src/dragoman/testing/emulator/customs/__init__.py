"""What the provider that speaks a dialect at home does beside answering: one small file a dialect.

A dialect without a file here is served with OpenAI's customs, as its imitators have them.
"""

from dragoman.testing.emulator.customs.base import Customs, customs_of

__all__ = ["Customs", "customs_of"]
