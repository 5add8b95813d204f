"""How much may be sent: sliding windows, and a fair queue for those who must wait."""

from dragoman.routing.limits.turnstile import Turnstile

__all__ = ["Turnstile"]
