"""Tapes: real traffic recorded once, secrets removed, and played back to any client from then on."""

from dragoman.testing.tape.exchange import Exchange, Recorded, Sent
from dragoman.testing.tape.tape import Mode, NotOnTape, Tape

__all__ = ["Exchange", "Mode", "NotOnTape", "Recorded", "Sent", "Tape"]
