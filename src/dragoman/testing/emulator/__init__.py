"""A provider on this machine: it speaks every dialect, answers by rules or script, fails on demand, keeps a bill."""

from dragoman.testing.emulator.bill import Bill, BillLine
from dragoman.testing.emulator.emulator import Emulator
from dragoman.testing.emulator.faults import Fault
from dragoman.testing.emulator.journal import SeenRequest

__all__ = ["Bill", "BillLine", "Emulator", "Fault", "SeenRequest"]
