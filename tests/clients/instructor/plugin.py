"""A plugin of pytest that lets `import instructor` mean us, and every SDK talk to our emulator.

`python -m pytest -p plugin`, with this folder in `PYTHONPATH`: it is loaded before any test is imported.
"""

from __future__ import annotations

import os
import warnings
from importlib import import_module

from taught import teach

from dragoman import compat
from dragoman.testing import Emulator

compat.install("instructor")
import_module(
    "instructor.dsl.partial"
)._make_field_optional = None  # 1.17's tests of partials import it, for one of them
warnings.filterwarnings("ignore", category=UserWarning, module="dragoman")
emulator = Emulator(seed=7, keys={"emulator"}, piece=4)
emulator.start()
teach(emulator)
os.environ.update(emulator.environment())


def pytest_unconfigure() -> None:
    emulator.stop()
    compat.uninstall("instructor")
