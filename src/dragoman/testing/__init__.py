"""For tests and demos: a provider on this machine that needs no key and no network."""

from dragoman.testing.emulator import Bill, BillLine, Emulator, Fault, SeenRequest
from dragoman.testing.tape import Tape

__all__ = ["Bill", "BillLine", "Emulator", "Fault", "SeenRequest", "Tape"]
