"""Models inside this process: MLX, transformers and llama.cpp, through the same faces as every provider.

A library's own code is in `libraries/`; the rest of the room is common to them.
"""

from dragoman.engines.residency import Residency, Resident, residency
from dragoman.engines.transport import open_engine

__all__ = ["Residency", "Resident", "open_engine", "residency"]
